"""What has to be built, by what the last build took in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pytest

from shipsync.warehouse import build_record
from shipsync.warehouse.build_plan import BuildPlan, PlannedModel
from shipsync.warehouse.build_record import Due, Inputs, LastBuild, due
from shipsync.warehouse.database import connect
from shipsync.warehouse.ledger import migrate

MODEL = PlannedModel("orders", ("raw.shipments",), ("select 1",), ())
INPUTS = Inputs(
    sql="a",
    settings={"changes_since": None},
    day="2026-03-01",
    built_with="dbt 1",
    columns="c",
    rows={"raw.shipments": "1", "raw.labels": "2"},
)
LAST = LastBuild(True, INPUTS, BuildPlan((MODEL,)))
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def con(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with connect(tmp_path / "shop.duckdb") as con:
        migrate(con)
        con.execute("create schema raw")
        con.execute(
            "create table raw.shipments as select 'se-1' as shipment_id, '1.0' as _dlt_load_id, "
            "null::timestamptz as _dlt_valid_to"
        )
        con.execute("create table raw.items as select 'se-1' as shipment_id, '1.0' as _dlt_load_id")
        yield con


def test_nothing_differs_and_nothing_is_due() -> None:
    assert due(LAST, INPUTS).is_nothing


def test_only_tables_whose_rows_changed_are_due() -> None:
    now = replace(INPUTS, rows={"raw.shipments": "1", "raw.labels": "3"})
    assert due(LAST, now) == Due(None, frozenset({"raw.labels"}))


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"sql": "b"}, "The models' SQL changed"),
        ({"settings": {"changes_since": "2026-01-01"}}, "A setting that models read changed"),
        ({"day": "2026-03-02"}, "It is the first build of the day"),
        ({"built_with": "dbt 2"}, "dbt or DuckDB has another version"),
        ({"columns": "d"}, "Columns of the raw tables changed"),
    ],
)
def test_everything_is_due_and_why(changed: dict[str, str], reason: str) -> None:
    found = due(LAST, replace(INPUTS, **changed))
    assert found.whole is not None
    assert found.whole.startswith(reason)


def test_everything_is_due_at_first_and_after_a_build_that_was_cut_short() -> None:
    assert due(None, INPUTS).whole == "There was no build before."
    assert due(replace(LAST, is_complete=False), INPUTS).whole == "The last build did not end well."


def test_what_cannot_be_repeated_is_built_by_dbt_once_something_changed() -> None:
    last = replace(LAST, plan=BuildPlan((MODEL,), "orders: its columns changed"))
    assert due(last, INPUTS).is_nothing
    assert "orders: its columns changed" in str(
        due(last, replace(INPUTS, rows={"raw.labels": "3"})).whole
    )


def test_a_record_comes_back_as_it_was_kept(con: duckdb.DuckDBPyConnection) -> None:
    assert build_record.read_last(con) is None
    build_record.end(con, INPUTS, LAST.plan)
    assert build_record.read_last(con) == LAST
    build_record.begin_whole(con)
    assert build_record.read_last(con) == replace(LAST, is_complete=False)
    build_record.forget(con)
    assert build_record.read_last(con) is None


@pytest.mark.parametrize(
    "change",
    [
        "insert into raw.shipments values ('se-2', '2.0', null)",
        "delete from raw.shipments",
        "update raw.shipments set _dlt_valid_to = '2026-03-01 00:00:00+00'",
        "update raw.shipments set _dlt_load_id = '2.0'",
        "insert into raw.items values ('se-1', '1.0')",
        "update raw.items set _dlt_load_id = '2.0'",
        "insert into ledger.tracking_polls (label_id, polled_at, changed_at, polls) "
        "values ('se-1', now(), now(), 1)",
    ],
)
def test_rows_that_came_went_or_were_closed_are_seen(
    con: duckdb.DuckDBPyConnection, change: str
) -> None:
    tables = ("raw.shipments", "raw.items", "ledger.tracking_polls")
    look = {"now": NOON, "zone": ZoneInfo("UTC"), "settings": {}, "sql": "a"}
    before = build_record.look(con, tables, **look)  # type: ignore[arg-type]
    assert build_record.look(con, tables, **look) == before  # type: ignore[arg-type]
    con.execute(change)
    after = build_record.look(con, tables, **look)  # type: ignore[arg-type]
    assert [name for name in tables if after.rows[name] != before.rows[name]] == [
        name for name in tables if name in change
    ]


def test_a_column_that_came_is_seen_and_the_day_is_one_of_the_zone(
    con: duckdb.DuckDBPyConnection,
) -> None:
    late = datetime(2026, 3, 1, 23, tzinfo=UTC)
    before = build_record.look(con, (), now=late, zone=ZoneInfo("UTC"), settings={}, sql="a")
    con.execute("alter table raw.items add column sku varchar")
    after = build_record.look(con, (), now=late, zone=ZoneInfo("Asia/Tokyo"), settings={}, sql="a")
    assert before.columns != after.columns
    assert (before.day, after.day) == ("2026-03-01", "2026-03-02")
