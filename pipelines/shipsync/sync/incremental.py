"""Bringing the incremental lists up to date: shipments along their change, the others newest first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shipsync.errors import IncompleteRead
from shipsync.sources.batches import LoadPackage
from shipsync.sources.instants import parse_instant
from shipsync.sources.keyset import KeysetWalk, Walked
from shipsync.sources.newest_first import RecentWalk
from shipsync.sync.context import StreamRun, Window
from shipsync.sync.gone import MOST_ASKED_BY_ID, load_present, settle_absent
from shipsync.sync.open_set import sync_open_set

# A job that runs daily starts a little earlier or later each time.
_SWEEP_EVERY = timedelta(hours=23)
_MOST_ROUNDS = 4


def sync_by_keyset(run: StreamRun) -> None:
    """Read everything modified after the cursor, and what is open whatever the cursor says."""
    request = run.run.request
    if request.backfill is not None:
        _read_again_and_settle(run, request.backfill)
        return
    if request.since is not None and run.stored.count() > 0:
        _read_again_and_settle(run, Window(request.since, None))
    else:
        _along_cursor(run, initial=request.since)
    if run.stream.open_set is not None:
        sync_open_set(run)


def sync_newest_first(run: StreamRun) -> None:
    """Read a list that shows no modification: once along creation, from then on newest change first."""
    request = run.run.request
    if request.backfill is not None:
        if request.backfill == Window(None, None):
            _read_whole(run)
            _newest_changes(run)
        else:
            read_again(run, request.backfill)
        return
    if run.state.get("walked_once") is None:
        _first_walk(run, request.since)
    elif request.since is not None:
        read_again(run, Window(request.since, None))
    walk = _newest_changes(run)
    _missing_rows(run, walk.total)
    _sweep(run)


def _along_cursor(run: StreamRun, *, initial: datetime | None = None) -> None:
    lag = run.run.connection.lag
    # An idle run moves no cursor of dlt's, for that takes a load: here stands how far one has read.
    read_to = run.state.get_instant("read_to")

    def begin(start: datetime | None) -> Iterator[Walked]:
        if start is not None and read_to is not None:
            start = max(start, read_to - lag)
        return keyset(run, Window(start or initial, None)).pages()

    pages = run.tally.pages
    run.load(begin, lag_seconds=lag.total_seconds(), ends_at_account_time=True, reads_ahead=True)
    is_by_change = run.stream.changes_by is not None
    if is_by_change and run.tally.pages > pages + 1 and not run.run.time.is_doubtful:
        run.state.set("read_to", run.run.time.upper_bound)


def keyset(run: StreamRun, window: Window) -> KeysetWalk:
    """A walk over the stream's list within ``window``, along its cursor."""
    listing, cursor = run.stream.listing, run.stream.cursor
    assert listing is not None
    assert cursor is not None
    return KeysetWalk(
        run.run.session,
        listing,
        run.run.time,
        field=cursor,
        window=run.stream.window,
        start=window.start,
        end=window.end,
        hash_of=run.run.redaction.hash_of(run.stream),
    )


def _first_walk(run: StreamRun, since: datetime | None) -> None:
    # What changes while the walk goes on moves to the front of the other order. These ids stand there
    # now: all that changes from here on will stand before them.
    if run.state.get("open_walk") is None:
        front = _recent(run)
        next(front.pages(), None)
        run.state.set("open_walk", front.front)
    _along_cursor(run, initial=since)
    run.state.set("walked_once", run.run.time.upper_bound)
    run.state.set("swept", run.run.time.upper_bound)


def _recent(run: StreamRun, anchors: Sequence[str] = ()) -> RecentWalk:
    listing = run.stream.listing
    assert listing is not None
    return RecentWalk(
        run.run.session,
        listing,
        run.run.time,
        run.stored,
        anchors,
        hash_of=run.run.redaction.hash_of(run.stream),
    )


def _newest_changes(run: StreamRun) -> RecentWalk:
    """Read the newest changes, again and again while they are so many that one walk can't prove enough."""
    for _ in range(_MOST_ROUNDS):
        walk = _newest_walk(run)
        if walk.is_too_deep:
            _read_whole(run)
        elif walk.in_stretches:
            run.state.set("open_walk", walk.front)
        else:
            return walk
    raise IncompleteRead(
        f"More rows of {run.stream.name} than can be paged change while they are read, {_MOST_ROUNDS} "
        "times in a row. What was read is kept; run again."
    )


def _newest_walk(run: StreamRun) -> RecentWalk:
    open_walk: list[str] | None = run.state.get("open_walk")
    front_before: list[str] = run.state.get("front") or []
    walk = _recent(run, open_walk or ())

    def begin(start: datetime | None) -> Iterator[Walked]:
        nonlocal open_walk
        for page in walk.pages():
            if walk.found_news and open_walk is None:
                # Committed before anything is loaded: cut short between two packages, the newest
                # changes would be stored and hide the older ones below them.
                open_walk = front_before
                run.state.set("open_walk", open_walk)
            yield page

    run.load(begin)
    if walk.is_too_deep:
        return walk
    if list(walk.front) != front_before:
        run.state.set("front", walk.front)
    if open_walk is not None and not walk.in_stretches:
        run.state.clear("open_walk")
    return walk


def _read_whole(run: StreamRun) -> None:
    """Read a list that shows no modification along creation once more, whatever is stored.

    What changes from here on stands before the ids that stand in front now, and the walk that follows has
    to go on to those. Cut short, it goes on where it stopped, with the ids of its beginning.
    """
    begun = run.state.get("whole") or {}
    if not begun:
        front = _recent(run)
        next(front.pages(), None)
        begun = {"front": front.front, "reached": None}
        run.state.set("whole", begun)

    def remember(package: LoadPackage) -> None:
        if package.cursor is not None:
            run.state.set("whole", {**begun, "reached": package.cursor.isoformat()})

    walk = keyset(run, Window(parse_instant(begun["reached"]), None))
    run.load(lambda _: walk.pages(), between=remember, reads_ahead=True)
    run.state.set("open_walk", begun["front"])
    run.state.set("walked_once", run.run.time.upper_bound)
    run.state.set("swept", run.run.time.upper_bound)
    run.state.clear("whole")


def _missing_rows(run: StreamRun, total: int | None) -> None:
    """Look for new rows along creation if the account counts more than are stored.

    So they are found even where the list doesn't put what is new in front.
    """
    gap = (total or 0) - run.stored.count()
    if gap <= 0 or gap == run.state.get("gap"):
        return
    _along_cursor(run)
    run.state.set("gap", (total or 0) - run.stored.count())


def _sweep(run: StreamRun) -> None:
    """Read again what was created in the last weeks, once a day, for changes the order has hidden."""
    now = run.run.time.upper_bound
    swept = run.state.get_instant("swept")
    # A time ahead of now was taken from a clock that was wrong.
    if swept is not None and timedelta(0) <= now - swept < _SWEEP_EVERY:
        return
    days = timedelta(days=run.run.connection.label_sweep_days)
    walk = keyset(run, Window(now - days, None))
    caught = run.load(lambda _: walk.pages(), reads_ahead=True)
    if run.stream.voids_by:
        caught += run.load(lambda start: _voided(run).pages())
    run.report.caught_late += caught
    run.state.set("swept", now)


def _voided(run: StreamRun) -> RecentWalk:
    assert run.stream.listing is not None
    return RecentWalk(
        run.run.session,
        run.stream.listing,
        run.run.time,
        run.stored,
        params=run.stream.voids_by,
        hash_of=run.run.redaction.hash_of(run.stream),
    )


def _read_again_and_settle(run: StreamRun, window: Window) -> None:
    """Read a window again, and ask by id for stored rows that it did not show."""
    again = read_again(run, window, with_ids=True)
    stored = run.stored.ids(again.window.start, again.window.end)
    absent = sorted(stored.difference(again.met))
    settled = settle_absent(run, absent[:MOST_ASKED_BY_ID], stored=len(stored), met=list(again.met))
    load_present(run, settled)
    if len(absent) > MOST_ASKED_BY_ID:
        run.report.note = (
            f"{run.stream.name}: {len(absent)} stored rows were not shown; {MOST_ASKED_BY_ID} of them were "
            "asked for by id. `shipsync reconcile` asks for the rest."
        )


@dataclass(frozen=True)
class ReadAgain:
    """What reading a window again brought: ``met`` are the ids in ``window``, the part that was read."""

    differed: int
    window: Window
    met: Mapping[str, None]


def read_again(run: StreamRun, window: Window, *, with_ids: bool = False) -> ReadAgain:
    """Read a window whatever the cursor says, leaving the cursor alone; ``with_ids`` keeps what was met.

    A window that was cut short goes on where it stopped.
    """
    name = [bound.isoformat() if bound else None for bound in (window.start, window.end)]
    begun = run.state.get("backfill") or {}
    reached = parse_instant(begun.get("reached")) if begun.get("window") == name else None
    start = max(filter(None, (window.start, reached)), default=None)

    def remember(package: LoadPackage) -> None:
        if package.cursor is not None:
            run.state.set("backfill", {"window": name, "reached": package.cursor.isoformat()})

    met: dict[str, None] = {}

    def noted() -> Iterator[Walked]:
        for page in keyset(run, Window(start, window.end)).pages():
            if with_ids:
                met.update(dict.fromkeys(str(item.get(run.stream.id_key)) for item in page.items))
            yield page

    differed = run.load(lambda _: noted(), between=remember, reads_ahead=True)
    run.state.clear("backfill")
    return ReadAgain(differed, Window(start, window.end), met)
