"""What the tracking models cost: python tests/bench/tracking_models.py [shipments] [folder]

Builds them from five events a shipment: first all, then with nothing new, then with a load of 1,000 answers;
prints seconds, the processor's share and the peak of memory, and how long one order takes to look up.
"""

from __future__ import annotations

import random
import resource
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import duckdb
from track import SEED, make, timed

from shipsync.warehouse.database import connect
from shipsync.warehouse.models import build

NOW = datetime(2025, 12, 1, tzinfo=UTC)
MODELS = "+orders +parcels +timeline +order_references +schedule"
CHANGED = 1_000
# What a load leaves in every row, and the makers of rows above leave out.
LOADED = (
    "alter table raw.{table} add column _dlt_load_id varchar default '1'",
    "alter table raw.{table} add column _dlt_valid_from timestamptz default '2025-01-01 00:00:00+00'",
)
ANSWERS = """
    insert into raw.tracking_events by name
    select
        label_id,
        'new' || label_id as event_key,
        timestamptz '2025-11-30' as occurred_at,
        'Delivered' as description,
        '01' as event_code,
        'DE' as status_code,
        '2' as _dlt_load_id
    from raw.labels limit $changed
"""


DELIVERED = "select count(*) from tracking.parcels where state = 'delivered'"


def built(file: Path, what: str, *, delivered: int) -> None:
    """Build, and print what it took; so many parcels are delivered then."""
    began, worked = time.perf_counter(), time.process_time()
    report = build(file, now=NOW, select=MODELS, run_tests=False)
    taken, worked = time.perf_counter() - began, time.process_time() - worked
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    slowest = sorted(((o.seconds, o.name) for o in report.outcomes), reverse=True)[:3]
    named = ", ".join(f"{name} {seconds:.1f}" for seconds, name in slowest)
    print(f"{what:<24}{taken:7.1f} s, processor {worked:6.1f} s, peak {peak:4.0f} MB; {named}")  # noqa: T201
    with connect(file, read_only=True) as con:
        assert con.execute(DELIVERED).fetchone() == (delivered,), what


def main() -> None:
    """Make, build three times, look up."""
    shipments = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(sys.argv[2]) if len(sys.argv) > 2 else Path(scratch)
        file = folder / "models.duckdb"
        make(file, shipments)
        with duckdb.connect(str(file)) as con:
            tables = con.execute(
                "select table_name from duckdb_tables() where schema_name = 'raw'"
            ).fetchall()
            for (table,) in tables:
                for statement in LOADED:
                    con.execute(statement.format(table=table))
        built(file, f"{shipments:,} shipments", delivered=0)
        built(file, "nothing new", delivered=0)
        with duckdb.connect(str(file)) as con:
            con.execute(ANSWERS, {"changed": CHANGED})
        built(file, f"{CHANGED:,} answers", delivered=CHANGED)
        rng = random.Random(SEED)
        chosen = [str(100000 + rng.randrange(shipments)) for _ in range(15)]
        with connect(file, read_only=True) as con:
            for table, column, prefix in (
                ("order_references", "reference", ""),
                ("orders", "order_key", "se-2481103/"),
                ("parcels", "order_key", "se-2481103/"),
                ("timeline", "order_key", "se-2481103/"),
            ):
                query = f"select * from tracking.{table} where {column} = ?"  # noqa: S608
                actions = [
                    lambda query=query, key=prefix + number: con.execute(query, [key]).fetchall()  # type: ignore[misc]
                    for number in chosen
                ]
                timed(f"tracking.{table} by {column}", actions)


if __name__ == "__main__":
    main()
