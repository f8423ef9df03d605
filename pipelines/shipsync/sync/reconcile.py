"""Comparing what is held with what the account counts, and reading again where they differ.

Incremental lists are counted month by month, and day by day in a month that differs: shipments by
when they changed, so that a change that was missed shows in two windows, the others by when they were
created. Snapshots are read whole. Counts can't see a changed label or fulfillment whose number stays;
the daily sweep looks at those.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import duckdb
import pendulum

from shipsync.api.paging import follow
from shipsync.api.session import Session
from shipsync.connection import Connection
from shipsync.sources.instants import as_parameter
from shipsync.sources.streams import STREAMS, TRACKING
from shipsync.statements import statement
from shipsync.sync.context import RunContext, RunRequest, StreamRun, Window
from shipsync.sync.incremental import read_again
from shipsync.sync.reports import record_stream
from shipsync.sync.snapshots import sync_snapshot
from shipsync.warehouse import runs
from shipsync.warehouse.load import Loader

_STATEMENTS = "shipsync.sync"
# The API's times have milliseconds. A bound between two of them is neither in nor out of a window,
# whether the server counts bounds in or not.
_BETWEEN_MILLISECONDS = timedelta(microseconds=500)


@dataclass(frozen=True)
class Comparison:
    """One window of one stream (both sides None: the whole list).

    ``account`` and ``held`` are the counts at first, ``held_after`` the count after the repair,
    ``repaired`` the rows that differed and were loaded.
    """

    stream: str
    start: datetime | None
    end: datetime | None
    account: int
    held: int
    repaired: int
    held_after: int

    @property
    def agrees(self) -> bool:
        """Whether the counts agree in the end."""
        return self.account == self.held_after


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
    run_id = runs.begin(con, "reconcile")
    loader = Loader(con, connection.database)
    loader.prepare()
    run = RunContext(
        connection, session, con, loader, RunRequest(only=frozenset(STREAMS)), run_id=run_id
    )
    done: list[Comparison] = []
    try:
        for name, stream in STREAMS.items():
            if name == TRACKING or (only is not None and name not in only):
                continue
            stream_run = StreamRun(run, stream)
            compare = _compare_windows if stream.cursor else _compare_snapshot
            done += compare(stream_run)
            record_stream(con, run_id, stream_run.finish())
    except Exception as error:
        runs.end(con, run_id, "failed", requests=session.requests_sent, error=str(error))
        raise
    outcome: runs.RunOutcome = "done" if all(c.agrees for c in done) else "needs_person"
    runs.end(con, run_id, outcome, requests=session.requests_sent)
    return done


def _compare_snapshot(run: StreamRun) -> Iterator[Comparison]:
    held = run.held.count()
    sync_snapshot(run)
    account = run.tally.rows + run.tally.unchanged
    yield Comparison(run.stream.name, None, None, account, held, run.tally.rows, run.held.count())


def _compare_windows(run: StreamRun) -> Iterator[Comparison]:
    whole = Window(None, _account_time(run))
    oldest = _oldest(run)
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
        yield replace(comparison, held_after=_held(run, month))


def _compare(run: StreamRun, window: Window) -> Comparison:
    held = _held(run, window)
    return Comparison(
        run.stream.name, window.start, window.end, _counted(run, window), held, 0, held
    )


def _repair(run: StreamRun, comparison: Comparison) -> Comparison:
    window = Window(comparison.start, comparison.end)
    repaired = read_again(run, window)
    return replace(comparison, repaired=repaired, held_after=_held(run, window))


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


def _held(run: StreamRun, window: Window) -> int:
    query = statement(_STATEMENTS, f"count_{run.stream.name}")
    row = run.run.con.execute(query, {"start": window.start, "end": window.end}).fetchone()
    return int(row[0]) if row else 0


def _oldest(run: StreamRun) -> datetime | None:
    row = run.run.con.execute(statement(_STATEMENTS, f"oldest_{run.stream.name}")).fetchone()
    return row[0] if row else None


def _split(start: datetime, end: datetime | None, unit: str) -> Iterator[Window]:
    """Windows of one ``unit`` ("month" or "day") from before ``start`` to ``end``, without a gap.

    The first begins nowhere when it stands for all that is older than what is held.
    """
    assert end is not None
    first = pendulum.instance(start.astimezone(UTC)).start_of("month" if unit == "month" else "day")
    lower: datetime | None = None if unit == "month" else start
    upper = first
    while upper < end:
        upper = upper.add(months=1) if unit == "month" else upper.add(days=1)
        bound = min(upper - _BETWEEN_MILLISECONDS, end)
        if lower is None or lower < bound:
            yield Window(lower, bound)
        lower = bound
