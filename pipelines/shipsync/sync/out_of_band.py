"""Loading rows that were read apart from their list's own walk: what a webhook or a question named."""

from __future__ import annotations

from collections.abc import Sequence

from shipsync.api.paging import Item
from shipsync.sources.keyset import Walked
from shipsync.sources.streams import ReadsBy
from shipsync.sync.context import StreamRun


def load_apart(run: StreamRun, rows: Sequence[Item]) -> int:
    """Load current rows of an incremental list, each id once; returns how many differed from what is held.

    The list's own cursor stays where it is, so the next sync meets the same rows again, and finds them
    held.
    """
    expect_apart(run)
    return run.load(lambda _: iter([Walked(list(rows), run.hashes(rows), None)]))


def expect_apart(run: StreamRun) -> None:
    """Note, before such rows are loaded, that they prove nothing of those behind them.

    In a list that is read newest change first they stand in front and would look as if all below them
    were held. The walk that follows has to go on to where the last complete one began.
    """
    walks_newest_first = run.stream.reads_by is ReadsBy.NEWEST_FIRST
    if not walks_newest_first or run.state.get("walked_once") is None:
        return
    if run.state.get("open_walk") is None:
        run.state.set("open_walk", run.state.get("front") or [])
