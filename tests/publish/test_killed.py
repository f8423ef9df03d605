"""A publish that is killed at a random instant: no batch is seen by half, and the next one makes all equal.

At dlt's destinations tables change one by one, and the record tells when all have.

The instant comes from the child's own alarm, which ends a process at once wherever it is, as ``kill`` does.
Seeds and instants are printed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Protocol

import duckdb
import pytest

from parameters import in_prove
from shipsync.publish.run import publish
from shipsync.publish.targets import target
from shipsync.publish.verify import verify
from shipsync.warehouse.database import connect

from .lakes import Lake, Rows, change, here, need_ducklake, sorted_rows, there

READERS = ["parquet", "delta", "iceberg", "ducklake", "postgres", "dlt"]
KILLS = pytest.mark.parametrize("kills", in_prove([5], [5, 50]))
"""How many publishes are to be killed, one after the other."""
MUTATIONS = (
    "update core.shipments set amount = amount + 1 where shipment_id like '%$ending'",
    "delete from core.shipment_items where shipment_id = 'se-$number'",
    "update core.shipments_history set valid_to = now() where shipment_id = 'se-$number'",
    "insert into core.shipments_history select * from core.shipments_history "
    "where shipment_id = 'se-$ending' limit 1",
    "insert into changes.events select max(sequence) + 1, max(occurred_at) from changes.events",
    "insert into core.tags by name select 'tag $new' as name, $number as tag_id",
)
COLUMNS = """
select string_agg(quote_ident(column_name) || '::text', ', ' order by ordinal_position)
from information_schema.columns
where table_schema = %(schema)s and table_name = %(name)s and column_name <> '_row_hash'
"""
MODULES = {
    "parquet": ("fsspec",),
    "delta": ("deltalake", "pyarrow"),
    "iceberg": ("pyiceberg.catalog.sql", "pyiceberg.io.pyarrow", "pyarrow.dataset"),
    "ducklake": ("fsspec", "pyarrow"),
}
NEW_COLUMN = "alter table core.tags add column extra_$number varchar default 'x'"
PUBLISH = """
import importlib, os, signal, sys, time
from pathlib import Path
from shipsync.publish.run import publish
from shipsync.publish.targets import target
for name in sys.argv[3:]:
    importlib.import_module(name)
goal = target(os.environ["TARGET"])
began = time.monotonic()
signal.setitimer(signal.ITIMER_REAL, float(sys.argv[2]))
publish(Path(sys.argv[1]), goal)
signal.setitimer(signal.ITIMER_REAL, 0)
print(time.monotonic() - began)
"""


class Reader(Protocol):
    """A target as a reader sees it."""

    address: str
    modules: tuple[str, ...]
    shows_whole_batches: bool

    def rows(self, table: str) -> Rows:
        """The rows of the last whole batch, as ``here`` tells them."""

    def batch(self) -> int | None:
        """Its number."""


class KilledLake(Lake):
    """A lake, with what is imported before the alarm is set."""

    shows_whole_batches = True

    def __init__(self, kind: str, folder: Path) -> None:
        super().__init__(kind, folder)
        self.address = f"{kind}:{folder}"
        self.modules = MODULES[kind]


class PostgresTables:
    """A database; values come as the texts that DuckDB too makes of them."""

    modules = ("psycopg2",)
    shows_whole_batches = True

    def __init__(self, address: str) -> None:
        self.address = address

    def rows(self, table: str) -> Rows:
        schema, name = table.split(".")
        columns = self._ask(COLUMNS, {"schema": schema, "name": name})[0][0]
        return sorted(map(repr, self._ask(f"select {columns} from {table}")))  # noqa: S608

    def batch(self) -> int | None:
        with target(self.address).writer() as writer:
            reached = writer.watermark()
        return None if reached is None else reached.batch

    def clear(self) -> None:
        self._ask("drop schema if exists core, changes, _shipsync cascade")

    def _ask(self, query: str, values: dict[str, str] | None = None) -> list[tuple[object, ...]]:
        import psycopg2

        with closing(psycopg2.connect(self.address)) as con, con, con.cursor() as cursor:
            cursor.execute("set timezone to 'UTC'")
            cursor.execute(query, values)
            return cursor.fetchall() if cursor.description else []


class DltHouse:
    """A DuckDB by dlt's own destination; each table changes by itself."""

    address = "destination:house"
    modules = ("dlt.destinations.impl.duckdb.duck", "dlt.pipeline.pipeline", "pyarrow")
    shows_whole_batches = False

    def __init__(self, file: Path, source: Path) -> None:
        self.file = file
        self.source = source

    def rows(self, table: str) -> Rows:
        with connect(self.source, read_only=True) as con:
            told = con.execute(f"describe {table}").fetchall()
        columns = ", ".join(name for name, *_ in told)
        with duckdb.connect(str(self.file), read_only=True) as con:
            con.execute("set timezone = 'UTC'")
            return sorted_rows(con.table(table).select(columns))

    def batch(self) -> int | None:
        with target(self.address).writer() as writer:
            reached = writer.watermark()
        return None if reached is None else reached.batch


@pytest.fixture(params=READERS)
def reader(request: pytest.FixtureRequest, tmp_path: Path, shop: Path) -> Iterator[Reader]:
    if request.param == "postgres":
        # Postgres writes some of these values as other texts; test_postgres_writer.py has each of them.
        change(shop, "drop table core.odd")
        held = PostgresTables(request.getfixturevalue("server").url)
        held.clear()
        yield held
        held.clear()
        return
    if request.param == "dlt":
        # Its lists are texts there; test_dlt_writer.py has them.
        change(shop, "drop table core.odd")
        configure = request.getfixturevalue("configure")
        configure(
            "[destination.house]\ndestination_type = 'duckdb'\n"
            f"credentials = '{tmp_path}/house.duckdb'\n"
        )
        yield DltHouse(tmp_path / "house.duckdb", shop)
        return
    if request.param == "delta":
        pytest.importorskip("deltalake", reason="no deltalake: Delta is not proven here")
    if request.param == "iceberg":
        pytest.importorskip("pyiceberg", reason="no pyiceberg: Iceberg is not proven here")
    if request.param == "ducklake":
        need_ducklake()
    yield KilledLake(request.param, tmp_path / "lake")


@KILLS
def test_a_publish_that_is_killed_is_whole_or_not_there_and_its_repeat_is_the_source(
    reader: Reader, shop: Path, tmp_path: Path, kills: int
) -> None:
    publish(shop, target(reader.address))
    _mutate(shop, Random("as long as it takes"))
    whole, _ = publish_apart(reader, shop, 0)
    assert whole is not None
    killed = torn = 0
    for seed in range(kills):
        random = Random(seed)
        before, number = here(shop), reader.batch()
        shutil.copy(shop, tmp_path / "before.duckdb")
        _mutate(shop, random)
        instant = random.uniform(0.01, whole)
        ended, complaint = publish_apart(reader, shop, instant)
        told = f"seed {seed}, {'killed' if ended is None else 'done'} at {instant:.3f} of {whole:.3f} s"
        print(told, complaint)  # noqa: T201
        killed += ended is None

        reached = reader.batch()
        assert reached in (number, (number or 0) + 1), told
        if reader.shows_whole_batches or reached != number:
            seen = there(reader.rows, shop)
            expected = before if reached == number else here(shop)
            assert {name: seen[name] for name in before} == expected, told
        if reached == number and random.random() < 0.5:
            # The source has gone back to what the last whole batch before has.
            shutil.copy(tmp_path / "before.duckdb", shop)
            torn += 1
        publish(shop, target(reader.address))
        assert there(reader.rows, shop) == here(shop), told
        assert verify(shop, target(reader.address)).differences == (), told
        assert publish(shop, target(reader.address)).batch is None, told
    assert killed >= kills // 3
    assert torn or kills < 10


def publish_apart(reader: Reader, database: Path, alarm: float) -> tuple[float | None, str]:
    """A publish in a process of its own: its seconds, None where the alarm ended it."""
    done = subprocess.run(
        [sys.executable, "-c", PUBLISH, str(database), str(alarm), *reader.modules],
        env={**os.environ, "TARGET": reader.address},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode in (0, -14), done.stderr
    return (float(done.stdout) if done.returncode == 0 else None), done.stderr


def _mutate(database: Path, random: Random) -> None:
    """Lines go, rows change, close and come, and in some rounds a column."""
    number = random.randrange(100, 1900)
    values = {"$number": str(number), "$ending": str(number % 100), "$new": str(random.random())}
    statements = [*MUTATIONS, NEW_COLUMN] if random.random() < 0.2 else MUTATIONS
    change(database, *(_filled(statement, values) for statement in statements))


def _filled(statement: str, values: dict[str, str]) -> str:
    for name, value in values.items():
        statement = statement.replace(name, value)
    return statement
