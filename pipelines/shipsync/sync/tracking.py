"""Keeping tracking up to date: asks for the parcels that are due, remembers when, and says what is next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from datetime import datetime, timedelta
from typing import Final

import duckdb
import pyarrow as pa

from shipsync.set_aside import SetAside
from shipsync.sources.batches import LoadPackage
from shipsync.sources.keyset import Walked
from shipsync.sources.streams import TRACKING
from shipsync.sources.tracking import LABELS_PER_PAGE, Unanswered, tracking_pages
from shipsync.statements import statement
from shipsync.sync.context import RunContext, StreamRun
from shipsync.sync.polling_policy import (
    LONGEST_SILENCE,
    PollChoice,
    PolledParcel,
    PollPlan,
    choose,
    plans,
)
from shipsync.warehouse.database import transaction

_STATEMENTS: Final = "shipsync.sync"
_INSTANT: Final = pa.timestamp("us", tz="UTC")
_SCHEDULE: Final = pa.schema(
    [
        ("label_id", pa.string()),
        ("state", pa.string()),
        ("created_at", _INSTANT),
        ("heard_at", _INSTANT),
        ("last_polled_at", _INSTANT),
        ("next_poll_at", _INSTANT),
        ("why", pa.string()),
        ("planned_at", _INSTANT),
    ]
)


def sync_tracking(run: StreamRun) -> None:
    """Ask for the parcels that are due, within the budgets of run and day, most telling first.

    The schedule is written anew whatever became of the calls.
    """
    now = run.run.time.upper_bound
    try:
        choice = _choose(run.run, now)
        run.report.calls_saved, run.report.calls_put_off = choice.saved, choice.put_off
        carriers = {parcel.parcel_id: parcel.carrier_code or "" for parcel in choice.chosen}
        parcel_ids = list(carriers)
        for first in range(0, len(parcel_ids), LABELS_PER_PAGE):
            ask(run, parcel_ids[first : first + LABELS_PER_PAGE], carriers)
    finally:
        _write_schedule(run.run, run.run.time.upper_bound)


def calls_left(run: RunContext, now: datetime) -> int:
    """Calls for tracking that this run may make: its own budget, or what is left of the day's."""
    row = run.con.execute(statement(_STATEMENTS, "calls_of_day"), {"now": now}).fetchone()
    spent = int(row[0]) if row else 0
    connection = run.connection
    return max(0, min(connection.tracking_calls_per_run, connection.tracking_calls_per_day - spent))


def ask(
    run: StreamRun, parcel_ids: Sequence[str], carriers: Mapping[str, str] | None = None
) -> None:
    """One load of up to a hundred parcels, with the carriers' codes of further boxes.

    A parcel that the account does not answer for is set aside and waits longer for its next call; one
    that it does not know only waits. Calls count against the day's budget whatever became of them.
    Killed before the polls are recorded, they are asked for again.
    """
    changed: set[str] = set()
    unanswered: dict[str, Unanswered] = {}

    def note(parcel: Unanswered) -> None:
        unanswered[parcel.parcel_id] = parcel
        if not parcel.is_unknown:
            run.run.quarantine.put(SetAside(TRACKING, str(parcel.error), row_id=parcel.parcel_id))

    def begin(start: object) -> Iterator[Walked]:
        hash_of = run.run.redaction.hash_of(run.stream)
        yield from tracking_pages(
            run.run.session, run.run.time, parcel_ids, carriers, unanswered=note, hash_of=hash_of
        )

    def remember(package: LoadPackage) -> None:
        changed.update(package.ids)

    before = run.run.session.requests_by_stream[TRACKING]
    try:
        run.load(begin, between=remember)
    finally:
        now = run.run.time.upper_bound
        calls = run.run.session.requests_by_stream[TRACKING] - before
        run.run.con.execute(
            statement(_STATEMENTS, "record_calls"), {"called_at": now, "calls": calls}
        )
    with transaction(run.run.con):
        answered = [key for key in parcel_ids if key not in unanswered]
        record_polls(run, answered, now, changed)
        for parcel in unanswered.values():
            _record_failure(run, parcel, now)


def _record_failure(run: StreamRun, parcel: Unanswered, polled_at: datetime) -> None:
    run.run.con.execute(
        statement(_STATEMENTS, "record_failed_poll"),
        {
            "label_id": parcel.parcel_id,
            "polled_at": polled_at,
            "error": "the account knows no tracking of it"
            if parcel.is_unknown
            else str(parcel.error),
        },
    )


def carriers_of(con: duckdb.DuckDBPyConnection, parcel_ids: Sequence[str]) -> dict[str, str]:
    """The carriers' codes of parcels, which a further box of a label is asked for with."""
    query = statement(_STATEMENTS, "carriers_of")
    return dict(con.execute(query, {"parcel_ids": list(parcel_ids)}).fetchall())


def record_polls(
    run: StreamRun, parcel_ids: Sequence[str], polled_at: datetime, changed: Set[str]
) -> None:
    """Remember when parcels were asked for, and which answers differed from the one before."""
    run.run.con.execute(
        statement(_STATEMENTS, "record_poll"),
        {
            "polled_at": polled_at,
            "label_ids": list(parcel_ids),
            "changed": list(changed),
        },
    )


def _choose(run: RunContext, now: datetime) -> PollChoice:
    budget = calls_left(run, now)
    return choose(_plans(run, now, backlog=budget), now, budget=budget)


def _plans(run: RunContext, now: datetime, *, backlog: int) -> Iterator[PollPlan]:
    finished_after = timedelta(days=run.connection.tracking_finished_after_days)
    rows = run.con.execute(
        statement(_STATEMENTS, "list_parcels"),
        {
            "backlog_before": now - finished_after,
            "silent_before": now - min(finished_after, LONGEST_SILENCE),
            "backlog": backlog,
            "now": now,
        },
    ).fetchall()
    return plans((PolledParcel(*row) for row in rows), finished_after)


def _write_schedule(run: RunContext, now: datetime) -> None:
    columns: dict[str, list[object]] = {name: [] for name in _SCHEDULE.names}
    for one in _plans(run, now, backlog=0):
        parcel = one.parcel
        values = (
            parcel.parcel_id,
            one.state.value,
            parcel.created_at,
            parcel.changed_at,
            parcel.polled_at,
            one.next_poll_at,
            one.why,
            now,
        )
        for name, value in zip(columns, values, strict=True):
            columns[name].append(value)
    planned = pa.table(columns, schema=_SCHEDULE)
    with transaction(run.con):
        run.con.execute(statement(_STATEMENTS, "clear_schedule"))
        run.con.register("planned", planned)
        run.con.execute(statement(_STATEMENTS, "write_schedule"))
        run.con.unregister("planned")
