"""What a batch costs: ``python tests/bench/publish.py [--shipments N] [--postgres URL]``.

N shipments (100,000) of 24 months with 71 columns, their versions, 1.5 lines each and an event each. Then
1,000 of the last two months change, a line of each goes away, and each has an event. For every kind of
target: the first copy, a batch of nothing new, the batch of the 1,000, and ``verify``; seconds, the peak of
memory of a process of its own (Linux tells it), and the files that were written.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from shipsync.publish.run import publish
from shipsync.publish.targets import target
from shipsync.publish.verify import verify
from shipsync.warehouse.database import connect

CHANGED = 1_000
PLAIN_COLUMNS = 63
FILL = """
create schema core;
create schema changes;
create table core.shipments as
select
    'se-' || (100000000 + n) as shipment_id,
    timestamptz '2025-01-01 00:00:00+00' + to_seconds(n * {seconds_apart}) as created_at,
    timestamptz '2025-01-01 00:00:00+00' + to_seconds(n * {seconds_apart} + 90) as modified_at,
    ['pending', 'label_purchased', 'cancelled'][1 + n % 3] as shipment_status,
    (n % 9000 / 100)::decimal(18, 4) as amount_paid,
    n % 7 = 0 as is_return,
    case when n % 5 = 0 then json_object('note', 'note ' || n) end as extra,
    n * 1.0 as weight,
    {plain}
from range({shipments}) as numbers(n);
create table core.shipments_history as
select *, created_at as valid_from, null::timestamptz as valid_to, true as is_current from core.shipments;
create table core.shipment_items as
select shipment_id, line as item_index, 'SKU-' || hash(shipment_id) % 5000 as sku, 1 + line as quantity,
    'An item with a name of some length' as name, 12.5::decimal(18, 4) as unit_price
from core.shipments, range(2) as lines(line)
where line = 0 or hash(shipment_id) % 2 = 0;
create table changes.events as
select n as sequence, md5(n::varchar) as event_id, 'shipment_modified' as trigger, 'se-' || n as entity_id,
    timestamptz '2025-01-01 00:00:00+00' + to_seconds(n * {seconds_apart}) as occurred_at,
    ['amount'] as changed_fields
from range(1, {shipments} + 1) as numbers(n);
"""
CHANGE = """
create temp table picked as
select shipment_id, created_at from core.shipments
where created_at >= '2026-11-01' order by hash(shipment_id) limit {changed};
update core.shipments set shipment_status = 'changed', modified_at = modified_at + to_hours(1)
where shipment_id in (select shipment_id from picked);
update core.shipments_history set valid_to = now(), is_current = false
where shipment_id in (select shipment_id from picked);
insert into core.shipments_history by name
select *, modified_at as valid_from, null::timestamptz as valid_to, true as is_current from core.shipments
where shipment_id in (select shipment_id from picked);
delete from core.shipment_items
where item_index = 1 and shipment_id in (select shipment_id from picked);
insert into changes.events
select (select max(sequence) from changes.events) + row_number() over (), md5(shipment_id),
    'shipment_modified', shipment_id, timestamptz '2026-12-30 12:00:00+00', ['shipment_status']
from picked;
"""


def _seed(database: Path, shipments: int) -> None:
    # Words that repeat and numbers that do not, about as many of each as an account's columns have.
    plain = ", ".join(
        f"'value ' || (n * {number + 1}) % {40 + number * 50} as column_{number}"
        for number in range(PLAIN_COLUMNS)
    )
    seconds = 24 * 30.4 * 86_400 / shipments
    with connect(database, memory_limit_mb=2_000) as con:
        con.execute(FILL.format(shipments=shipments, seconds_apart=seconds, plain=plain))


def _change(database: Path) -> None:
    with connect(database, memory_limit_mb=2_000) as con:
        con.execute(CHANGE.format(changed=CHANGED))


def _measured(action: str, database: Path, place: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, __file__, "--measure", action, str(database)],
        env={**os.environ, "TARGET": place},
        stdout=subprocess.PIPE,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _measure(action: str, database: Path) -> None:
    goal = target(os.environ["TARGET"])
    began = time.perf_counter()
    if action == "verify":
        same = not verify(database, goal).differences
    else:
        publish(database, goal)
        same = True
    seconds = time.perf_counter() - began
    # The peak of this program alone: what resource tells begins with that of the process it was started by.
    status = Path("/proc/self/status").read_text(encoding="ascii")
    peak = int(status.split("VmHWM:")[1].split()[0]) / 1024
    print(json.dumps({"seconds": seconds, "megabytes": peak, "equal": same}))  # noqa: T201


def _files(folder: Path) -> set[Path]:
    return set(folder.rglob("*.parquet"))


def main() -> None:
    """Fill, publish, change, publish, and print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shipments", type=int, default=100_000)
    parser.add_argument("--postgres", metavar="URL", help="an empty database to publish into too")
    parser.add_argument("--measure", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure:
        _measure(given.measure[0], Path(given.measure[1]))
        return
    with TemporaryDirectory(prefix="shipsync-bench-") as name:
        folder = Path(name)
        database = folder / "shop.duckdb"
        places = {kind: f"{kind}:{folder / kind}" for kind in ("parquet", "delta", "iceberg")}
        if given.postgres:
            places["postgres"] = given.postgres
        _seed(database, given.shipments)
        print(f"{given.shipments:,} shipments, {CHANGED:,} of them changed")  # noqa: T201
        print("target    action        seconds    MB  files")  # noqa: T201
        for action in ("first copy", "nothing new", "batch", "verify"):
            if action == "batch":
                _change(database)
            for kind, place in places.items():
                before = _files(folder / kind)
                found = _measured(action, database, place)
                written = len(_files(folder / kind) - before)
                assert found["equal"], f"{kind} differs"
                seconds, megabytes = found["seconds"], found["megabytes"]
                print(f"{kind:9} {action:12} {seconds:8.1f} {megabytes:5.0f} {written:6}")  # noqa: T201


if __name__ == "__main__":
    main()
