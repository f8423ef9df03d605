"""Destinations of dlt, kept equal by batches: row by row, whatever changed."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, cast
from unittest.mock import ANY

import duckdb
import pytest

from shipsync.emulator import Account
from shipsync.emulator.simulation.seed import seed_account
from shipsync.errors import ConfigurationError, ExportFailed, UsageError
from shipsync.publish.dlt_tables import DltTables, Replacement
from shipsync.publish.dlt_writer import DltTarget, DltWriter
from shipsync.publish.run import batch_of, publish, reset
from shipsync.publish.targets import target
from shipsync.publish.verify import verify
from shipsync.warehouse.database import connect
from truth.synced_shop import Shop

from .lakes import CHANGES, Rows, change, here, sorted_rows
from .loaded_shop import MARKED, LoadedShop

TO = "destination:house"
# Its lists and objects are texts there; verify compares them.
ODD = "core.odd"
# After these there are no shipments left for the others to change.
NOT_AT_ONCE = ("a table emptied", "a month emptied")


@pytest.fixture
def house(tmp_path: Path, configure: Callable[[str], None]) -> Path:
    """A DuckDB that ``.dlt`` calls ``house``."""
    configure(
        f"""
[destination.house]
destination_type = "duckdb"
credentials = "{tmp_path}/house.duckdb"

[destination.lite]
destination_type = "sqlalchemy"
credentials = "sqlite:///{tmp_path}/lite.db"

[destination.files]
destination_type = "filesystem"
bucket_url = "file://{tmp_path}/files"

[destination.snow]
destination_type = "snowflake"

[destination.snow.credentials]
database = "shop"
username = "me"
password = "hunter2hunter2"
host = "nowhere"

[destination.away]
destination_type = "sqlalchemy"
credentials = "sqlite:///{tmp_path}/no folder/x.db?password=hunter2hunter2"

[destination.odd]
destination_type = "atlantis"
"""
    )
    return tmp_path / "house.duckdb"


def test_a_first_batch_is_the_source_and_a_repeat_writes_nothing(house: Path, shop: Path) -> None:
    first = publish(shop, target(TO))
    before = _rows(house, shop)
    again = publish(shop, target(TO))

    assert first.target == TO
    assert (first.batch, again.batch) == (1, None)
    assert before == _rows(house, shop) == _here(shop)
    assert {(t.deleted, t.inserted) for t in again.tables} == {(0, 0)}
    assert verify(shop, target(TO)).differences == ()
    assert _ask(house, "from core.odd order by id") == [
        (
            "00000000-0000-0000-0000-000000000001",
            datetime(2026, 3, 1, 23, 59, 59, 500_000),  # noqa: DTZ001 - a time without a zone
            date(2026, 3, 1),
            Decimal(170141183460469231731687303715),
            Decimal(18446744073709551615),
            0.1,
            True,
            '["one","two, \\"three\\""]',
            '{"width":3,"label":"x"}',
            '{"a": [1, "é"]}',
            "q",
            "all",
            None,
        ),
        ANY,
        ANY,
    ]


def test_all_kinds_of_change_in_one_batch_are_there_after_it(house: Path, shop: Path) -> None:
    publish(shop, target(TO))
    before = _rows(house, shop)
    change(shop, *(sql for what, sql in CHANGES.items() if what not in NOT_AT_ONCE))

    report = publish(shop, target(TO))

    assert before != _rows(house, shop) == _here(shop)
    assert report.batch == 2
    assert publish(shop, target(TO)).batch is None
    assert verify(shop, target(TO)).differences == ()
    # A column that is gone here stays there, and is empty.
    assert _ask(house, "select count(document), count(*) > 0 from core.shipments") == [(0, True)]


@pytest.mark.slow
def test_each_change_is_there_after_the_next_batch(house: Path, shop: Path, tmp_path: Path) -> None:
    publish(shop, target(TO))
    first = tmp_path / "first.duckdb"
    shutil.copy(shop, first)
    for what, sql in CHANGES.items():
        # What the one before changed goes back in the same batch.
        shutil.copy(first, shop)
        change(shop, sql)

        assert publish(shop, target(TO)).batch is not None, what
        assert _rows(house, shop) == _here(shop), what
        assert publish(shop, target(TO)).batch is None, what
        assert verify(shop, target(TO)).differences == (), what


# The record that it is begun, two schemas, the record that it is whole.
@pytest.mark.parametrize(
    "loads",
    [
        pytest.param(0, marks=pytest.mark.slow),
        pytest.param(1, marks=pytest.mark.slow),
        2,
        pytest.param(3, marks=pytest.mark.slow),
    ],
)
def test_what_a_batch_may_have_left_that_was_cut_off_is_written_anew(
    house: Path, shop: Path, tmp_path: Path, loads: int
) -> None:
    publish(shop, target(TO))
    before, first = _here(shop), tmp_path / "first.duckdb"
    shutil.copy(shop, first)
    change(
        shop,
        "update core.shipments set amount = amount + 1",
        "delete from core.tags",
        "delete from changes.events where sequence > 50",
        "create table core.more as select 1 as id",
    )
    destination = cast(DltTarget, target(TO)).destination
    with TemporaryDirectory() as folder, batch_of(shop, (), ()) as batch:
        ending = DltWriter(_Ending(destination, Path(folder), loads))
        with pytest.raises(_CutOff):
            ending.apply(batch)
    # The source has gone back to what the last whole batch has; some other table is published first.
    shutil.copy(first, shop)
    publish(shop, target(TO), tables=["core.nothing"])

    report = publish(shop, target(TO))

    assert (report.batch is None) == (loads == 0)
    assert _rows(house, shop) == before == _here(shop)
    assert publish(shop, target(TO)).batch is None
    assert verify(shop, target(TO)).differences == ()


def test_a_changed_type_is_refused_by_name_and_nothing_is_published(
    house: Path, shop: Path
) -> None:
    publish(shop, target(TO))
    before = _rows(house, shop)
    change(
        shop,
        "insert into changes.events values (101, null)",
        "alter table core.shipments alter column amount set data type double",
    )

    with pytest.raises(
        ExportFailed, match=r"amount of core.shipments is DECIMAL\(18,4\) .* DOUBLE"
    ):
        publish(shop, target(TO))

    assert _rows(house, shop) == before


def test_a_table_that_something_else_made_is_left_alone(house: Path, shop: Path) -> None:
    with duckdb.connect(str(house)) as con:
        con.execute("create schema core; create table core.tags as select 'mine' as name")

    with pytest.raises(ExportFailed, match=r"core\.tags at the target was not made by"):
        publish(shop, target(TO))

    assert _ask(house, "from core.tags") == [("mine",)]


def test_a_reset_target_starts_anew_and_what_is_not_ours_stays(house: Path, shop: Path) -> None:
    publish(shop, target(TO))
    with duckdb.connect(str(house)) as con:
        con.execute("create table core.mine as select 1 as id")
    change(shop, "alter table core.shipments alter column amount set data type double")

    removed = reset(target(TO))
    again = reset(target(TO))

    assert removed == tuple(here(shop))
    assert again == ()
    assert publish(shop, target(TO)).batch == 1
    assert _rows(house, shop) == _here(shop)
    assert _ask(house, "from core.mine") == [(1,)]


def test_what_differs_at_the_target_is_found_by_table_and_month(house: Path, shop: Path) -> None:
    before = verify(shop, target(TO))
    publish(shop, target(TO))
    with duckdb.connect(str(house)) as con:
        con.execute("update core.shipments set amount = 1 where shipment_id = 'se-0'")
        con.execute("delete from core.shipment_items where shipment_id = 'se-1999'")
        con.execute("drop table core.tags")

    found = verify(shop, target(TO)).differences

    assert {difference.part for difference in before.differences} == {"not published"}
    assert [str(difference) for difference in found] == [
        "core.shipment_items, 2026-03: 1,264 rows here and 1,262 rows at the target.",
        "core.shipments, 2026-01: 696 rows here and there, but not with the same values.",
        "core.tags, all: 5 rows here and 0 rows at the target.",
    ]


@pytest.mark.slow
def test_the_last_batches_are_named_and_those_before_are_forgotten(house: Path, shop: Path) -> None:
    change(shop, "create schema small; create table small.one as select 0 as n")
    for _ in range(24):
        change(shop, "update small.one set n = n + 1")
        publish(shop, target(TO), tables=["small.one"])

    kept = _ask(house, "select min(batch), max(batch), bool_and(is_whole) from _shipsync.published")
    assert kept == [(4, 24, True)]


def test_sqlite_through_sqlalchemy_has_every_row(house: Path, shop: Path) -> None:
    goal = target("destination:lite")
    # SQLite has no decimals, and Python's driver no large integers.
    change(
        shop,
        "drop table core.odd",
        "alter table core.shipments alter amount type double",
        "alter table core.shipments_history alter amount type double",
        # dlt does not quote this name, which is a word of SQLite.
        "drop table core.nothing",
    )
    publish(shop, goal)
    change(shop, CHANGES["a line removed"], CHANGES["a row changed"], CHANGES["a month emptied"])

    report = publish(shop, goal)

    assert report.batch == 2
    assert verify(shop, goal).differences == ()
    assert publish(shop, goal).batch is None
    assert "core.shipments" in reset(goal)


def test_a_destination_without_delete_insert_is_refused_by_name(house: Path) -> None:
    with pytest.raises(
        UsageError, match=r"destination:files \(filesystem\) can't .* no delete-insert merge there"
    ):
        target("destination:files")


def test_a_destination_that_dlt_does_not_know_is_told(house: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"\[destination.odd\]"):
        target("destination:odd")


def test_what_a_destination_is_got_into_with_is_shown_nowhere(house: Path, shop: Path) -> None:
    goal = target("destination:snow")

    assert "hunter2hunter2" in [secret.reveal() for secret in goal.secrets]
    assert "hunter2" not in repr(goal)


def test_a_destination_that_fails_is_told_by_its_name(house: Path, shop: Path) -> None:
    house.write_text("no database at all, but long enough to be looked at")

    with pytest.raises(ExportFailed, match=r"^destination:house can't be written: "):
        publish(shop, target(TO))


def test_what_a_sync_of_this_process_loaded_is_published(house: Path, tmp_path: Path) -> None:
    account = Account(seed=1)
    seed_account(account, shipments=5)
    shop = Shop(account, tmp_path)
    shop.sync()

    publish(shop.database, target(TO), tables=["raw.shipments"])
    shop.sync()
    publish(shop.database, target(TO), tables=["raw.shipments"])

    assert verify(shop.database, target(TO), tables=["raw.shipments"]).differences == ()
    with connect(shop.database, read_only=True) as con:
        ours = con.sql("from raw.shipments").columns
    with duckdb.connect(str(house), read_only=True) as con:
        assert con.sql("from raw.shipments").columns == [*ours, "published_part", "published_gone"]


def test_a_database_that_cannot_be_opened_is_told_without_its_password(
    house: Path, shop: Path
) -> None:
    with pytest.raises(ExportFailed, match=r"^destination:away can't be written: ") as told:
        publish(shop, target("destination:away"))

    assert "hunter2" not in str(told.value)


class _CutOff(Exception):
    """Where a publish ends."""


class _Ending(DltTables):
    """Carries out so many loads and no more."""

    def __init__(self, destination: Any, folder: Path, loads: int) -> None:
        super().__init__(destination, folder)
        self._left = loads

    def replace(self, dataset: str, replacements: Sequence[Replacement]) -> None:
        if not self._left:
            raise _CutOff
        self._left -= 1
        super().replace(dataset, replacements)


def _rows(house: Path, database: Path) -> dict[str, Rows]:
    """The tables there, with the columns that those of ``database`` have."""
    found = {}
    with duckdb.connect(str(house), read_only=True) as con:
        con.execute("set timezone = 'UTC'")
        for name, columns in _columns(database).items():
            found[name] = sorted_rows(con.table(name).select(columns))
    return found


def _here(database: Path) -> dict[str, Rows]:
    return {name: rows for name, rows in here(database).items() if name != ODD}


def _columns(database: Path) -> dict[str, str]:
    with duckdb.connect(str(database), read_only=True) as con:
        return {name: ", ".join(con.table(name).columns) for name in here(database) if name != ODD}


def _ask(house: Path, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(house), read_only=True) as con:
        return con.sql(query).fetchall()


def test_what_loads_left_alone_is_not_read_and_a_new_day_is_recorded_without_a_batch(
    house: Path, tmp_path: Path
) -> None:
    loaded = LoadedShop(tmp_path / "loaded" / "shop.duckdb", Random(1))
    publish(loaded.file, target(TO))
    loaded.modified()
    loaded.vanished()

    batch = publish(loaded.file, target(TO))
    loaded.day_without_changes()
    new_day, again = publish(loaded.file, target(TO)), publish(loaded.file, target(TO))

    compared = [
        {t.compared for t in report.tables if t.table in MARKED}
        for report in (batch, new_day, again)
    ]
    assert compared == [{"nothing", "changes"}, {"everything"}, {"nothing"}]
    assert (batch.batch, new_day.batch, again.batch) == (2, None, None)
    assert verify(loaded.file, target(TO)).differences == ()
