"""How long "where is my order" takes: python tests/bench/track.py [shipments] [folder]

Makes a database with five events a shipment, spread over the days after its label as syncs bring them,
and prints the median and the extremes of some askings in milliseconds, the same on a tenth of the rows, and
the command's own seconds. Ids ascend, as ShipStation's do, which lets DuckDB skip what it need not read;
tracking numbers and sales orders are random.
"""

from __future__ import annotations

import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import duckdb
import pyarrow as pa

from shipsync.sources.tables import TABLES
from shipsync.tracking import find_order, find_orders
from shipsync.warehouse.database import connect
from shipsync.warehouse.ledger import migrate

SEED = 7
ASKINGS = 15
BATCH = 1_000
ROWS = {
    "shipments": """
        insert into raw.shipments by name
        select
            'se-' || (400000000 + i * 7) as shipment_id,
            (100000 + i)::varchar as shipment_number,
            'gid://shopify/Order/' || (5000000000000 + i * 13) as external_order_id,
            'se-2481103' as store_id,
            'label_purchased' as shipment_status,
            timestamptz '2024-01-01' + to_seconds(i * 60) as created_at,
            timestamptz '2024-01-01' + to_seconds(i * 60) as observed_at
        from range($n) numbers(i)
    """,
    "shipment_items": """
        insert into raw.shipment_items by name
        select 'se-' || (400000000 + i * 7) as shipment_id, 'SKU' as sku, uuid()::varchar as sales_order_id
        from range($n) numbers(i)
    """,
    "labels": """
        insert into raw.labels by name
        select
            'se-' || (100000000 + i * 3) as label_id,
            'se-' || (400000000 + i * 7) as shipment_id,
            'completed' as status,
            '94001502' || lpad((hash(i) % 100000000000000)::varchar, 14, '0') as tracking_number,
            'stamps_com' as carrier_code,
            false as voided,
            timestamptz '2024-01-01' + to_seconds(i * 60) as created_at
        from range($n) numbers(i)
    """,
    "label_packages": """
        insert into raw.label_packages by name
        select label_id, 0 as package_index, 1 as sequence, tracking_number from raw.labels
    """,
    "tracking": """
        insert into raw.tracking by name
        select
            label_id,
            tracking_number,
            'IT' as status_code,
            'HUB_SCAN_OUT' as status_detail_code,
            'In Transit' as status_description,
            created_at + interval 6 day as estimated_delivery_date,
            created_at + interval 5 day as observed_at
        from raw.labels
    """,
    "tracking_events": """
        insert into raw.tracking_events by name
        select
            label_id,
            md5(label_id || '-' || day) as event_key,
            created_at + to_days(day::integer) as occurred_at,
            (created_at + to_days(day::integer))::timestamp as carrier_occurred_at,
            'Departed regional facility' as description,
            'RENO' as city_locality,
            'NV' as state_province,
            'T' || day as event_code,
            'IT' as status_code
        from raw.labels, range(5) days(day)
        order by occurred_at
    """,
    "tracking_polls": """
        insert into ledger.tracking_polls by name
        select label_id, observed_at as polled_at, observed_at as changed_at, 5 as polls from raw.tracking
    """,
}


def make(file: Path, shipments: int) -> None:
    """The database, with every raw table and an empty ledger beside the rows above."""
    with duckdb.connect(str(file)) as con:
        con.execute("set timezone = 'UTC'")
        con.execute("set memory_limit = '2GB'")
        con.execute("create schema raw")
        valid = [pa.field("_dlt_valid_to", pa.timestamp("us", tz="UTC"))]
        for table in TABLES:
            empty = pa.schema([*table.arrow_schema, *valid]).empty_table()
            con.from_arrow(empty).create(f"raw.{table.name}")
        migrate(con)
        for rows in ROWS.values():
            con.execute(rows, {"n": shipments} if "$n" in rows else {})


def timed(what: str, actions: Sequence[Callable[[], object]]) -> float:
    """Median milliseconds of ``actions``, printed with the extremes and this process's own work."""
    taken, worked = [], time.process_time()
    for action in actions:
        began = time.perf_counter()
        action()
        taken.append((time.perf_counter() - began) * 1000)
    worked = (time.process_time() - worked) * 1000 / len(actions)
    median = statistics.median(taken)
    slow = f"fastest {min(taken):7.1f}, slowest {max(taken):7.1f}, processor {worked:7.1f}"
    print(f"{what:<36}{median:9.1f} ms   {slow}")  # noqa: T201
    return median


def measure(file: Path, shipments: int) -> float:
    """Ask one by one and a thousand together; returns the median of an order by its number."""
    rng = random.Random(SEED)
    with connect(file, read_only=True) as con:

        def ask(reference: str) -> Callable[[], object]:
            return lambda: find_order(con, reference)

        def missing(reference: str) -> Callable[[], object]:
            return lambda: find_orders(con, [reference])

        chosen = [rng.randrange(shipments) for _ in range(ASKINGS)]
        marks = con.execute(
            "select tracking_number, sales_order_id from raw.labels inner join raw.shipment_items "
            "using (shipment_id) using sample 15 rows (reservoir, 7)"
        ).fetchall()
        con.execute("set threads = 1")
        by_number = timed("an order by its number", [ask(str(100000 + i)) for i in chosen])
        timed("  with a # too many", [ask(f"#{100000 + i}") for i in chosen])
        timed("  with an affix of nobody", [missing(f"ACME-{100000 + i}") for i in chosen])
        timed("  by its shipment id", [ask(f"se-{400000000 + i * 7}") for i in chosen])
        timed("  by a tracking number", [ask(tracking) for tracking, _ in marks])
        timed("  by a sales order id", [ask(sales_order) for _, sales_order in marks])
        timed("  that is not there", [missing("99999999999")] * 3)
        con.execute("reset threads")
        newest = [str(100000 + shipments - 1 - i) for i in range(BATCH)]
        timed(f"the newest {BATCH:,} orders together", [lambda: find_orders(con, newest)] * 5)
        scattered = [str(100000 + rng.randrange(shipments)) for _ in range(BATCH)]
        timed(f"{BATCH:,} of any age together", [lambda: find_orders(con, scattered)] * 5)
    return by_number


def main() -> None:
    """Make, measure, print; the folder is kept when it is given."""
    shipments = int(sys.argv[1].replace("_", "")) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as made:
        folder = Path(sys.argv[2]) if len(sys.argv) > 2 else Path(made)
        medians = []
        for count in (shipments // 10, shipments):
            file = folder / f"track-{count}.duckdb"
            if not file.exists():
                make(file, count)
            print(f"{count:,} shipments, {count * 5:,} events; seed {SEED}")  # noqa: T201
            medians.append(measure(file, count))
        print(f"ten times the rows: {medians[1] / medians[0]:.1f} times as long")  # noqa: T201
        command = [str(Path(sys.executable).with_name("shipsync")), "track", "100123"]
        runs = [
            lambda: subprocess.run([*command, "--database", file], capture_output=True, check=True)
        ]
        timed("the command `shipsync track`", runs * 5)


if __name__ == "__main__":
    main()
