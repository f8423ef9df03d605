"""Asking the labels that are due for their tracking, several at a time within the rate budget."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any

from shipsync.api import endpoints
from shipsync.api.paging import Item
from shipsync.api.session import Session
from shipsync.errors import NotFound
from shipsync.sources.account_time import AccountTime
from shipsync.sources.canonical import content_hashes
from shipsync.sources.keyset import Walked
from shipsync.sources.streams import TRACKING

LABELS_PER_PAGE = 100
_AT_ONCE = 4


def tracking_pages(
    session: Session, time: AccountTime, label_ids: Sequence[str]
) -> Iterator[Walked]:
    """The tracking objects of ``label_ids``, in pages of 100, each with its ``label_id`` put in.

    A label that the API doesn't know has no tracking and is left out. The content hash covers the
    answer alone.
    """
    remaining = iter(label_ids)
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="tracking") as pool:
        while chunk := list(islice(remaining, LABELS_PER_PAGE)):
            answers = pool.map(lambda label_id: _ask(session, time, label_id), chunk)
            found = [(label, body) for label, body in zip(chunk, answers, strict=True) if body]
            hashes = content_hashes(body for _, body in found)
            items = [labelled(label, body) for label, body in found]
            yield Walked(items, hashes, None)


def _ask(session: Session, time: AccountTime, label_id: str) -> Item | None:
    try:
        answer = session.read(endpoints.label_track(label_id), stream=TRACKING)
    except NotFound:
        return None
    time.observe(answer.server_time)
    return answer.body if isinstance(answer.body, dict) else None


def labelled(label_id: str, body: dict[str, Any]) -> Item:
    """A tracking object with what the raw table has beside it: its label and its count of events."""
    events = body.get("events")
    count = len(events) if isinstance(events, list) else None
    return {**body, "label_id": label_id, "event_count": count}
