"""What planning the polls costs: ``python tests/bench/tracking_plan.py [labels]``.

Of so many labels (1,000,000), each in an account of its own kind, nearly all were delivered long ago, or were
never asked for, or are under way. Plans all of them, then with nothing new, then with 1,000 new answers, then
with nothing new again; prints processor seconds of each. What a run with nothing new did before, to write the
plan of every open parcel anew under a primary key, is done beside it, in rows alone.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import duckdb

from shipsync.connection import Connection, Secret
from shipsync.sync.followed_parcels import FollowedParcels, PollChoice
from shipsync.warehouse.database import connect
from shipsync.warehouse.ledger import migrate

Result = TypeVar("Result")
NOW = datetime(2026, 4, 1, tzinfo=UTC)
CHANGED = 1_000
BUDGET = 300
MADE = """
    create schema raw;
    create table raw.labels as
    select
        'se-' || (100000000 + i * 3) as label_id,
        timestamptz '2026-03-31' - to_minutes((($labels - i) * $minutes)::bigint) as created_at,
        '9400' || lpad((hash(i) % 100000000000000)::varchar, 14, '0') as tracking_number,
        'stamps_com' as carrier_code,
        if(i < $labels * $delivered, 'delivered', 'in_transit') as tracking_status,
        false as voided,
        true as trackable,
        'completed' as status,
        '1' as _dlt_load_id,
        created_at as _dlt_valid_from,
        null::timestamptz as _dlt_valid_to
    from range($labels) as numbers(i);
    create table raw.label_packages as
    select label_id, tracking_number, _dlt_load_id from raw.labels;
    create table raw.tracking as
    select
        label_id,
        if(tracking_status = 'delivered', 'DE', 'IT') as status_code,
        null::varchar as status_detail_code,
        null::varchar as carrier_detail_code,
        if(tracking_status = 'delivered', created_at + interval 4 days, null) as actual_delivery_date,
        null::varchar as estimated_delivery_date_text,
        _dlt_load_id,
        created_at + interval 5 days as _dlt_valid_from,
        _dlt_valid_to
    from raw.labels
    where $is_asked;
    insert into ledger.tracking_polls (label_id, polled_at, changed_at, polls)
    select
        label_id,
        if(status_code = 'DE', _dlt_valid_from, $now - interval 20 hours),
        if(status_code = 'DE', _dlt_valid_from, $now - interval 30 hours),
        1
    from raw.tracking;
"""
ANSWERED = """
    create temp table answered as
    select label_id from ledger.followed_parcels where state = 'in_transit' limit $changed;
    update raw.tracking set _dlt_valid_to = $now where label_id in (select label_id from answered);
    insert into raw.tracking by name
    select label_id, 'EX' as status_code, '2' as _dlt_load_id, $now as _dlt_valid_from from answered;
"""
REWRITTEN = """
    create temp table rows as
    select parcel_id, state, next_poll_at, why from ledger.followed_parcels;
    create table keyed (
        parcel_id varchar primary key, state varchar, next_poll_at timestamptz, why varchar
    );
    insert into keyed from rows;
"""
KINDS = {
    "1 % under way": {"delivered": 0.99, "is_asked": True, "minutes": 1},
    "all under way": {"delivered": 0.0, "is_asked": True, "minutes": 0.04},
    "never asked for": {"delivered": 0.0, "is_asked": False, "minutes": 1},
}


def taken(what: str, action: Callable[[], Result]) -> tuple[float, Result]:
    """Do it, print its processor seconds, give both."""
    began = time.process_time()
    result = action()
    seconds = time.process_time() - began
    print(f"  {what:<44}{seconds:7.2f} s")  # noqa: T201
    return seconds, result


def planned(parcels: FollowedParcels, now: datetime) -> PollChoice:
    """All that a sync does of planning, but for the calls."""
    parcels.refresh(now)
    parcels.measure(now, NOW)
    choice = parcels.choose(now, BUDGET)
    parcels.note_planned(now)
    return choice


def measured(con: duckdb.DuckDBPyConnection, labels: int, kind: dict[str, float]) -> None:
    """One account."""
    values = {"labels": labels, "now": NOW, **kind}
    for statement in MADE.split(";")[:-1]:
        named = {name: value for name, value in values.items() if f"${name}" in statement}
        con.execute(statement, named)
    parcels = FollowedParcels(con, Connection("bench", Secret("none"), Path("none")))
    whole, choice = taken("everything", lambda: planned(parcels, NOW))
    rows = con.execute("select count(*) from ledger.followed_parcels").fetchone()
    assert rows is not None
    under_way = round(labels * (1 - kind["delivered"]))
    assert rows[0] >= under_way
    assert len(choice.chosen) == min(BUDGET, choice.due)
    idle, again = taken("nothing new", lambda: planned(parcels, NOW + timedelta(minutes=5)))
    assert len(again.chosen) == len(choice.chosen)
    assert con.execute("select count(*) from ledger.followed_parcels").fetchone() == rows
    if kind["is_asked"]:
        for statement in ANSWERED.split(";")[:-1]:
            named = {"changed": CHANGED, "now": NOW}
            con.execute(statement, {n: v for n, v in named.items() if f"${n}" in statement})
        taken(f"{CHANGED:,} new answers", lambda: planned(parcels, NOW + timedelta(minutes=10)))
        changed = con.execute(
            "select count(*) from ledger.followed_parcels where state = 'exception'"
        ).fetchone()
        assert changed == (min(CHANGED, under_way),)
        idle, _ = taken("nothing new", lambda: planned(parcels, NOW + timedelta(minutes=15)))
    for statement in REWRITTEN.split(";")[:-1]:
        con.execute(statement)
    con.execute("delete from keyed")
    before, _ = taken(
        "rows of each plan written anew under a key",
        lambda: con.execute("insert into keyed from rows"),
    )
    print(  # noqa: T201
        f"  {rows[0]:,} followed; a run with nothing new is {whole / idle:,.0f} times cheaper than all of "
        f"it, {before / idle:,.1f} times cheaper than writing the rows under a key"
    )


def main() -> None:
    """Measure each kind of account."""
    labels = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    for name, kind in KINDS.items():
        print(f"{labels:,} labels, {name}")  # noqa: T201
        with tempfile.TemporaryDirectory() as folder, connect(Path(folder) / "plan.duckdb") as con:
            migrate(con)
            measured(con, labels, kind)


if __name__ == "__main__":
    main()
