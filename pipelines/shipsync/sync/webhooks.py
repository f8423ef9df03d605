"""Reading first what webhooks named.

A hint is worth one request: one page of a list, or one parcel. It is never an error of the stream if
the account knows nothing of it, and the stream's own reading follows whatever it brought.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson

from shipsync import clock
from shipsync.api.paging import follow
from shipsync.errors import IncompleteRead, RequestRejected
from shipsync.sources.keyset import Walked
from shipsync.sources.streams import LABELS, ReadsBy
from shipsync.sources.tracking import labelled
from shipsync.statements import statement
from shipsync.sync.context import StreamRun
from shipsync.sync.out_of_band import expect_apart
from shipsync.sync.stored import StoredStream
from shipsync.sync.tracking import ask, record_polls
from shipsync.warehouse.database import transaction

_STATEMENTS: Final = "shipsync.sync"
# A flood of forged hints takes no more requests than this from one stream of one run.
MOST_READS: Final = 50


@dataclass(frozen=True)
class _Hint:
    hint_id: str
    query: dict[str, str]
    signed_at: datetime | None
    tracking: dict[str, Any] | None
    polled_at: datetime | None

    @property
    def is_news(self) -> bool:
        """Whether it says something signed after the label was last asked: a replay does not."""
        if self.tracking is None or self.signed_at is None:
            return False
        return self.polled_at is None or self.signed_at > self.polled_at


def read_hinted(run: StreamRun) -> None:
    """Read what hints name of this stream, and note them as taken.

    Raises what a reading raises when the account does not answer; the hints then stay.
    """
    found = run.run.con.execute(
        statement(_STATEMENTS, "pending_hints"), {"stream": run.stream.name}
    ).fetchall()
    hints = [
        _Hint(key, orjson.loads(query), at, orjson.loads(data) if data else None, polled_at)
        for key, query, at, data, polled_at in found
    ]
    if not hints:
        return
    if run.stream.reads_by is ReadsBy.PER_PARCEL:
        _read_parcels(run, hints)
    elif _has_begun(run):
        _read_lists(run, hints)
    run.run.con.execute(
        statement(_STATEMENTS, "take_hints"),
        {"hint_ids": [hint.hint_id for hint in hints], "taken_at": clock.now()},
    )


def _has_begun(run: StreamRun) -> bool:
    """A list that was never read whole is about to be: a hint adds nothing."""
    if run.stream.reads_by is ReadsBy.KEYSET:
        return run.stored.count() > 0
    return run.state.get("walked_once") is not None


def _read_lists(run: StreamRun, hints: Sequence[_Hint]) -> None:
    expect_apart(run)
    queries = list({tuple(sorted(hint.query.items())): hint.query for hint in hints}.values())
    run.load(lambda _: _pages(run, queries[-MOST_READS:]))


def _pages(run: StreamRun, queries: Sequence[dict[str, str]]) -> Iterator[Walked]:
    listing = run.stream.listing
    assert listing is not None
    session = run.run.session
    for query in queries:
        asked: dict[str, str | int | bool] = {**query, "page_size": session.page_size(listing)}
        try:
            page = next(follow(session, listing.path, asked, listing.items_key, listing.stream))
        except (RequestRejected, IncompleteRead):
            continue
        run.run.time.observe(page.server_time)
        yield Walked(page.items, run.hashes(page.items), None)


def _read_parcels(run: StreamRun, hints: Sequence[_Hint]) -> None:
    latest = {hint.query["label_id"]: hint for hint in hints}
    held = StoredStream(run.run.con, LABELS).current(list(latest))
    told = {key: hint for key, hint in latest.items() if key in held and hint.is_news}
    for label_id, hint in told.items():
        assert hint.tracking is not None
        assert hint.signed_at is not None
        body = hint.tracking
        changed = run.load(
            lambda _, label_id=label_id, body=body: iter(  # type: ignore[misc]
                [Walked([labelled(label_id, body)], run.hashes([labelled(label_id, body)]), None)]
            )
        )
        with transaction(run.run.con):
            record_polls(run, [label_id], hint.signed_at, {label_id} if changed else set())
    asked = [key for key in latest if key in held and key not in told]
    if asked:
        ask(run, asked[:MOST_READS])
