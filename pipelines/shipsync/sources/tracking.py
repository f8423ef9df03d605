"""Asking for the tracking of parcels that are due, several at a time within the rate budget.

The box that has its label's number is asked for by the label, a further one by its own number.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any

from shipsync.api import endpoints
from shipsync.api.paging import Item
from shipsync.api.session import Session
from shipsync.errors import NotFound, RequestRejected
from shipsync.sources.account_time import AccountTime
from shipsync.sources.canonical import content_hashes
from shipsync.sources.keyset import Walked
from shipsync.sources.streams import TRACKING

LABELS_PER_PAGE = 100
_AT_ONCE = 4


def tracking_pages(
    session: Session,
    time: AccountTime,
    parcel_ids: Sequence[str],
    carriers: Mapping[str, str] | None = None,
) -> Iterator[Walked]:
    """The tracking objects of ``parcel_ids``, in pages of 100, each with its ``label_id`` put in.

    An id is a label's, or ``LABEL/NUMBER`` for a further box, whose carrier's code ``carriers`` tells. A
    parcel that the API doesn't know has no tracking and is left out. The content hash covers the answer
    alone.
    """
    remaining = iter(parcel_ids)
    known = carriers or {}
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="tracking") as pool:
        while chunk := list(islice(remaining, LABELS_PER_PAGE)):
            answers = pool.map(lambda parcel: _ask(session, time, parcel, known), chunk)
            found = [(parcel, body) for parcel, body in zip(chunk, answers, strict=True) if body]
            hashes = content_hashes(body for _, body in found)
            items = [labelled(parcel, body) for parcel, body in found]
            yield Walked(items, hashes, None)


def _ask(
    session: Session, time: AccountTime, parcel_id: str, carriers: Mapping[str, str]
) -> Item | None:
    label_id, _, number = parcel_id.partition("/")
    try:
        if number:
            asked = {"tracking_number": number, "carrier_code": carriers.get(parcel_id, "")}
            params = {key: value for key, value in asked.items() if value}
            answer = session.read(endpoints.TRACKING, params, stream=TRACKING)
        else:
            answer = session.read(endpoints.label_track(label_id), stream=TRACKING)
    except NotFound:
        return None
    except RequestRejected:
        # Whether the API tells of a number that is no label's own is not established.
        if number:
            return None
        raise
    time.observe(answer.server_time)
    return answer.body if isinstance(answer.body, dict) else None


def labelled(label_id: str, body: dict[str, Any]) -> Item:
    """A tracking object with what the raw table has beside it: its label and its count of events."""
    events = body.get("events")
    count = len(events) if isinstance(events, list) else None
    return {**body, "label_id": label_id, "event_count": count}
