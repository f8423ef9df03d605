"""What a batch costs: ``python tests/bench/publish.py [--shipments N] [--postgres URL]``.

N shipments (100,000) of 24 months with 71 columns, their versions, 1.5 lines each and an event each, as loads
leave them and with the views that the models make of them. Then 1,000 of the last two months change, a line
of each goes away, and each has an event. For every kind of target: the first copy, a batch of nothing new,
the batch of the 1,000, one in which every row is compared, as once a day, and ``verify``; seconds, seconds of
processor of this side, the peak of memory of a process of its own (Linux tells it), and the files that were
written.
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
create schema raw;
create schema staging;
create schema core;
create schema changes;
create schema ledger;
create table raw.shipments as
select
    'se-' || (100000000 + n) as shipment_id,
    timestamptz '2025-01-01 00:00:00+00' + to_seconds(n * {seconds_apart}) as created_at,
    timestamptz '2025-01-01 00:00:00+00' + to_seconds(n * {seconds_apart} + 90) as modified_at,
    ['pending', 'label_purchased', 'cancelled'][1 + n % 3] as shipment_status,
    (n % 9000 / 100)::decimal(18, 4) as amount_paid,
    n % 7 = 0 as is_return,
    case when n % 5 = 0 then json_object('note', 'note ' || n) end as extra,
    n * 1.0 as weight,
    {plain},
    md5(n::varchar) as content_hash,
    1735689600 + n // 1000 * 300 || '.1234567' as _dlt_load_id,
    timestamptz '2025-01-01 00:00:00+00' + to_seconds(n * {seconds_apart} + 99) as _dlt_valid_from,
    null::timestamptz as _dlt_valid_to
from range({shipments}) as numbers(n);
create table raw.shipment_items as
select shipment_id, line as item_index, 'SKU-' || hash(shipment_id) % 5000 as sku, 1 + line as quantity,
    'An item with a name of some length' as name, 12.5::decimal(18, 4) as unit_price,
    md5(shipment_id || line) as content_hash, _dlt_load_id
from raw.shipments, range(2) as lines(line)
where line = 0 or hash(shipment_id) % 2 = 0;
create view staging.stg_shipments as
select * exclude (_dlt_load_id, _dlt_valid_from, _dlt_valid_to), _dlt_load_id as load_id,
    _dlt_valid_from as valid_from, _dlt_valid_to as valid_to, _dlt_valid_to is null as is_current
from raw.shipments;
create view core.shipments as
select * exclude (valid_to, is_current) from staging.stg_shipments where is_current;
create view core.shipments_history as
select *,
    row_number() over (partition by shipment_id order by valid_from, load_id, content_hash) as version_number
from staging.stg_shipments;
create view core.shipment_items as
select * exclude (_dlt_load_id), _dlt_load_id as load_id from raw.shipment_items;
create table changes.events as
select n as sequence, md5(n::varchar) as event_id, 'shipment_modified' as trigger, 'se-' || n as entity_id,
    timestamptz '2025-01-01 00:00:00+00' + to_seconds(n * {seconds_apart}) as occurred_at,
    ['amount'] as changed_fields
from range(1, {shipments} + 1) as numbers(n);
create table ledger.last_build as select true as is_complete, '{{"day": "today"}}'::json as taken_in;
create table ledger.privacy as select 1 as sequence;
create table ledger.restores (restored_at timestamptz);
create table ledger.identity as select 'this one' as ledger_id;
"""
CHANGE = """
create temp table picked as
select * from raw.shipments
where created_at >= '2026-11-01' order by hash(shipment_id) limit {changed};
update raw.shipments set _dlt_valid_to = '2026-12-31 00:00:00+00'
where shipment_id in (select shipment_id from picked);
insert into raw.shipments
select * replace (
    'changed' as shipment_status, modified_at + to_hours(1) as modified_at, md5(content_hash) as content_hash,
    '1798675200.1234567' as _dlt_load_id, timestamptz '2026-12-31 00:00:00+00' as _dlt_valid_from
)
from picked;
delete from raw.shipment_items
where item_index = 1 and shipment_id in (select shipment_id from picked);
update raw.shipment_items set _dlt_load_id = '1798675200.1234567'
where shipment_id in (select shipment_id from picked);
insert into changes.events
select (select max(sequence) from changes.events) + row_number() over (), md5(shipment_id),
    'shipment_modified', shipment_id, timestamptz '2026-12-30 12:00:00+00', ['shipment_status']
from picked;
"""
# What of its tables each batch has to have read.
READ = {"nothing new": {"nothing"}, "batch": {"changes"}, "every row": {"everything"}}


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
    began, used = time.perf_counter(), time.process_time()
    if action == "verify":
        same = not verify(database, goal).differences
    else:
        report = publish(database, goal, is_compared_whole=action == "every row")
        same = {table.compared for table in report.tables} == READ.get(action, {"everything"})
    seconds, used = time.perf_counter() - began, time.process_time() - used
    # The peak of this program alone: what resource tells begins with that of the process it was started by.
    status = Path("/proc/self/status").read_text(encoding="ascii")
    peak = int(status.split("VmHWM:")[1].split()[0]) / 1024
    print(json.dumps({"seconds": seconds, "used": used, "megabytes": peak, "equal": same}))  # noqa: T201


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
        places = {
            kind: f"{kind}:{folder / kind}" for kind in ("parquet", "delta", "iceberg", "ducklake")
        }
        if given.postgres:
            places["postgres"] = given.postgres
        _seed(database, given.shipments)
        print(f"{given.shipments:,} shipments, {CHANGED:,} of them changed")  # noqa: T201
        print("target    action        seconds    CPU    MB  files")  # noqa: T201
        for action in ("first copy", "nothing new", "batch", "every row", "verify"):
            if action == "batch":
                _change(database)
            for kind, place in places.items():
                before = _files(folder / kind)
                found = _measured(action, database, place)
                written = len(_files(folder / kind) - before)
                assert found["equal"], f"{action} of {kind} is not what it has to be"
                costs = f"{found['seconds']:8.1f} {found['used']:6.1f} {found['megabytes']:5.0f}"
                print(f"{kind:9} {action:12} {costs} {written:6}", flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
