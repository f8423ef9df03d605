"""One DuckLake for many accounts: each has its own rows in the same tables, whoever publishes meanwhile."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import uuid4

import duckdb
import pytest

from export.conftest import Server
from parameters import quickly
from shipsync import clock
from shipsync.connection import RemovedRows
from shipsync.errors import ConfigurationError, ExportFailed, LockHeld
from shipsync.export.portable import column_named
from shipsync.publish import duckdb_extensions
from shipsync.publish.ducklake_accounts import SharedDuckLakeWriter
from shipsync.publish.run import PublishReport, publish, reset
from shipsync.publish.targets import target
from shipsync.publish.verify import verify
from shipsync.warehouse.database import connect

from .lakes import CHANGES, Rows, change, here, need_ducklake, sorted_rows
from .loaded_shop import LoadedShop
from .test_marks import QUICK, STAMPED, UNTOLD

PUBLISH = """
import os, signal, sys
from pathlib import Path
from shipsync.publish.run import publish
from shipsync.publish.targets import target
import shipsync.publish.ducklake_accounts, psycopg2, fsspec, pyarrow
goal = target(sys.argv[2])
print("ready", flush=True)
sys.stdin.readline()
signal.setitimer(signal.ITIMER_REAL, float(sys.argv[3]))
report = publish(Path(sys.argv[1]), goal, schemas=["core", "changes"])
signal.setitimer(signal.ITIMER_REAL, 0)
print(report.batch, flush=True)
"""


class SharedLake:
    """A lake with its catalog in a schema of a Postgres and its files in ``folder``."""

    def __init__(self, server: Server, schema: str, folder: Path) -> None:
        self.server = server
        self.schema = schema
        self.folder = folder

    def address(self, account: str) -> str:
        return f"ducklake:destination:warehouse/account={account}"

    def publish(
        self, account: str, file: Path, removed_rows: RemovedRows = "delete"
    ) -> PublishReport:
        goal = target(self.address(account))
        return publish(file, goal, schemas=["core", "changes"], removed_rows=removed_rows)

    def differences(self, account: str, file: Path) -> list[str]:
        goal = target(self.address(account))
        found = verify(file, goal, schemas=["core", "changes"]).differences
        return [str(difference) for difference in found]

    @contextmanager
    def reader(self, *, read_only: bool = True) -> Iterator[duckdb.DuckDBPyConnection]:
        with duckdb.connect() as con:
            for extension in ("postgres_scanner", "ducklake"):
                duckdb_extensions.load(con, extension)
            con.execute("set timezone = 'UTC'")
            how = "read_only, " if read_only else ""
            con.execute(
                f"attach 'ducklake:postgres:{self.server.url}' as lake "
                f"({how}metadata_schema '{self.schema}')"
            )
            yield con

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        with self.reader() as con:
            return con.sql(query).fetchall()

    def rows(self, account: str, file: Path) -> dict[str, Rows]:
        """The account's rows of the tables of ``file``, in the order of its columns; marked ones left out."""
        with connect(file, read_only=True) as source:
            names = source.sql(
                "select schema_name || '.' || table_name, list(column_name order by column_index) "
                "from duckdb_columns() where schema_name in ('core', 'changes') and not internal "
                "group by all"
            ).fetchall()
        with self.reader() as con:
            found = {}
            for name, columns in names:
                held = con.sql(f"from lake.{name}").filter(f"account = '{account}'")
                if "_deleted_at" in held.columns:
                    held = held.filter("_deleted_at is null")
                found[name] = sorted_rows(held.select(*map(column_named, columns)))
            return found


@pytest.fixture
def lake(server: Server, tmp_path: Path, configure: Callable[[str], None]) -> SharedLake:
    need_ducklake("postgres_scanner")
    # The server outlives the folder, whose name another test may get.
    schema = f"lake_{uuid4().hex}"
    configure(
        f'[destination.warehouse.credentials]\ncatalog = "{server.url}"\n'
        f'storage = "{tmp_path}/files"\nmetadata_schema = "{schema}"\n'
    )
    return SharedLake(server, schema, tmp_path / "files")


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """The database of another account, with the same rows as ``shop``."""
    file = tmp_path / "source" / "other.duckdb"
    with connect(file) as con:
        con.execute((Path(__file__).parent / "shop.sql").read_text(encoding="utf-8"))
    return file


def test_equal_rows_of_two_accounts_do_not_touch_one_another(
    lake: SharedLake, shop: Path, other: Path
) -> None:
    whole = here(shop)
    done = [lake.publish("WEST", shop).batch, lake.publish("EAST", other).batch]
    for changed in ("a row changed", "a line removed", "a table filled", "a month emptied"):
        change(shop, CHANGES[changed])
        done.append(lake.publish("WEST", shop).batch)

    assert done == [1, 1, 2, 3, 4, 5]
    assert lake.rows("WEST", shop) == here(shop) != whole
    assert lake.rows("EAST", other) == whole
    assert (lake.differences("WEST", shop), lake.differences("EAST", other)) == ([], [])
    assert (lake.publish("WEST", shop).batch, lake.publish("EAST", other).batch) == (None, None)
    assert lake.ask(
        "select account, max(batch) from lake._shipsync.published group by 1 order by 1"
    ) == [
        ("EAST", 1),
        ("WEST", 5),
    ]


def test_a_batch_of_an_account_is_one_snapshot(lake: SharedLake, shop: Path, other: Path) -> None:
    lake.publish("WEST", shop)
    lake.publish("EAST", other)
    snapshots = "select count(*) from lake.snapshots()"
    ((before,),) = lake.ask(snapshots)
    change(shop, CHANGES["a row changed"], CHANGES["an event"], CHANGES["a line removed"])

    lake.publish("WEST", shop)

    assert lake.ask(snapshots) == [(before + 1,)]


def test_what_changed_is_there_after_the_next_batch(
    lake: SharedLake, shop: Path, other: Path
) -> None:
    lake.publish("WEST", shop)
    lake.publish("EAST", other)
    for changed in (
        "a row twice",
        "a row closed",
        "an event",
        "one column less",
        "all anew",
        "one more table",
        "a text in a list",
    ):
        change(shop, CHANGES[changed])

    report = lake.publish("WEST", shop)

    assert report.batch == 2
    assert lake.rows("WEST", shop) == here(shop)
    assert lake.rows("EAST", other) == here(other)
    assert (lake.publish("WEST", shop).batch, lake.publish("EAST", other).batch) == (None, None)


@pytest.mark.parametrize("seed", range(2))
def test_whatever_changes_at_random_each_account_is_its_source_and_no_batch_touches_another(
    lake: SharedLake, tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    random, days = Random(seed), 0
    # Both begin with the same rows.
    shops = {
        name: LoadedShop(tmp_path / name / "shop.duckdb", Random(seed)) for name in ("WEST", "EAST")
    }
    for name, shop in shops.items():
        lake.publish(name, shop.file)
    for number in range(10):
        name = random.choice(list(shops))
        shop, bystander = shops[name], next(one for one in shops if one != name)
        done = random.choices((*QUICK, *UNTOLD, *STAMPED, LoadedShop.note_changed), k=2)
        for one in done:
            one(shop)
        if random.random() < 0.3:
            # The first batch of a day tidies the files of all.
            days += 1
            later = clock.now() + timedelta(days=1)
            monkeypatch.setattr(clock, "now", lambda later=later: later)
        told = f"seed {seed}, round {number}, {name}: {', '.join(one.__name__ for one in done)}"
        before = lake.rows(bystander, shops[bystander].file)

        lake.publish(name, shop.file)

        assert lake.rows(name, shop.file) == shop.here(), told
        assert lake.rows(bystander, shops[bystander].file) == before == shops[bystander].here(), (
            told
        )
        assert lake.publish(name, shop.file).batch is None, told
    assert days
    assert [lake.differences(name, shop.file) for name, shop in shops.items()] == [[], []]


def _started(lake: SharedLake, account: str, file: Path, alarm: float = 0) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", PUBLISH, str(file), lake.address(account), str(alarm)],
        env=dict(os.environ),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    assert process.stdout.readline() == "ready\n"
    return process


def _at_once(*processes: subprocess.Popen[str]) -> list[tuple[int, str]]:
    """Have them publish, and return how each ended and its last word: the number of its batch."""
    for process in processes:
        assert process.stdin
        process.stdin.write("\n")
        process.stdin.flush()
    ended = [process.communicate(timeout=300) for process in processes]
    # On a slow machine DuckDB draws how far a question is.
    return [
        (process.returncode, (said.split() or [complaint])[-1])
        for process, (said, complaint) in zip(processes, ended, strict=True)
    ]


@pytest.mark.parametrize("rounds", quickly([2], [2, 30]))
def test_accounts_publish_at_the_same_time_from_several_processes(
    lake: SharedLake, tmp_path: Path, rounds: int
) -> None:
    random = Random(rounds)
    shops = {
        name: LoadedShop(tmp_path / name / "shop.duckdb", Random(number % 2))
        for number, name in enumerate(("WEST", "EAST", "NORTH"))
    }
    for number in range(rounds):
        started = [_started(lake, name, shop.file) for name, shop in shops.items()]
        ended = _at_once(*started)

        assert ended == [(0, str(number + 1))] * 3
        for name, shop in shops.items():
            assert lake.rows(name, shop.file) == shop.here(), f"round {number}, {name}"
            assert lake.differences(name, shop.file) == []
            # Each changes, so each has one more batch.
            for one in (LoadedShop.modified, *random.choices((*QUICK, *UNTOLD), k=2)):
                one(shop)


@pytest.mark.parametrize("kills", quickly([3], [3, 40]))
def test_one_that_is_killed_leaves_both_whole(
    lake: SharedLake, shop: Path, other: Path, kills: int
) -> None:
    lake.publish("WEST", shop)
    lake.publish("EAST", other)
    killed = 0
    for seed in range(kills):
        random = Random(seed)
        before = here(shop)
        change(
            shop,
            "update core.shipments set amount = amount + 1 where shipment_id like '%7'",
            f"delete from core.shipment_items where shipment_id = 'se-{random.randrange(1900)}'",  # noqa: S608
            CHANGES["an event"].replace("101", str(200 + seed)),
        )
        change(
            other, f"insert into core.tags by name select 'tag {seed}' as name, {seed} as tag_id"
        )
        instant = random.uniform(0.2, 1.5)
        west, east = _at_once(_started(lake, "WEST", shop, instant), _started(lake, "EAST", other))
        told = f"seed {seed}, WEST ended with {west[0]} at {instant:.3f} s"
        print(told)  # noqa: T201
        killed += west[0] == -14

        assert west[0] in (0, -14), west
        assert east == (0, str(seed + 2))
        assert lake.rows("EAST", other) == here(other), told
        assert lake.rows("WEST", shop) in (before, here(shop)), told
        lake.publish("WEST", shop)
        assert lake.rows("WEST", shop) == here(shop), told
        assert lake.differences("WEST", shop) == [], told
    assert killed
    assert not list(lake.folder.rglob("_staged/*"))


def test_no_account_waits_for_another_that_has_not_begun_to_commit(
    lake: SharedLake, shop: Path, other: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake.publish("WEST", shop)
    change(shop, CHANGES["a row changed"], CHANGES["an event"])
    write, done = SharedDuckLakeWriter.write, []

    def meanwhile(self: SharedDuckLakeWriter, *given: Any, **named: Any) -> tuple[int, int]:
        if not done:
            # In the middle of the batch of WEST the whole first one of EAST.
            done.append(None)
            done.append(lake.publish("EAST", other).batch)
        return write(self, *given, **named)

    monkeypatch.setattr(SharedDuckLakeWriter, "write", meanwhile)
    report = lake.publish("WEST", shop)

    assert (report.batch, done) == (2, [None, 1])
    assert lake.rows("WEST", shop) == here(shop)
    assert lake.rows("EAST", other) == here(other)


def test_one_publish_of_an_account_at_a_time_and_none_of_the_whole_lake_beside_it(
    lake: SharedLake, shop: Path, other: Path
) -> None:
    with target(lake.address("WEST")).writer():
        with pytest.raises(LockHeld, match=r"Another publish is at work on .*/account=WEST"):
            lake.publish("WEST", shop)
        with pytest.raises(LockHeld, match="Another publish is at work on"):
            publish(shop, target("ducklake:destination:warehouse"))
        assert lake.publish("EAST", other).batch == 1


def test_a_lake_is_of_one_account_or_shared(lake: SharedLake, shop: Path) -> None:
    one = target("ducklake:destination:warehouse")
    publish(shop, one)
    with pytest.raises(
        ExportFailed, match=r"was published without an account, .* reset --to ducklake:"
    ):
        lake.publish("WEST", shop)
    reset(one)
    lake.publish("WEST", shop)
    with pytest.raises(
        ExportFailed, match=r"Accounts share .*: ducklake:destination:warehouse/account=NAME"
    ):
        publish(shop, one)
    with pytest.raises(ExportFailed, match="Accounts share"):
        reset(one)
    assert lake.rows("WEST", shop) == here(shop)


def test_a_reset_removes_the_rows_of_one_account_and_the_last_one_the_tables(
    lake: SharedLake, shop: Path, other: Path
) -> None:
    lake.publish("WEST", shop)
    change(other, "drop table core.tags")
    lake.publish("EAST", other)

    removed = reset(target(lake.address("WEST")))

    assert removed == tuple(here(shop))
    left = lake.ask(
        "select table_name from duckdb_tables() where database_name = 'lake' order by 1"
    )
    assert ("tags",) not in left
    assert ("shipments",) in left
    assert lake.ask("select distinct account from lake.core.shipments") == [("EAST",)]
    assert lake.rows("EAST", other) == here(other)
    assert lake.publish("EAST", other).batch is None
    assert lake.publish("WEST", shop).batch == 1
    assert lake.rows("WEST", shop) == here(shop)
    reset(target(lake.address("EAST")))
    assert reset(target(lake.address("WEST"))) == tuple(here(shop))
    assert lake.ask("from duckdb_tables() where database_name = 'lake'") == []
    assert not list(lake.folder.rglob("*.parquet"))
    assert reset(target(lake.address("WEST"))) == ()


def test_tables_that_a_reset_took_away_in_the_middle_of_a_first_batch_are_made_again(
    lake: SharedLake, shop: Path, other: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake.publish("WEST", shop)
    record = SharedDuckLakeWriter.record

    def meanwhile(self: SharedDuckLakeWriter, *given: Any) -> int:
        reset(target(lake.address("WEST")))
        return record(self, *given)

    with monkeypatch.context() as patched:
        patched.setattr(SharedDuckLakeWriter, "record", meanwhile)
        assert lake.publish("EAST", other).batch == 1

    assert lake.rows("EAST", other) == here(other)
    assert lake.differences("EAST", other) == []


def test_what_differs_is_found_of_one_account(lake: SharedLake, shop: Path, other: Path) -> None:
    lake.publish("WEST", shop)
    unpublished = lake.differences("EAST", other)
    lake.publish("EAST", other)
    change(shop, "update core.shipments set amount = 1 where shipment_id = 'se-0'")
    with lake.reader(read_only=False) as con:
        con.execute("delete from lake.core.tags where account = 'EAST'")

    assert all("is in no batch at the target" in told for told in unpublished)
    assert len(unpublished) == len(here(other))
    assert lake.differences("WEST", shop) == [
        "core.shipments, 2026-01: 696 rows here and there, but not with the same values."
    ]
    assert [told.partition(",")[0] for told in lake.differences("EAST", other)] == ["core.tags"]


def test_a_column_that_one_account_has_is_null_in_the_rows_of_others_and_stays(
    lake: SharedLake, shop: Path, other: Path
) -> None:
    lake.publish("WEST", shop)
    lake.publish("EAST", other)
    change(shop, "alter table core.tags add column colour varchar default 'red'")
    done = [lake.publish("WEST", shop).batch, lake.publish("EAST", other).batch]
    of_both = lake.ask(
        "select account, any_value(colour) from lake.core.tags group by 1 order by 1"
    )
    change(other, "alter table core.tags add column colour varchar default 'blue'")
    done.append(lake.publish("EAST", other).batch)
    caught_up = lake.ask("select account, min(colour) from lake.core.tags group by 1 order by 1")
    change(shop, "alter table core.tags drop column colour")
    done.append(lake.publish("WEST", shop).batch)
    gone = lake.ask("select account, any_value(colour) from lake.core.tags group by 1 order by 1")

    assert done == [2, None, 2, 3]
    assert of_both == [("EAST", None), ("WEST", "red")]
    assert caught_up == [("EAST", "blue"), ("WEST", "red")]
    assert gone == [("EAST", "blue"), ("WEST", None)]
    assert lake.rows("WEST", shop) == here(shop)
    assert lake.rows("EAST", other) == here(other)
    assert (lake.publish("WEST", shop).batch, lake.publish("EAST", other).batch) == (None, None)


def test_a_changed_type_is_refused_by_name_and_no_account_loses_anything(
    lake: SharedLake, shop: Path, other: Path
) -> None:
    lake.publish("WEST", shop)
    before = here(shop)
    change(
        other,
        "create table core.aaa as select 1 as id",
        "alter table core.shipments alter column amount set data type double",
    )

    with pytest.raises(
        ExportFailed, match=r"amount of core.shipments is DECIMAL.* and DOUBLE here"
    ):
        lake.publish("EAST", other)

    assert lake.rows("WEST", shop) == before
    assert lake.ask("select distinct account from lake._shipsync.published") == [("WEST",)]
    assert lake.ask("from duckdb_tables() where table_name = 'aaa'") == []


def test_a_table_with_a_column_account_is_refused(lake: SharedLake, shop: Path) -> None:
    change(shop, "create table core.books as select 1 as id, 'cash' as Account")
    with pytest.raises(ExportFailed, match=r"core.books has a column account itself"):
        lake.publish("WEST", shop)


@pytest.mark.parametrize("seed", range(2))
def test_rows_that_went_are_marked_for_the_account_that_wants_it(
    lake: SharedLake, tmp_path: Path, seed: int
) -> None:
    west, east = (
        LoadedShop(tmp_path / name / "shop.duckdb", Random(seed)) for name in ("WEST", "EAST")
    )
    marked = (
        "select count(*) from lake.core.shipments where account = '{}' and _deleted_at is not null"
    )
    lake.publish("WEST", west.file, "mark")
    lake.publish("EAST", east.file)
    for shop in (west, east):
        shop.vanished()
    lake.publish("WEST", west.file, "mark")
    lake.publish("EAST", east.file)
    ((of_west,),) = lake.ask(marked.format("WEST"))
    both = lake.rows("WEST", west.file), lake.rows("EAST", east.file)
    again = lake.publish("WEST", west.file, "mark").batch, lake.publish("EAST", east.file).batch

    assert of_west > 0
    assert lake.ask(marked.format("EAST")) == [(0,)]
    assert both == (west.here(), east.here())
    assert again == (None, None)
    lake.publish("EAST", east.file, "mark")
    east.vanished()
    lake.publish("EAST", east.file, "mark")
    lake.publish("WEST", west.file)
    assert lake.ask(marked.format("WEST")) == [(0,)]
    assert lake.ask(marked.format("EAST")) != [(0,)]
    assert lake.rows("WEST", west.file) == west.here()
    west.came_back()
    lake.publish("WEST", west.file)
    assert lake.rows("WEST", west.file) == west.here()
    assert lake.rows("EAST", east.file) == east.here()


@pytest.mark.parametrize(("disturbed", "batch"), [(1, 2), (5, None)])
def test_what_another_program_changes_meanwhile_has_the_batch_written_again_some_times(
    lake: SharedLake, shop: Path, monkeypatch: pytest.MonkeyPatch, disturbed: int, batch: int | None
) -> None:
    lake.publish("WEST", shop)
    change(shop, CHANGES["a row changed"])
    before = lake.rows("WEST", shop)
    write, tries = SharedDuckLakeWriter._write_staged, []

    def meanwhile(self: SharedDuckLakeWriter) -> None:
        write(self)
        tries.append(None)
        if len(tries) <= disturbed:
            with lake.reader(read_only=False) as con:
                con.execute(f"alter table lake.core.shipments add column other_{len(tries)} int")

    with monkeypatch.context() as patched:
        patched.setattr(SharedDuckLakeWriter, "_write_staged", meanwhile)
        if batch is None:
            with pytest.raises(
                ExportFailed, match=r"Another program changed the tables of .* 5 times"
            ):
                lake.publish("WEST", shop)
            assert lake.rows("WEST", shop) == before
        else:
            assert lake.publish("WEST", shop).batch == batch
    assert len(tries) == min(disturbed + 1, 5)
    lake.publish("WEST", shop)
    assert lake.rows("WEST", shop) == here(shop)


@pytest.mark.parametrize("account", ["", "a'b", "a/b", "..", "a b", "x" * 101])
def test_the_name_of_an_account_is_no_part_of_a_path_or_a_statement(
    lake: SharedLake, account: str
) -> None:
    with pytest.raises(ConfigurationError, match="cannot be the name of an account"):
        target(lake.address(account))


def test_accounts_share_no_lake_whose_catalog_is_a_file(
    configure: Callable[[str], None], tmp_path: Path
) -> None:
    configure(f'[destination.folder]\nbucket_url = "{tmp_path}/lake"\n')
    with pytest.raises(ConfigurationError, match="whose catalog is in Postgres, and 'folder' is"):
        target("ducklake:destination:folder/account=west")
