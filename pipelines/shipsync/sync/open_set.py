"""Keeping open shipments right: those of each open status are listed whole and compared by content.

An edit of tags alone leaves ``modified_at``, and a shipment that was merged or deleted is in no list any
more, so the walk along ``modified_at`` meets neither. The lists are walked along creation, which no change
moves: a row that is in a list all the while is met, whatever comes and goes beside it. What changed after T0
is left to the next run's cursor. A status of which nothing is stored is not asked for; its shipments were
met along the cursor.

Stored open shipments that were met nowhere are asked for by id (``gone.py``): most were just sent.

A server may refuse a status as a filter, or ignore the filter and list everything. Then a list that is not
much longer than the open set is read whole, from the oldest open shipment on; else so many stored shipments
are asked for by id in each run, one after another.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import pyarrow as pa

from shipsync.errors import NotFound, RequestRejected
from shipsync.plurals import counted
from shipsync.sources.instants import LATEST
from shipsync.sources.keyset import KeysetWalk, Walked
from shipsync.sources.streams import OpenSet
from shipsync.statements import statement
from shipsync.sync.context import StreamRun
from shipsync.sync.gone import before_account_time, load_present, settle_absent

MOST_ASKED: Final = 100
"""Shipments asked for by id in one run."""
_LONGEST_UNFILTERED: Final = 5_000
_RETURNS_WITHIN: Final = timedelta(days=30)


@dataclass(frozen=True)
class _Stored:
    """The stored rows that are open: when the oldest was made, their statuses and their number."""

    oldest: datetime | None
    statuses: Sequence[str]
    rows: int


@dataclass
class _Listed:
    """What the lists showed: ids ``met``, an array a page; ``is_filtered`` until a list proves it is not.

    A million open rows are held in 20 MB so, where a set of them takes ten times that.
    """

    met: list[pa.Array] = field(default_factory=list)
    is_filtered: bool = True
    is_whole: bool = True

    def note(self, ids: Sequence[str]) -> None:
        """Keep the ids of a page."""
        if ids:
            self.met.append(pa.array(ids, pa.string()))

    @property
    def latest(self) -> list[str]:
        """The ids of the last page that had any."""
        found: list[str] = self.met[-1].to_pylist() if self.met else []
        return found


def sync_open_set(run: StreamRun) -> None:
    """List what is open, load what differs, and settle what is stored as open and was not met."""
    assert run.stream.open_set is not None
    stored = _stored(run, run.stream.open_set)
    if not stored.statuses:
        return
    listed = _Listed()
    caught = run.load(lambda _: _pages(run, run.stream.open_set, stored, listed))  # type: ignore[arg-type]
    absent = _absent(run, run.stream.open_set, listed)
    chosen = absent if listed.is_whole and len(absent) <= MOST_ASKED else _next_of(run, absent)
    if len(chosen) < len(absent):
        run.report.note = (
            f"{run.stream.name}: {counted(len(absent), 'stored open row')} came in no list of open ones; "
            f"{len(chosen)} of them were asked for by id, the others follow in the next runs."
        )
    settled = settle_absent(run, chosen, stored=stored.rows, met=listed.latest)
    run.report.caught_late += caught + load_present(run, settled)


def _stored(run: StreamRun, open_set: OpenSet) -> _Stored:
    since = run.run.time.upper_bound - _RETURNS_WITHIN
    values = {"statuses": list(open_set.statuses), "since": since}
    found = run.run.con.execute(statement("shipsync.sync", "open_shipments"), values).fetchall()
    named = {status for status, _, _ in found}
    oldest = min((at for _, _, at in found if at is not None), default=None)
    statuses = [status for status in open_set.statuses if status in named]
    return _Stored(oldest, statuses, sum(rows for _, rows, _ in found))


def _absent(run: StreamRun, open_set: OpenSet, listed: _Listed) -> list[str]:
    """The stored rows that are open and that no list showed, ascending."""
    con = run.run.con
    con.register("met_open_rows", pa.table({"row_id": pa.chunked_array(listed.met, pa.string())}))
    try:
        values = {"statuses": list(open_set.statuses)}
        rows = con.execute(statement("shipsync.sync", "open_shipments_not_met"), values).fetchall()
    finally:
        con.unregister("met_open_rows")
    return [row_id for (row_id,) in rows]


def _pages(run: StreamRun, open_set: OpenSet, stored: _Stored, listed: _Listed) -> Iterator[Walked]:
    for status in stored.statuses:
        try:
            yield from _of_status(run, open_set, status, stored, listed)
        except NotFound:
            raise
        except RequestRejected:
            # Whether each status is a filter is not established.
            listed.is_whole = False
        if not listed.is_filtered:
            break


def _of_status(
    run: StreamRun, open_set: OpenSet, status: str, stored: _Stored, listed: _Listed
) -> Iterator[Walked]:
    for page in _walk(run, open_set, {open_set.filter: status}).pages():
        if _is_of_others(page, open_set.filter, status):
            listed.is_filtered = False
            yield from _unfiltered(run, open_set, stored, listed)
            return
        yield _noted(run, page, listed)


def _unfiltered(
    run: StreamRun, open_set: OpenSet, stored: _Stored, listed: _Listed
) -> Iterator[Walked]:
    """The list whole from the oldest open row on, unless it is much longer than the open set."""
    most = _LONGEST_UNFILTERED + 2 * stored.rows
    for page in _walk(run, open_set, {}, stored.oldest).pages():
        if page.left is not None and page.left > most:
            listed.is_whole = False
            return
        yield _noted(run, page, listed)


def _walk(
    run: StreamRun, open_set: OpenSet, params: dict[str, str], start: datetime | None = None
) -> KeysetWalk:
    assert run.stream.listing is not None
    return KeysetWalk(
        run.run.session,
        run.stream.listing,
        run.run.time,
        field=open_set.along,
        window=open_set.window,
        start=start,
        # No end: what was made after T0 is left out by its time of change.
        end=LATEST,
        params=params,
        hash_of=run.run.redaction.hash_of(run.stream),
    )


def _is_of_others(page: Walked, name: str, status: str) -> bool:
    """Whether most rows are of other statuses: one alone may have changed, or come from an old copy."""
    others = sum(item.get(name) != status for item in page.items)
    return bool(others * 2 > len(page.items))


def _noted(run: StreamRun, page: Walked, listed: _Listed) -> Walked:
    listed.note([str(item.get(run.stream.id_key)) for item in page.items])
    return before_account_time(run, page)


def _next_of(run: StreamRun, absent: Sequence[str]) -> Sequence[str]:
    """So many of ``absent`` as are asked for in one run, going on behind those of the run before."""
    last = run.state.get("open_asked") or ""
    chosen = [*(k for k in absent if k > last), *(k for k in absent if k <= last)][:MOST_ASKED]
    if chosen:
        run.state.set("open_asked", chosen[-1])
    return chosen
