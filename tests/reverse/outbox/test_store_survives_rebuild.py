"""Everything is rebuilt, and the ledger of writes is what it was."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from reverse.stock_shop import MAIN, Shop, open_shop
from shipsync import job
from shipsync.reverse.plan.row_sources import SqlQuery
from shipsync.reverse.stock.targets import give_targets
from shipsync.warehouse.database import connect

# What runs note of themselves grows with every run; nothing else may differ by a row.
OF_RUNS = {
    "runs",
    "stream_runs",
    "marks",
    "tracking_polls",
    "tracking_calls",
    "tracking_planned",
    "followed_parcels",
    "followed_loads",
    "last_build",
    "run_phases",
}
Ledger = tuple[dict[str, list[Any]], list[tuple[str, str, str]]]
BUILT = ("raw", "raw_staging", "staging", "core", "changes", "tracking", "reverse")


def ledger(database: Path) -> Ledger:
    """Every row of every table of the ledger that writes and people fill, and all its columns."""
    with connect(database, read_only=True) as con:
        columns = con.execute(
            "select table_name, column_name, data_type from information_schema.columns "
            "where table_schema = 'ledger' order by all"
        ).fetchall()
        tables = con.execute(
            "select table_name from duckdb_tables() where schema_name = 'ledger' order by all"
        ).fetchall()
        rows = {
            table: con.table(f"ledger.{table}").order("all").fetchall()
            for (table,) in tables
            if table not in OF_RUNS
        }
    return rows, columns


def changed(before: Ledger, after: Ledger) -> list[str]:
    """Names of the tables whose rows or columns differ."""
    (rows, columns), (rows_after, columns_after) = before, after
    named = {
        table
        for table in rows.keys() | rows_after.keys()
        if rows.get(table) != rows_after.get(table)
    }
    return sorted(named | {table for table, *_ in set(columns) ^ set(columns_after)})


def rows_of_runs(database: Path) -> set[str]:
    with connect(database, read_only=True) as con:
        return {run_id for (run_id,) in con.execute("select run_id from ledger.runs").fetchall()}


def run(shop: Shop, scope: job.Scope | None = None) -> None:
    with shop.session() as session:
        report = job.run(shop.connection, session, scope or job.Scope())
    assert not report.sync.failed


@pytest.mark.slow
def test_no_rebuild_touches_the_ledger(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    database = shop.connection.database
    database.unlink()
    run(shop)
    shop.apply(shop.plan(*({"sku": sku, "location": "Main", "quantity": 25} for sku in shop.skus)))
    give_targets(database, SqlQuery("select 'A-1' as sku, 'Main' as location, 30 as target"))
    before, runs_before = ledger(database), rows_of_runs(database)
    assert len(before[0]["outbox"]) == 3 * len(shop.skus)

    run(shop, job.Scope(full_refresh=True))
    job.build(database, None, full_refresh=True)
    assert changed(before, ledger(database)) == []

    with connect(database) as con:
        for schema in BUILT:
            con.execute(f"drop schema if exists {schema} cascade")
    run(shop)
    job.build(database, None, full_refresh=True)
    assert changed(before, ledger(database)) == []
    assert runs_before < rows_of_runs(database)

    with connect(database, read_only=True) as con:
        outcomes = con.sql("select wanted, outcome from reverse.outcomes order by all").fetchall()
        due = con.sql("select sku, quantity, on_hand from reverse.stock_adjustments_due").fetchall()
    assert outcomes[0] == ("adjust 25 A-1 at Main", "applied")
    assert (due, shop.on_hand("A-1", MAIN)) == ([("A-1", 30, 25)], 25)
