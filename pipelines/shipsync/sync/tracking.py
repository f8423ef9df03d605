"""Keeping tracking up to date: asks for the parcels that are due, remembers when, and says what is next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from datetime import datetime
from typing import Final

import duckdb

from shipsync.set_aside import SetAside
from shipsync.sources.batches import LoadPackage
from shipsync.sources.keyset import Walked
from shipsync.sources.streams import TRACKING
from shipsync.sources.tracking import LABELS_PER_PAGE, Unanswered, tracking_pages
from shipsync.statements import statement
from shipsync.sync.context import StreamRun
from shipsync.sync.followed_parcels import FollowedParcels, lists_read_at
from shipsync.sync.poll_budget import calls_left, record_calls
from shipsync.warehouse.database import transaction

_STATEMENTS: Final = "shipsync.sync"


def sync_tracking(run: StreamRun) -> None:
    """Ask for the parcels that are due, within the budgets of run and day, most telling first.

    The schedule holds as of the end of it, whatever became of the calls.
    """
    followed = FollowedParcels(run.run.con, run.run.connection)
    try:
        now = run.run.time.upper_bound
        followed.refresh(now)
        followed.measure(now, lists_read_at(run.run.con))
        choice = followed.choose(now, calls_left(run.run, now))
        run.report.calls_saved, run.report.calls_put_off = choice.saved, choice.put_off
        parcel_ids = list(choice.chosen)
        for first in range(0, len(parcel_ids), LABELS_PER_PAGE):
            ask(run, parcel_ids[first : first + LABELS_PER_PAGE], choice.chosen)
    finally:
        followed.note_planned(run.run.time.upper_bound)


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
        record_calls(run.run, now, calls)
    with transaction(run.run.con):
        answered = [key for key in parcel_ids if key not in unanswered]
        record_polls(run, answered, now, changed)
        for parcel in unanswered.values():
            _record_failure(run, parcel, now)
        _plan_again(run, list(unanswered))


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
    """Remember when parcels were asked for, and which answers differed from the one before.

    To be called in a transaction, for what is planned for them belongs to it.
    """
    run.run.con.execute(
        statement(_STATEMENTS, "record_poll"),
        {
            "polled_at": polled_at,
            "label_ids": list(parcel_ids),
            "changed": list(changed),
        },
    )
    _plan_again(run, parcel_ids)


def _plan_again(run: StreamRun, parcel_ids: Sequence[str]) -> None:
    followed = FollowedParcels(run.run.con, run.run.connection)
    followed.plan_again(parcel_ids, run.run.time.upper_bound)
