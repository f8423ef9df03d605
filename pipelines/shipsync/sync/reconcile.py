"""Comparing what is stored with what the account counts, and reading again where they differ.

Incremental lists are counted month by month, and day by day in a month that differs: shipments by
when they changed, so that a change that was missed shows in two windows, the others by when they were
created. Snapshots are read whole. Counts can't see a changed label or fulfillment whose number stays;
the daily sweep looks at those.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

import duckdb
import pendulum

from shipsync.api.paging import follow
from shipsync.api.session import Session
from shipsync.connection import Connection
from shipsync.sources.instants import as_parameter
from shipsync.sources.streams import STREAMS, ReadsBy, Stream
from shipsync.sync.context import RunContext, RunRequest, StreamRun, Window
from shipsync.sync.incremental import read_again
from shipsync.sync.reports import record_stream
from shipsync.sync.snapshots import sync_snapshot
from shipsync.warehouse import runs
from shipsync.warehouse.load import Loader

# The API's times have milliseconds. A bound between two of them is neither in nor out of a window,
# whether the server counts bounds in or not.
_BETWEEN_MILLISECONDS = timedelta(microseconds=500)


@dataclass(frozen=True)
class Comparison:
    """One window of one stream (both sides None: the whole list).

    ``account`` and ``stored`` are the counts at first, ``stored_after`` the count after the repair,
    ``repaired`` the rows that differed and were loaded.
    """

    stream: str
    start: datetime | None
    end: datetime | None
    account: int
    stored: int
    repaired: int
    stored_after: int

    @property
    def agrees(self) -> bool:
        """Whether the counts agree in the end."""
        return self.account == self.stored_after


def reconcile(
    con: duckdb.DuckDBPyConnection,
    connection: Connection,
    session: Session,
    *,
    only: frozenset[str] | None = None,
) -> list[Comparison]:
    """Compare every stream but tracking, repair what differs, report each window that was compared.

    The caller holds the run lock. Raises what a sync raises; what was repaired before stays.
    """
    requests_before = session.requests_sent
    run_id = runs.begin(con, "reconcile")
    loader = Loader(con, connection.database)
    loader.prepare()
    run = RunContext(
        connection, session, con, loader, RunRequest(only=frozenset(STREAMS)), run_id=run_id
    )
    done: list[Comparison] = []
    try:
        with session.bounded(connection.run_deadline):
            for stream in _compared(only):
                stream_run = StreamRun(run, stream)
                compare = _compare_windows if stream.is_incremental else _compare_snapshot
                done += compare(stream_run)
                record_stream(con, run_id, stream_run.finish())
    except Exception as error:
        runs.end(
            con,
            run_id,
            "failed",
            requests=session.requests_sent - requests_before,
            error=str(error),
        )
        raise
    outcome: runs.RunOutcome = "done" if all(c.agrees for c in done) else "needs_person"
    runs.end(con, run_id, outcome, requests=session.requests_sent - requests_before)
    return done


def _compared(only: frozenset[str] | None) -> Iterator[Stream]:
    for name, stream in STREAMS.items():
        if stream.reads_by is not ReadsBy.PER_PARCEL and (only is None or name in only):
            yield stream


def _compare_snapshot(run: StreamRun) -> Iterator[Comparison]:
    stored = run.stored.count()
    sync_snapshot(run)
    account = run.tally.rows + run.tally.unchanged
    after = run.stored.count()
    yield Comparison(run.stream.name, None, None, account, stored, run.tally.rows, after)


def _compare_windows(run: StreamRun) -> Iterator[Comparison]:
    whole = Window(None, _account_time(run))
    oldest = run.stored.oldest()
    months = [whole] if oldest is None else list(_split(oldest, whole.end, "month"))
    for month in months:
        comparison = _compare(run, month)
        if comparison.agrees or month.start is None:
            yield comparison if comparison.agrees else _repair(run, comparison)
            continue
        for day in _split(month.start, month.end, "day"):
            inner = _compare(run, day)
            if not inner.agrees:
                yield _repair(run, inner)
        yield replace(comparison, stored_after=_stored(run, month))


def _compare(run: StreamRun, window: Window) -> Comparison:
    stored = _stored(run, window)
    return Comparison(
        run.stream.name, window.start, window.end, _counted(run, window), stored, 0, stored
    )


def _repair(run: StreamRun, comparison: Comparison) -> Comparison:
    window = Window(comparison.start, comparison.end)
    repaired = read_again(run, window)
    return replace(comparison, repaired=repaired, stored_after=_stored(run, window))


def _counted(run: StreamRun, window: Window) -> int:
    stream, session = run.stream, run.run.session
    assert stream.listing is not None
    params: dict[str, str | int | bool] = {"page_size": 1}
    for name, bound in zip(stream.window, (window.start, window.end), strict=True):
        if bound is not None:
            params[name] = as_parameter(bound)
    listing = stream.listing
    page = next(follow(session, listing.path, params, listing.items_key, stream.name))
    run.run.time.observe(page.server_time)
    return page.total if page.total is not None else len(page.items)


def _account_time(run: StreamRun) -> datetime:
    if run.run.time.known is None:
        _counted(run, Window(None, None))
    return run.run.time.upper_bound


def _stored(run: StreamRun, window: Window) -> int:
    return run.stored.count(window.start, window.end)


def _split(
    start: datetime, end: datetime | None, unit: Literal["month", "day"]
) -> Iterator[Window]:
    """Windows of one ``unit`` ("month" or "day") from before ``start`` to ``end``, without a gap.

    The first begins nowhere when it stands for all that is older than what is stored.
    """
    assert end is not None
    # In UTC by pendulum's own way: of an instant moved by datetime's it makes a naive one.
    first = pendulum.instance(start).in_timezone("UTC").start_of(unit)
    lower: datetime | None = None if unit == "month" else start
    upper = first
    while upper < end:
        upper = upper.add(months=1) if unit == "month" else upper.add(days=1)
        bound = min(upper - _BETWEEN_MILLISECONDS, end)
        if lower is None or lower < bound:
            yield Window(lower, bound)
        lower = bound
