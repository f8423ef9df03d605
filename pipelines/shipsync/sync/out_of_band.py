"""Loading rows that were read apart from their list's own walk: what a webhook or a question named."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Final

from shipsync.api import endpoints
from shipsync.api.page import object_of
from shipsync.api.paging import Item, follow
from shipsync.errors import NotFound
from shipsync.sources.keyset import Walked
from shipsync.sources.streams import ReadsBy
from shipsync.sync.context import StreamRun

_BY_ID: Final[dict[str, Callable[[str], str]]] = {
    "shipments": endpoints.shipment,
    "labels": endpoints.label,
}


def load_apart(run: StreamRun, rows: Sequence[Item], again: Collection[str] = ()) -> int:
    """Load current rows of an incremental list, each id once; returns how many differed from what is stored.

    The list's own cursor stays where it is, so the next sync meets the same rows again, and finds them
    stored.
    """
    expect_apart(run)
    page = Walked(list(rows), run.hashes(rows), None)
    return run.load(lambda _: iter([page]), again=again)


def expect_apart(run: StreamRun) -> None:
    """Note, before such rows are loaded, that they prove nothing of those behind them.

    In a list that is read newest change first they stand in front and would look as if all below them
    were stored. The walk that follows has to go on to where the last complete one began.
    """
    walks_newest_first = run.stream.reads_by is ReadsBy.NEWEST_FIRST
    if not walks_newest_first or run.state.get("walked_once") is None:
        return
    if run.state.get("open_walk") is None:
        run.state.set("open_walk", run.state.get("front") or [])


def rows_by_id(run: StreamRun, row_id: str) -> list[Item]:
    """The rows of an incremental list that have this id; none if the account knows none."""
    session, stream = run.run.session, run.stream
    if stream.name in _BY_ID:
        path = _BY_ID[stream.name](row_id)
        try:
            answer = session.read(path, stream=stream.name)
        except NotFound:
            return []
        run.run.time.observe(answer.server_time)
        body = object_of(answer, path, stream.name)
        # For one that was merged into another, the other may come.
        return [body] if str(body.get(stream.id_key)) == row_id else []
    listing = stream.listing
    assert listing is not None
    query: dict[str, str | int | bool] = {stream.id_key: row_id}
    page = next(follow(session, listing.path, query, listing.items_key, listing.stream))
    run.run.time.observe(page.server_time)
    # A server that doesn't know the filter answers with any rows.
    return [row for row in page.items if str(row.get(stream.id_key)) == row_id]
