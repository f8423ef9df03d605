"""A build from the outside: what it reports, what it refuses, and what it leaves alone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from shipsync.errors import DatabaseCorrupt, DatabaseError, DatabaseLocked, ModelError, UsageError
from shipsync.warehouse.models import BuildReport, build
from shipsync.warehouse.sql_project import sql_dir
from sql.raw_tables import RawTables
from sql.story import day, shipment

pytestmark = pytest.mark.xdist_group("dbt")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, BuildReport]:
    """A database with one shipment whose modification is older than its creation."""
    database = tmp_path_factory.mktemp("models") / "shop.duckdb"
    raw = RawTables()
    strange = shipment(1, day(1, 6), day(1, 5))
    raw.load("shipments", strange, load_id="1.0", observed_at=day(1))
    raw.save(database)
    return database, build(database, now=day(1))


@pytest.fixture
def database(built: tuple[Path, BuildReport], tmp_path: Path) -> Path:
    """A copy of the built database."""
    copy = tmp_path / built[0].name
    copy.write_bytes(built[0].read_bytes())
    return copy


def files(folder: Path) -> set[Path]:
    return set(folder.rglob("*"))


def test_the_report_counts_models_and_tests(built: tuple[Path, BuildReport]) -> None:
    report = built[1]
    assert report.models == len(list((sql_dir() / "models").rglob("*.sql")))
    assert report.tests > 30
    assert {outcome.status for outcome in report.outcomes} == {"success", "pass", "warn"}


def test_a_doubtful_row_is_a_warning(built: tuple[Path, BuildReport]) -> None:
    assert built[1].warnings == (
        "Data test shipments_are_modified_after_they_are_created: found 1 row",
    )


def test_a_broken_guarantee_fails_and_names_the_test(database: Path) -> None:
    with duckdb.connect(str(database)) as con:
        con.execute("insert into raw.shipments from raw.shipments")
    with pytest.raises(ModelError, match=r"primary_key_shipments_shipment_id: found 1 row"):
        build(database, now=day(2), select="shipments")


def test_a_stock_level_may_be_of_no_warehouse_but_not_twice(database: Path) -> None:
    with duckdb.connect(str(database)) as con:
        con.execute(
            "insert into raw.inventory_levels by name select 'CUP' as sku, 'se-9' as inventory_location_id, "
            "'a' as content_hash, now() as observed_at, '1.0' as _dlt_load_id, now() as _dlt_valid_from"
        )
    select = "stg_inventory_levels inventory_levels inventory_levels_history"
    report = build(database, now=day(2), select=select)
    assert report.warnings == ()
    tests = [outcome.name for outcome in report.outcomes if outcome.kind == "test"]
    assert any(name.startswith("primary_key_inventory_levels_") for name in tests)
    with duckdb.connect(str(database)) as con:
        con.execute("insert into raw.inventory_levels from raw.inventory_levels")
    with pytest.raises(ModelError, match=r"primary_key_inventory_levels.*: found 1 row"):
        build(database, now=day(2), select=select)


def test_a_model_that_cannot_be_built_is_named_with_the_reason(database: Path) -> None:
    with duckdb.connect(str(database)) as con:
        con.execute("drop table raw.tags")
    with pytest.raises(ModelError, match=r"^Model stg_tags: Catalog Error.*tags does not exist"):
        build(database, now=day(2), select="stg_tags+")


def test_a_column_of_another_type_is_refused_by_name(database: Path) -> None:
    with duckdb.connect(str(database)) as con:
        con.execute("alter table raw.labels alter voided type varchar")
    with pytest.raises(ModelError, match=r"^Model labels: its columns .*: is_voided is VARCHAR"):
        build(database, now=day(2), select="stg_labels labels", run_tests=False)


def test_a_selection_builds_no_more(database: Path) -> None:
    report = build(database, now=day(2), select="stg_tags tags", run_tests=False)
    assert [outcome.name for outcome in report.outcomes if outcome.kind == "model"] == [
        "stg_tags",
        "tags",
    ]
    assert report.tests == 0


def test_an_unknown_model_is_refused(database: Path) -> None:
    with pytest.raises(UsageError, match="No model is selected by 'nothing'"):
        build(database, now=day(2), select="nothing")


def test_it_is_silent_and_writes_nothing_but_the_database(
    database: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    before = files(sql_dir()), files(Path.cwd()), files(database.parent), dict(os.environ)
    build(database, now=day(2), select="changes")
    assert (files(sql_dir()), files(Path.cwd()), files(database.parent), dict(os.environ)) == before
    assert capfd.readouterr() == ("", "")


def test_the_file_is_free_afterwards_for_other_settings(database: Path) -> None:
    build(database, now=day(2), select="changes", run_tests=False)
    with duckdb.connect(str(database), read_only=True, config={"threads": 1}) as con:
        assert con.execute("select count(*) from core.shipments").fetchone() == (1,)


def test_no_database_yet(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError, match="run `shipsync sync` first"):
        build(tmp_path / "none.duckdb", now=day(1))
    assert files(tmp_path) == set()


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "notes.duckdb").write_text("not a database, just some words" * 200)
    with pytest.raises(DatabaseCorrupt):
        build(tmp_path / "notes.duckdb", now=day(1))


def test_a_database_open_elsewhere(database: Path) -> None:
    hold = (
        "import sys, duckdb; con = duckdb.connect(sys.argv[1]); print('open', flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", hold, str(database)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout
        other.stdout.readline()
        with pytest.raises(DatabaseLocked):
            build(database, now=day(2))
        other.communicate("\n")
