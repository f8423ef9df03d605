"""How fast changes become events: ``python tests/bench/change_sets.py [--shipments N]``.

Takes what the raw tables hold of an emulated account of 1,000 shipments, with every column, and repeats
it up to N shipments (1,000,000), with as many events. Then 1,000 of them change, and the next build is
timed: the change-sets alone, and everything. Each round counts the events that it made.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import duckdb

from bench.feed import FILL, say
from shipsync.emulator import Account
from shipsync.emulator.simulation.seed import seed_account
from shipsync.warehouse import models
from shipsync.warehouse.models import BuildReport
from truth.synced_shop import START, Shop

SEEDED = 1000
CHANGED = 1000
# The table, and the ids by which its rows are told apart.
REPEATED = {
    "shipments": ("shipment_id",),
    "shipment_items": ("shipment_id",),
    "shipment_packages": ("shipment_id",),
    "shipment_tags": ("shipment_id",),
    "fulfillments": ("fulfillment_id", "shipment_id"),
    "labels": ("label_id", "shipment_id"),
    "label_packages": ("label_id",),
}
LINES = ("shipment_items", "shipment_packages", "shipment_tags")
CHANGE_SETS = ("bounds", "pending_versions", "pending_changes", "events")
CHOOSE = """
    create temp table changing as
    from raw.shipments
    where _dlt_valid_to is null
    order by hash(shipment_id)
    limit $changed
"""
CLOSE = """
    update raw.shipments set _dlt_valid_to = $at
    where shipment_id in (select shipment_id from changing)
"""
REOPEN = """
    insert into raw.shipments
    select * replace (
        md5(content_hash) as content_hash,
        $at as modified_at,
        'cancelled' as shipment_status,
        coalesce(zone, 0) + 1 as zone,
        $at as observed_at,
        $load_id as _dlt_load_id,
        $at as _dlt_valid_from
    )
    from changing
"""
# A new version comes after every version that is stored, whatever clock those were given by.
LATEST = "select max(greatest(_dlt_valid_from, _dlt_valid_to)) from raw.shipments"
MADE = """
    select count(*)
    from changes.events
    where sequence > $last and trigger = 'shipment_modified' and list_contains(changed_fields, 'zone')
"""
LAST = "select max(sequence) from changes.events"


def repeat(con: duckdb.DuckDBPyConnection, times: int) -> None:
    """Hold every object so many times, under other ids."""
    for table, keys in REPEATED.items():
        renamed = ", ".join(f"{key} || '-' || n as {key}" for key in keys)
        con.execute(
            f"insert into raw.{table} select held.* replace ({renamed}) "  # noqa: S608
            f"from raw.{table} as held, range(1, {times}) as numbers(n)"
        )


def change(con: duckdb.DuckDBPyConnection, round_number: int) -> datetime:
    """Give some shipments a new version, by a load package of its own; returns when."""
    at: datetime = only(con, LATEST) + timedelta(minutes=15)
    con.execute(CHOOSE, {"changed": CHANGED})
    con.execute(CLOSE, {"at": at})
    con.execute(REOPEN, {"at": at, "load_id": f"change-{round_number}"})
    for table in LINES:
        con.execute(
            f"update raw.{table} set content_hash = md5(content_hash) "  # noqa: S608
            "where shipment_id in (select shipment_id from changing)"
        )
    return at


def only(con: duckdb.DuckDBPyConnection, query: str, **values: object) -> Any:
    """The one value that ``query`` gives."""
    row = con.execute(query, values).fetchone()
    assert row is not None
    return row[0]


def timed_build(database: Path, now: datetime, select: str | None = None) -> BuildReport:
    """Build, and print how long it took and what took long."""
    wall, cpu = time.perf_counter(), time.process_time()
    report = models.build(database, now=now, select=select)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    say(f"build of {select or 'everything'}: {wall:.2f} s ({cpu:.2f} s of processor)")
    say(
        f"    {report.models} models {_seconds(report, 'model'):.2f} s: {_slowest(report, 'model')}"
    )
    say(f"    {report.tests} tests {_seconds(report, 'test'):.2f} s: {_slowest(report, 'test')}")
    return report


def _seconds(report: BuildReport, kind: str, names: Sequence[str] | None = None) -> float:
    return sum(
        outcome.seconds
        for outcome in report.outcomes
        if outcome.kind == kind and (names is None or outcome.name in names)
    )


def _slowest(report: BuildReport, kind: str) -> str:
    found = [outcome for outcome in report.outcomes if outcome.kind == kind]
    found.sort(key=lambda outcome: -outcome.seconds)
    return ", ".join(f"{outcome.name} {outcome.seconds:.2f}" for outcome in found[:5])


def main() -> None:
    """Make the tables, build once, change, build again."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shipments", type=int, default=1_000_000)
    times = parser.parse_args().shipments // SEEDED
    with tempfile.TemporaryDirectory() as name:
        account = Account(seed=1, start=START)
        seed_account(account, shipments=SEEDED, days=30)
        shop = Shop(account, Path(name), {"tracking_calls_per_run": 0})
        now = shop.sync().at
        with shop.opened() as con:
            repeat(con, times)
            held = only(con, "select count(*) from raw.shipments")
        models.build(shop.database, now=now, select="+changes", run_tests=False)
        with shop.opened() as con:
            con.execute(FILL, {"events": held})
        # The first build of everything makes what the build of the change-sets left out.
        for number, select in enumerate(("changes", None, None), start=1):
            with shop.opened() as con:
                later = change(con, number)
                last = only(con, LAST)
            say(f"{CHANGED:,} of {held:,} shipments changed, and there are {last:,} events")
            report = timed_build(shop.database, later, select)
            with shop.opened() as con:
                made = only(con, MADE, last=last)
            assert made == CHANGED, f"{made} events were made of {CHANGED} changes"
            say(
                f"    change-sets: {_seconds(report, 'model', CHANGE_SETS):.2f} s, {made:,} events made"
            )


if __name__ == "__main__":
    main()
