"""How fast stock is planned and applied: ``python tests/bench/stock.py [--rows N] [--per-minute N]``.

Plans 200,000 targets against 200,000 levels, then applies N adjusts over HTTP to an emulated account
with the ledger on disk. With ``--per-minute`` the account has that limit, and what is printed is how
much of it was used and how many answers were a 429.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from reverse.shop import MAIN, NOW, given, observe, open_shop
from shipsync.api.session import Session
from shipsync.clock import SystemPacing
from shipsync.connection import Connection, Secret
from shipsync.emulator import Options, serve
from shipsync.reverse import plan_file
from shipsync.reverse.apply import apply_plan
from shipsync.reverse.plan import plan_stock
from shipsync.warehouse.database import connect
from shipsync.warehouse.ledger import migrate


def say(line: str) -> None:
    """One line of the report."""
    sys.stdout.write(line + "\n")


def plan_many(folder: Path, levels: int) -> None:
    """Print how long a plan for so many levels takes, and its file."""
    connection = Connection("shop", Secret("none"), folder / "many.duckdb")
    stock = [
        {
            "sku": f"SKU-{n}",
            "inventory_location_id": MAIN,
            "inventory_warehouse_id": "se-900",
            "on_hand": n % 90,
            "allocated": n % 7 if n % 90 > 7 else 0,
            "available": 0,
            "average_cost": {"amount": 1.0, "currency": "usd"},
        }
        for n in range(levels)
    ]
    targets = given(
        *({"sku": f"SKU-{n}", "location": "Main", "quantity": n * 7 % 120} for n in range(levels))
    )
    with connect(connection.database) as con:
        migrate(con)
        observe(con, stock, [], NOW)
        began = time.perf_counter()
        plan = plan_stock(con, targets, connection, now=NOW)
        planned = time.perf_counter() - began
        plan_file.save(plan, folder / "plan.json")
        saved = time.perf_counter() - began - planned
    say(
        f"plan: {levels:,} targets in {planned:.2f} s, {len(plan.ready):,} ready; saved in {saved:.2f} s"
    )


def apply_many(folder: Path, rows: int, per_minute: int | None) -> None:
    """Print how fast so many adjusts are applied over HTTP."""
    shop = open_shop(folder, skus=rows)
    shop.account.options = Options(requests_per_minute=per_minute)
    shop.requests_per_minute = per_minute or 1_000_000
    plan = shop.plan(*({"sku": sku, "location": "Main", "quantity": 25} for sku in shop.skus))
    with serve(shop.account) as served:
        connection = Connection(
            "shop",
            Secret("emulator-key"),
            shop.connection.database,
            base_url=served.url,
            requests_per_minute=per_minute or 1_000_000,
        )
        with connect(connection.database) as con, Session(connection) as session:
            began = time.perf_counter()
            report = apply_plan(con, session, plan, pacing=SystemPacing())
            seconds = time.perf_counter() - began
    refused = sum(request.status == 429 for request in shop.account.requests)
    say(
        f"apply: {rows:,} rows in {seconds:.1f} s = {rows / seconds:.0f} rows/s, {dict(report.counts)}"
    )
    if per_minute:
        share = report.requests / seconds * 60 / per_minute
        say(f"apply: {share:.1%} of {per_minute:,} requests a minute used, {refused} answers 429")


def main() -> None:
    """Run both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=2000)
    parser.add_argument("--per-minute", type=int)
    parser.add_argument("--levels", type=int, default=200_000)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        plan_many(Path(name), wanted.levels)
        apply_many(Path(name), wanted.rows, wanted.per_minute)


if __name__ == "__main__":
    main()
