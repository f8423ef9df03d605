"""How fast stock is planned and applied: ``python tests/bench/write_back.py [plan] [free] [paced]``.

``plan``: 200,000 targets in a CSV file against 200,000 levels. ``free``: 2,000 adjusts over HTTP to an
account without a limit, in a process of its own, every step in a ledger on disk. ``paced``: 5,000 adjusts
to an account that allows 2,000 requests a minute; takes two and a half minutes. Wall and CPU seconds of
this process are printed; on a busy machine the second is what to compare.
"""

from __future__ import annotations

import argparse
import csv
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from reverse.stock_shop import MAIN, NOW, observe, open_shop
from shipsync.api.session import Session
from shipsync.connection import Connection, Secret
from shipsync.emulator import Options, serve
from shipsync.reverse.applying import Applying, apply_plan
from shipsync.reverse.plan import file as plan_file
from shipsync.reverse.plan.row_sources import read_source
from shipsync.reverse.stock.planner import plan_stock
from shipsync.warehouse.database import connect
from shipsync.warehouse.ledger import migrate

LEVELS, FREE_ROWS, PACED_ROWS, PER_MINUTE = 200_000, 2_000, 5_000, 2_000
NO_LIMIT = 1_000_000
PLAN_SECONDS, FREE_ROWS_PER_SECOND, PACED_SHARE = 5.0, 150.0, 0.95


@dataclass
class Watch:
    """Wall and CPU seconds of a block."""

    wall: float = 0.0
    cpu: float = 0.0

    def __str__(self) -> str:
        return f"{self.wall:.2f} s ({self.cpu:.2f} s CPU)"


@contextmanager
def watched() -> Iterator[Watch]:
    """Measures the block."""
    watch, wall, cpu = Watch(), time.perf_counter(), time.process_time()
    yield watch
    watch.wall, watch.cpu = time.perf_counter() - wall, time.process_time() - cpu


def say(line: str) -> None:
    """One line of the report."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def plan_many(folder: Path) -> None:
    """Print how long a plan for 200,000 targets takes, with reading and writing of the files."""
    connection = Connection("shop", Secret("none"), folder / "many.duckdb")
    file = folder / "targets.csv"
    with file.open("w", newline="") as text:
        writer = csv.writer(text)
        writer.writerow(("sku", "location", "quantity"))
        writer.writerows((f"SKU-{n}", "Main", n * 7 % 120) for n in range(LEVELS))
    with connect(connection.database) as con:
        migrate(con)
        observe(con, [_level(n) for n in range(LEVELS)], [], NOW)
    with connect(connection.database, read_only=True) as con:
        with watched() as reading:
            given = read_source(con, file)
        with watched() as planning:
            plan = plan_stock(con, given, connection, now=NOW)
        with watched() as saving:
            plan_file.save(plan, folder / "plan.json", b"key")
    wanted = sum(n * 7 % 120 != n % 90 for n in range(LEVELS))
    assert len(plan.rows) == LEVELS
    assert 0 < len(plan.ready) <= wanted
    say(f"plan: {LEVELS:,} targets against {LEVELS:,} levels, {len(plan.ready):,} ready")
    say(f"plan: file read in {reading}, planned in {planning}, plan written in {saving}")
    say(f"plan: {planning.wall / PLAN_SECONDS:.2f} of the {PLAN_SECONDS:.0f} s it may take")


def _level(number: int) -> dict[str, object]:
    on_hand = number % 90
    return {
        "sku": f"SKU-{number}",
        "inventory_location_id": MAIN,
        "inventory_warehouse_id": "se-900",
        "on_hand": on_hand,
        "allocated": number % 7 if on_hand > 7 else 0,
        "available": 0,
        "average_cost": {"amount": 1.0, "currency": "usd"},
    }


def apply_many(folder: Path, rows: int, per_minute: int | None) -> None:
    """Print how fast so many adjusts are applied over HTTP, and what the account says of it."""
    folder.mkdir()
    shop = open_shop(folder, skus=rows)
    shop.requests_per_minute = per_minute or NO_LIMIT
    plan = shop.plan(*({"sku": sku, "location": "Main", "quantity": 25} for sku in shop.skus))
    account = subprocess.Popen(
        [sys.executable, __file__, "--serve", str(rows), "--limit", str(per_minute or 0)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert account.stdout is not None
    connection = Connection(
        "shop",
        Secret("emulator-key"),
        shop.connection.database,
        base_url=account.stdout.readline().strip(),
        requests_per_minute=per_minute or NO_LIMIT,
    )
    with connect(connection.database) as con, Session(connection) as session, watched() as watch:
        [report] = apply_plan(con, plan, Applying(session)).reports
    statuses, _ = account.communicate("")
    assert report.counts["applied"] == rows, report.counts
    say(
        f"apply: {rows:,} rows in {watch} = {rows / watch.wall:.0f} rows/s, {dict(report.counts)}; "
        f"the account answered {statuses.strip()}"
    )
    if per_minute:
        used = report.requests / watch.wall * 60 / per_minute
        say(f"apply: {used:.1%} of {per_minute:,} requests a minute; wanted {PACED_SHARE:.0%}")
    else:
        say(f"apply: {rows / watch.wall / FREE_ROWS_PER_SECOND:.2f} of the 150 rows/s it must do")


def serve_account(rows: int, limit: int) -> None:
    """Be the account, until standard input ends; then say how often each status was answered."""
    with tempfile.TemporaryDirectory() as name:
        options = Options(requests_per_minute=limit or None)
        account = open_shop(Path(name), skus=rows, options=options).account
        with serve(account) as served:
            say(served.url)
            sys.stdin.read()
    say(str(dict(Counter(request.status for request in account.requests))))


def main() -> None:
    """Run what was asked for, all of it by default."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", default=["plan", "free", "paced"])
    parser.add_argument("--serve", type=int)
    parser.add_argument("--limit", type=int, default=0)
    wanted = parser.parse_args()
    if wanted.serve:
        serve_account(wanted.serve, wanted.limit)
        return
    with tempfile.TemporaryDirectory() as name:
        if "plan" in wanted.parts:
            plan_many(Path(name))
        if "free" in wanted.parts:
            apply_many(Path(name) / "free", FREE_ROWS, None)
        if "paced" in wanted.parts:
            apply_many(Path(name) / "paced", PACED_ROWS, PER_MINUTE)


if __name__ == "__main__":
    main()
