"""Keeping tracking up to date: asks the labels that are due, and remembers when each was asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from datetime import datetime, timedelta

from shipsync.sources.batches import Package
from shipsync.sources.keyset import Walked
from shipsync.sources.polling import Parcel, due_labels
from shipsync.sources.tracking import LABELS_PER_PAGE, tracking_pages
from shipsync.statements import statement
from shipsync.warehouse.run_context import StreamRun

_QUERIES = "shipsync.warehouse.queries"


def sync_tracking(run: StreamRun) -> None:
    """Ask the labels that are due, within the call budget of the run, most telling first."""
    connection = run.run.connection
    parcels = (
        Parcel(*row) for row in run.run.con.execute(statement(_QUERIES, "list_parcels")).fetchall()
    )
    due = due_labels(
        parcels,
        run.run.time.upper_bound,
        finished_after=timedelta(days=connection.tracking_finished_after_days),
        budget=connection.tracking_calls_per_run,
    )
    for first in range(0, len(due), LABELS_PER_PAGE):
        ask(run, due[first : first + LABELS_PER_PAGE])


def ask(run: StreamRun, label_ids: Sequence[str]) -> None:
    """One load of up to a hundred labels. Killed before the polls are recorded, they are asked again."""
    changed: set[str] = set()

    def begin(start: object) -> Iterator[Walked]:
        yield from tracking_pages(run.run.session, run.run.time, label_ids)

    def remember(package: Package) -> None:
        changed.update(package.ids)

    run.load(begin, between=remember)
    record_polls(run, label_ids, run.run.time.upper_bound, changed)


def record_polls(
    run: StreamRun, label_ids: Sequence[str], polled_at: datetime, changed: Set[str]
) -> None:
    """Remember when labels were asked, and which of the answers differed from the one before."""
    run.run.con.execute(
        statement(_QUERIES, "record_poll"),
        {
            "polled_at": polled_at,
            "label_ids": list(label_ids),
            "changed": list(changed),
        },
    )
