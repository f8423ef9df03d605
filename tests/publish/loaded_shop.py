"""A database that changes as loads, builds and repairs change it, at random."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, Final

import duckdb

from shipsync.warehouse.database import connect

from .lakes import Rows, sorted_rows

# All that follows from loads, and one table that does not.
MARKED: Final = (
    "changes.events",
    "changes.shipments_modified",
    "core.shipment_items",
    "core.shipments",
    "core.shipments_history",
    "core.tracking_events",
)
UNMARKED: Final = "core.notes"
_CURRENT: Final = "select shipment_id from raw.shipments where _dlt_valid_to is null order by 1"
_GONE: Final = """
    select shipment_id from raw.shipments group by 1 having count(_dlt_valid_to) = count(*) order by 1
"""


class LoadedShop:
    """The database of ``loads.sql``; every method is what one load, build or command does to it."""

    def __init__(self, file: Path, random: Random) -> None:
        self.file = file
        self._random = random
        self._loads = 0
        self._new = 0
        with connect(file) as con:
            con.execute((Path(__file__).parent / "loads.sql").read_text(encoding="utf-8"))
        self.arrived(60)

    def here(self) -> dict[str, Rows]:
        """The rows of all published tables."""
        with connect(self.file, read_only=True) as con:
            return {
                name: sorted_rows(con.table_function("query_table", [name]))
                for name in (*MARKED, UNMARKED)
            }

    # What loads do: quick.

    def arrived(self, count: int | None = None) -> None:
        """New shipments of any month, some without one, with lines and scans."""
        with self._load() as (con, load):
            for _ in range(count or self._random.randint(1, 9)):
                self._new += 1
                key = f"se-{self._new}'s"
                self._version(con, load, key, self._moment())
                self._lines(con, load, key)
                self._scan(con, load, key)

    def modified(self) -> None:
        """New versions, with other lines, some with fewer or none; each an event."""
        with self._load() as (con, load):
            for key in self._some(con, _CURRENT):
                self._close(con, load, key)
                self._version(con, load, key, None)
                self._lines(con, load, key)
                self._event(con, load, key, "shipment_modified")

    def touched(self) -> None:
        """Versions that differ in when they were modified alone."""
        with self._load() as (con, load):
            for key in self._some(con, _CURRENT):
                self._version(con, load, key, None, is_touch=True)
                con.execute(
                    "update raw.shipments set _dlt_valid_to = ? "
                    "where shipment_id = ? and _dlt_valid_to is null and _dlt_load_id <> ?",
                    [load.at, key, load.id],
                )

    def moved(self) -> None:
        """A version that says another month, or none, for when the shipment was created."""
        with self._load() as (con, load):
            for key in self._some(con, _CURRENT):
                self._close(con, load, key)
                self._version(con, load, key, self._moment())
                self._lines(con, load, key)

    def vanished(self) -> None:
        """Orders that went: their versions are closed and none follows; nothing else comes with it."""
        with self._load() as (con, load):
            for key in self._some(con, _CURRENT):
                self._close(con, load, key)
                con.execute("delete from raw.shipment_items where shipment_id = ?", [key])

    def came_back(self) -> None:
        """Orders that were gone, with a version again."""
        with self._load() as (con, load):
            for key in self._some(con, _GONE):
                self._version(con, load, key, self._moment())
                self._lines(con, load, key)

    def scanned(self) -> None:
        """Events of carriers alone."""
        with self._load() as (con, load):
            for key in self._some(con, _CURRENT):
                self._scan(con, load, key)

    # What loads do not tell.

    def line_deleted(self) -> None:
        """A line that goes although its order has no new version."""
        self._run(
            "delete from raw.shipment_items where rowid = (select max(rowid) from raw.shipment_items)"
        )

    def repaired(self) -> None:
        """A version that is taken out: those after it have other numbers."""
        self._run(
            "delete from raw.shipments where rowid = "
            "(select min(rowid) from raw.shipments where _dlt_valid_to is not null)"
        )

    def refreshed(self) -> None:
        """Events of carriers made anew, and others of those that come twice were taken."""
        self._run(
            "delete from core.tracking_events",
            "insert into core.tracking_events "
            "select label_id, occurred_at, city || '!', md5(content_hash), _dlt_load_id from raw.scans",
        )

    def clock_set_back(self) -> None:
        """A load that bears the name of an earlier time than those before it."""
        self._loads -= 40
        self.modified()
        self._loads += 40

    # What is told by the stamp.

    def redacted(self) -> None:
        """Another policy for personal data: rows are rewritten in place, under the same loads."""
        self._run(
            "update raw.shipments set ship_to_name = 'removed ' || random()",
            "insert into ledger.privacy select count(*) + 1, 'drop' from ledger.privacy",
        )

    def next_day(self) -> None:
        """The first build of a day; somebody rewrote a row behind everybody's back before."""
        self._run(
            "update raw.shipments set amount = amount + 1 where shipment_id like 'se-7%'",
            "update ledger.last_build set taken_in = json_object('day', random())",
        )

    def day_without_changes(self) -> None:
        """The first build of a day, before which nothing came."""
        self._run("update ledger.last_build set taken_in = json_object('day', random())")

    def other_sql(self) -> None:
        """Models of another version."""
        self._run(
            "create or replace view core.shipment_items as select * exclude (_dlt_load_id) "
            "replace (sku || '.' as sku), _dlt_load_id as load_id from raw.shipment_items",
            "update ledger.last_build set taken_in = json_object('sql', random())",
        )

    def build_cut_off(self) -> None:
        """A whole build that did not end."""
        self._run(
            "update ledger.last_build set is_complete = false",
            "update raw.shipments set amount = amount + 1 where shipment_id like 'se-8%'",
        )

    def build_ended(self) -> None:
        """The same build, at last."""
        self._run("update ledger.last_build set is_complete = true")

    def rewritten_unseen(self) -> None:
        """A row that somebody rewrote by hand."""
        self._run("update raw.shipments set amount = amount + 1 where shipment_id like 'se-7%'")

    def note_changed(self) -> None:
        """A table that follows from no load."""
        self._run("update core.notes set note = random()")

    def _run(self, *statements: str) -> None:
        with connect(self.file) as con:
            for statement in statements:
                con.execute(statement)

    def _load(self) -> _Load:
        self._loads += 1
        return _Load(self.file, self._loads)

    def _some(self, con: duckdb.DuckDBPyConnection, query: str) -> list[str]:
        keys = [key for (key,) in con.execute(query).fetchall()]
        return self._random.sample(keys, min(len(keys), self._random.randint(1, 9)))

    def _moment(self) -> datetime | None:
        if self._random.random() < 0.05:
            return None
        return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=self._random.uniform(0, 3600))

    def _version(
        self,
        con: duckdb.DuckDBPyConnection,
        load: _Load,
        key: str,
        created_at: datetime | None,
        *,
        is_touch: bool = False,
    ) -> None:
        (before,) = con.execute(
            "select max((created_at, ship_to_name, amount, content_hash)) from raw.shipments "
            "where shipment_id = ? and _dlt_valid_from = (select max(_dlt_valid_from) from raw.shipments "
            "where shipment_id = $1)",
            [key],
        ).fetchone() or (None,)
        held: Any = before
        con.execute(
            "insert into raw.shipments values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, null)",
            [
                key,
                created_at or (held and held[0]),
                load.at,
                self._random.choice(["pending", "cancelled"]) if not is_touch else "pending",
                "A name" if held is None else held[1],
                self._random.randrange(10**6) if not is_touch else held[2],
                str(self._random.random()) if not is_touch else held[3],
                load.at,
                load.id,
                load.at,
            ],
        )

    def _close(self, con: duckdb.DuckDBPyConnection, load: _Load, key: str) -> None:
        con.execute(
            "update raw.shipments set _dlt_valid_to = ? where shipment_id = ? and _dlt_valid_to is null",
            [load.at, key],
        )

    def _lines(self, con: duckdb.DuckDBPyConnection, load: _Load, key: str) -> None:
        con.execute("delete from raw.shipment_items where shipment_id = ?", [key])
        for number in range(self._random.randint(0, 3)):
            sku = f"SKU-{self._random.randrange(20)}"
            con.execute(
                "insert into raw.shipment_items values (?, ?, ?, md5(?), ?)",
                [key, number, sku, sku, load.id],
            )

    def _scan(self, con: duckdb.DuckDBPyConnection, load: _Load, key: str) -> None:
        city = f"City {self._random.randrange(20)}"
        for table in ("raw.scans", "core.tracking_events"):
            con.execute(
                f"insert into {table} values (?, ?, ?, ?, ?)",  # noqa: S608
                [f"label-{key}", load.at, city, str(self._random.random()), load.id],
            )

    def _event(self, con: duckdb.DuckDBPyConnection, load: _Load, key: str, trigger: str) -> None:
        con.execute(
            "insert into changes.events select coalesce(max(sequence), 0) + 1, md5(?), ?, ?, ?, ?, "
            "'amount', '{}', '{}' from changes.events",
            [f"{key}{load.id}", trigger, key, load.at, load.id],
        )


class _Load:
    """One load package, in one transaction of the database."""

    def __init__(self, file: Path, number: int) -> None:
        self.at = datetime(2026, 6, 1, tzinfo=UTC) + timedelta(minutes=number)
        # As dlt names them: seconds, with more digits than an instant has.
        self.id = f"{self.at.timestamp() + number / 10**7:.7f}"
        self._con = connect(file)

    def __enter__(self) -> tuple[duckdb.DuckDBPyConnection, _Load]:
        self._con.execute("begin")
        return self._con, self

    def __exit__(self, *failure: object) -> None:
        if failure[0] is None:
            self._con.execute("commit")
        self._con.close()
