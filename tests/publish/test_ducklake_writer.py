"""A DuckLake: a batch is one snapshot of all tables, in a folder and with its catalog in Postgres."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from export.conftest import ESCAPED, PASSWORD, Server
from shipsync import clock
from shipsync.cli import boundary
from shipsync.errors import ConfigurationError, ExportFailed, LockHeld, MissingLibrary
from shipsync.publish import duckdb_extensions
from shipsync.publish.ducklake_writer import DuckLakeWriter
from shipsync.publish.run import publish, reset
from shipsync.publish.targets import target
from shipsync.publish.verify import verify

from .lakes import CHANGES, DUCKLAKE, Lake, Rows, change, here, need_ducklake, sorted_rows, there

TWO_TABLES = (CHANGES["a row changed"], CHANGES["an event"])


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    need_ducklake()
    return Lake("ducklake", tmp_path / "lake")


def _reader(*extensions: str) -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    for extension in extensions:
        duckdb_extensions.load(con, extension)
    con.execute("set timezone = 'UTC'")
    return con


def _in_folder(lake: Lake, *, read_only: bool = True) -> duckdb.DuckDBPyConnection:
    con = _reader(*DUCKLAKE)
    how = "(read_only)" if read_only else ""
    con.execute(f"attach 'ducklake:sqlite:{lake.folder}/catalog.sqlite' as lake {how}")
    return con


def test_nobody_sees_a_part_of_a_batch(
    lake: Lake, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(shop, lake.target)
    before = here(shop)
    change(shop, *TWO_TABLES)
    seen = []
    write = DuckLakeWriter.write

    def looked_at(self: DuckLakeWriter, *given: Any, **named: Any) -> tuple[int, int]:
        done = write(self, *given, **named)
        seen.append(there(lake.rows, shop))
        return done

    monkeypatch.setattr(DuckLakeWriter, "write", looked_at)
    publish(shop, lake.target)

    assert seen == [before, before]
    assert there(lake.rows, shop) == here(shop)


def test_a_reader_keeps_its_snapshot_and_keeps_no_batch_back(lake: Lake, shop: Path) -> None:
    publish(shop, lake.target)
    before = here(shop)
    change(shop, *TWO_TABLES)
    with _in_folder(lake) as con:

        def rows(table: str) -> Rows:
            return sorted_rows(con.sql(f"from lake.{table}").select("* exclude (_row_hash)"))

        con.begin()
        began = rows("core.shipments")
        batch = publish(shop, lake.target).batch
        kept = there(rows, shop)
        con.commit()
        new = there(rows, shop)

    assert (batch, began, kept) == (2, before["core.shipments"], before)
    assert new == here(shop)


def test_a_batch_that_fails_leaves_nothing(
    lake: Lake, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(shop, lake.target)
    before = here(shop)
    change(shop, *TWO_TABLES)

    def cut_off(*_: object) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(DuckLakeWriter, "record", cut_off)
        with pytest.raises(KeyboardInterrupt):
            publish(shop, lake.target)

    assert there(lake.rows, shop) == before
    assert lake.batch() == 1
    assert publish(shop, lake.target).batch == 2
    assert there(lake.rows, shop) == here(shop)


def test_a_table_that_something_else_made_is_left_alone(lake: Lake, shop: Path) -> None:
    with lake.target.writer(), _in_folder(lake, read_only=False) as con:
        con.execute("create schema lake.core; create table lake.core.tags as select 1 as id")

    with pytest.raises(ExportFailed, match=r"core.tags at the target was not made by"):
        publish(shop, lake.target)

    with _in_folder(lake) as con:
        assert con.sql("from lake.core.tags").fetchall() == [(1,)]
    assert lake.batch() is None


def test_comments_follow(lake: Lake, shop: Path) -> None:
    change(shop, "comment on column core.tags.tag_id is 'It''s a number'")
    publish(shop, lake.target)
    change(
        shop,
        "alter table core.tags add column colour varchar",
        "comment on column core.tags.colour is 'As seen'",
    )
    publish(shop, lake.target)

    with _in_folder(lake) as con:
        told = con.sql(
            "select column_name, comment from duckdb_columns() where table_name = 'tags' "
            "and database_name = 'lake' and comment is not null order by all"
        ).fetchall()
    assert told == [("colour", "As seen"), ("tag_id", "It's a number")]


def test_the_record_is_told_to_readers(lake: Lake, shop: Path) -> None:
    publish(shop, lake.target)
    change(shop, *TWO_TABLES)
    publish(shop, lake.target)

    with _in_folder(lake) as con:
        told = con.sql(
            "select batch, event_sequence, tables -> 'core.shipments' "
            "from lake._shipsync.published order by batch"
        ).fetchall()
    assert told == [(1, 100, "[2000,0,2000]"), (2, 101, "[2000,1,1]")]


def test_files_that_no_snapshot_of_a_week_has_are_removed_on_the_first_batch_of_a_day(
    lake: Lake, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(shop, lake.target)
    first = set(lake.folder.rglob("*.parquet"))
    change(shop, "update core.shipments set amount = amount + 1")
    publish(shop, lake.target)
    kept = set(lake.folder.rglob("*.parquet"))
    later = clock.now() + timedelta(days=8)
    monkeypatch.setattr(clock, "now", lambda: later)
    change(shop, CHANGES["an event"])

    publish(shop, lake.target)

    left = set(lake.folder.rglob("*.parquet"))
    assert first < kept
    assert not {file for file in first & left if "/shipments/" in str(file)}
    assert there(lake.rows, shop) == here(shop)
    assert verify(shop, lake.target).differences == ()


def test_a_file_that_was_lost_is_found(lake: Lake, shop: Path) -> None:
    publish(shop, lake.target)
    for file in (lake.folder / "data" / "core" / "shipments").iterdir():
        file.unlink()

    report = verify(shop, lake.target)

    assert {(d.table, d.rows_there) for d in report.differences} == {("core.shipments", 0)}


def test_the_folder_is_its_owners_alone(lake: Lake, shop: Path) -> None:
    lake.folder.mkdir(mode=0o755)
    publish(shop, lake.target)

    assert (lake.folder / "data").stat().st_mode & 0o777 == 0o700
    assert (lake.folder / "catalog.sqlite").stat().st_mode & 0o777 == 0o600


def test_a_folder_that_was_moved_is_published_into(lake: Lake, shop: Path, tmp_path: Path) -> None:
    publish(shop, lake.target)
    shutil.move(lake.folder, tmp_path / "moved")
    moved = tmp_path / "moved"
    change(shop, *TWO_TABLES)

    report = publish(shop, target(f"ducklake:{moved}"))

    assert report.batch == 2
    assert verify(shop, target(f"ducklake:{moved}")).differences == ()
    assert not lake.folder.exists()


def test_an_extension_that_is_nowhere_is_told_in_one_sentence(
    lake: Lake, shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect = duckdb.connect

    def without(database: str = ":memory:", **named: Any) -> duckdb.DuckDBPyConnection:
        con = connect(database, **named)
        con.execute("set extension_directory = $folder", {"folder": str(tmp_path / "none")})
        con.execute("set custom_extension_repository = $folder", {"folder": str(tmp_path)})
        return con

    monkeypatch.setattr(duckdb, "connect", without)
    monkeypatch.setattr(duckdb_extensions, "carried", lambda name: None)

    with pytest.raises(
        MissingLibrary, match=r"DuckDB's extension sqlite_scanner .* pip install duckdb-extension-"
    ):
        publish(shop, lake.target)


@pytest.fixture
def warehouse(server: Server, tmp_path: Path, configure: Callable[[str], None]) -> str:
    """The address of a DuckLake whose catalog is in a schema of a Postgres."""
    need_ducklake("postgres_scanner")
    configure(
        f'[destination.warehouse.credentials]\ncatalog = "{server.url}"\n'
        f'storage = "{tmp_path}/files"\nmetadata_schema = "{tmp_path.name}"\n'
    )
    return "ducklake:destination:warehouse"


def _in_postgres(server: Server, schema: str, table: str) -> Rows:
    with _reader("postgres_scanner", "ducklake") as con:
        con.execute(
            f"attach 'ducklake:postgres:{server.url}' as lake "
            f"(read_only, metadata_schema '{schema}')"
        )
        return sorted_rows(con.sql(f"from lake.{table}").select("* exclude (_row_hash)"))


def test_with_its_catalog_in_postgres_the_lake_is_the_source(
    warehouse: str, server: Server, shop: Path, tmp_path: Path
) -> None:
    change(shop, "update core.odd set words = ['a' || chr(0), chr(34)], document = '{}'")
    done = [publish(shop, target(warehouse)).batch]
    for changed in ("a row changed", "a line removed", "one more column", "a table filled"):
        change(shop, CHANGES[changed])
        done.append(publish(shop, target(warehouse)).batch)
    found = {name: _in_postgres(server, tmp_path.name, name) for name in here(shop)}
    differences = verify(shop, target(warehouse)).differences
    again = publish(shop, target(warehouse)).batch
    removed = reset(target(warehouse))

    assert (done, again, differences) == ([1, 2, 3, 4, 5], None, ())
    assert found == here(shop)
    assert removed == tuple(here(shop))
    assert not list((tmp_path / "files").rglob("*.parquet"))


def test_one_publish_at_a_time_into_a_catalog_in_postgres(warehouse: str, shop: Path) -> None:
    with target(warehouse).writer(), pytest.raises(LockHeld, match="Another publish is at work"):
        publish(shop, target(warehouse))


def test_what_a_server_complains_of_is_told_without_the_password(
    warehouse: str, server: Server, shop: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import psycopg2

    goal = target(warehouse)
    with closing(psycopg2.connect(server.url)) as con, con, con.cursor() as cursor:
        # It is there, and is no catalog.
        cursor.execute(f'create schema "{tmp_path.name}"')
        cursor.execute(f'create table "{tmp_path.name}".ducklake_metadata (nothing bigint)')

    code = boundary.run(["publish", "--to", warehouse, "--database", str(shop)])

    said = "".join((*capsys.readouterr(), repr(goal), goal.place))
    assert code != 0
    assert "The DuckLake in destination:warehouse can't be written" in said
    assert PASSWORD not in said
    assert ESCAPED not in said


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("", "There is no DuckLake 'warehouse' in dlt's configuration. Write catalog ="),
        ('catalog = "mysql://me@host/db"\nstorage = "lake"', "is no Postgres"),
        ('catalog = "postgresql://me:x@host/db"', "names no folder for the files"),
        (
            'catalog = "postgresql://me:x@host/db"\nstorage = "memory://lake"',
            "written to a folder of this machine, and memory://lake is none",
        ),
    ],
)
def test_what_a_destination_lacks_is_told(
    configure: Callable[[str], None], given: str, told: str
) -> None:
    configure(f"[destination.warehouse.credentials]\n{given}\n")

    with pytest.raises(ConfigurationError, match=told):
        target("ducklake:destination:warehouse")
