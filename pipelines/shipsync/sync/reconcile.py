"""Comparing what is stored with the account, row by row, and repairing what differs.

Incremental lists are read whole, month by month: shipments by when they changed, the others by when they
were created. Every row is compared with the stored one in all columns, and its lines with the stored
lines. A stored row that the account did not show is asked for by its id: it may have changed while its
month was read, and only an account that knows it no more ends it. Snapshots are read whole.

``by_counts`` compares numbers alone: month by month, and day by day in a month that differs, where rows
are then read. That costs a request a month and misses whatever leaves the numbers as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal

import duckdb
import pendulum

from shipsync.api.paging import follow
from shipsync.api.session import Session
from shipsync.connection import Connection
from shipsync.sources.instants import as_parameter
from shipsync.sources.streams import STREAMS, ReadsBy, Stream
from shipsync.sources.usable import UsableRow, usable_rows
from shipsync.sync.context import RunContext, RunRequest, StreamRun, Window
from shipsync.sync.gone import MOST_ASKED_BY_ID, Settled, load_present, settle_absent
from shipsync.sync.incremental import keyset, read_again
from shipsync.sync.out_of_band import load_apart
from shipsync.sync.repair import StreamRepair
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
    ``repaired`` the rows that differed and were put right, ``found`` how many of each kind. ``unproven``
    is a sentence of rows that the account does not show and that could not be proved gone.
    """

    stream: str
    start: datetime | None
    end: datetime | None
    account: int
    stored: int
    repaired: int
    stored_after: int
    found: Mapping[str, int] = field(default_factory=dict)
    unproven: str | None = None

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
    by_counts: bool = False,
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
                done += _way_to_compare(stream, by_counts=by_counts)(stream_run)
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


def _way_to_compare(
    stream: Stream, *, by_counts: bool
) -> Callable[[StreamRun], Iterator[Comparison]]:
    if not stream.is_incremental:
        return _compare_snapshot
    return _compare_windows if by_counts else _compare_rows


def _compare_snapshot(run: StreamRun) -> Iterator[Comparison]:
    stored = run.stored.count()
    repair = StreamRepair(run)

    def compare(usable: Sequence[UsableRow]) -> bool:
        repair.compare(usable)
        gone = stored - repair.found["missing"] - repair.found["doubled"] - len(usable)
        repair.found["extra"] += max(0, gone)
        return repair.found.total() > 0

    sync_snapshot(run, compare)
    account = run.tally.rows + run.tally.unchanged
    found, repaired = dict(+repair.found), repair.found.total()
    yield Comparison(
        run.stream.name, None, None, account, stored, repaired, run.stored.count(), found
    )


def _compare_rows(run: StreamRun) -> Iterator[Comparison]:
    """Every month of a list, all of its rows."""
    whole = Window(None, _account_time(run))
    oldest = run.stored.oldest()
    months = [whole] if oldest is None else list(_split(oldest, whole.end, "month"))
    for month in months:
        stored = _stored(run, month)
        repair = StreamRepair(run)
        walk = keyset(run, month)
        run.load(lambda _, walk=walk, repair=repair: repair.pages(walk.pages()), again=repair.again)  # type: ignore[misc]
        _ask_for_the_rest(run, month, repair)
        yield Comparison(
            run.stream.name,
            month.start,
            month.end,
            account=len(repair.met),
            stored=stored,
            repaired=repair.found.total(),
            stored_after=_stored(run, month),
            found=dict(+repair.found),
            unproven=_unproven(run),
        )


def _ask_for_the_rest(run: StreamRun, window: Window, repair: StreamRepair) -> None:
    """Settle stored rows of a window that the account did not show in it."""
    settled = _settle(run, window, repair.met)
    rows = list(settled.present)
    if rows:
        shown = set(repair.met)
        repair.compare(usable_rows(run.stream, rows, run.hashes(rows), run.run.quarantine.put))
        load_apart(run, rows, again=repair.again)
        repair.met = shown
    repair.found["extra"] += len(settled.closed)


def _settle(run: StreamRun, window: Window, met: Collection[str]) -> Settled:
    """Ask for stored rows of a window that it did not show.

    So many at most that a list that is broken takes no table with it.
    """
    stored = run.stored.ids(window.start, window.end)
    rest = sorted(stored.difference(met))[:MOST_ASKED_BY_ID]
    return settle_absent(run, rest, stored=len(stored), met=list(met), is_confirmed=True)


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
    again = read_again(run, window, with_ids=True)
    settled = _settle(run, window, again.met)
    changed = load_present(run, settled)
    return replace(
        comparison,
        repaired=again.differed + changed + len(settled.closed),
        stored_after=_stored(run, window),
        found={"extra": len(settled.closed)} if settled.closed else {},
        unproven=_unproven(run),
    )


def _unproven(run: StreamRun) -> str | None:
    """What could not be proved of this window alone; the next one begins without it."""
    said, run.report.unproven = run.report.unproven, None
    return said


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
