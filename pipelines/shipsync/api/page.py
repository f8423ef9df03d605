"""One page of a list: asked for, checked to be one, and where the next one is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pendulum

from shipsync.api.answer import Answer
from shipsync.api.request import Parameters
from shipsync.api.session import Session
from shipsync.errors import IncompleteRead, RequestRejected

Item = dict[str, Any]

SMALLER_PAGE_SIZES = (250, 100, 50, 25)


@dataclass(frozen=True)
class ListRef:
    """Which list is read, and for which stream, as messages name it."""

    path: str
    items_key: str
    stream: str

    def incomplete(self, why: str) -> IncompleteRead:
        """The error for a list that could not be read whole."""
        return IncompleteRead(
            f"{self.path} (stream {self.stream}) could not be read whole: {why}. Run again later."
        )


@dataclass(frozen=True)
class Page:
    """One page: its rows, its number from 1, and the server's count of pages and of rows, if any.

    ``following`` is the part of the query that leads to the next page, None on the last one.
    """

    items: list[Item]
    number: int
    pages: int | None
    total: int | None
    server_time: pendulum.DateTime | None
    following: Mapping[str, str] | None = None

    @property
    def more(self) -> bool:
        """Whether another page follows."""
        return self.following is not None


def read_page(session: Session, place: ListRef, query: Parameters, expected: int) -> Page:
    """The page that ``query`` asks for; ``expected`` is its number if the answer gives none.

    Raises ``IncompleteRead`` if the answer is no list, is a part of one, or is empty although more
    pages follow, and whatever ``Session.read`` raises.
    """
    answer = _read(session, place, query)
    body = answer.body if isinstance(answer.body, dict) else {place.items_key: answer.body}
    items = body.get(place.items_key)
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise place.incomplete(f"the answer has no list of objects named {place.items_key!r}")
    if answer.status == httpx.codes.MULTI_STATUS or body.get("errors"):
        raise place.incomplete("ShipStation itself says that it could give only a part")
    number = _count(body.get("page")) or expected
    pages = _count(body.get("pages"))
    following = _link(body, place, number)
    # A page past the end is empty and costs one request; to stop short would lose rows.
    if following is None and pages is not None and number < pages:
        following = {"page": str(number + 1)}
    if following is not None and not items:
        raise place.incomplete(f"page {number} is empty although more pages follow")
    total = _count(body.get("total"))
    return Page(items, number, pages, total, answer.server_time, following)


def _read(session: Session, place: ListRef, query: Parameters) -> Answer:
    """One answer, at the largest page size that the server is known to take for this list."""
    while True:
        asked = dict(query)
        accepted = session.accepted_page_sizes.get(place.path)
        if accepted is not None and "page_size" in asked:
            asked["page_size"] = min(int(asked["page_size"]), accepted)
        try:
            return session.read(place.path, asked, stream=place.stream)
        except RequestRejected as error:
            smaller = [size for size in SMALLER_PAGE_SIZES if size < int(asked.get("page_size", 0))]
            # Later pages would not begin where the one before ended if they were cut smaller.
            is_first = str(asked.get("page", 1)) == "1"
            if not smaller or not is_first or not _concerns_page_size(error):
                raise
            session.accepted_page_sizes[place.path] = smaller[0]


def _concerns_page_size(error: RequestRejected) -> bool:
    # No error code is known to say it, so the parameter's name must do.
    return any("page_size" in text for text in (*error.fields, *error.messages))


def _link(body: Mapping[str, object], place: ListRef, number: int) -> dict[str, str] | None:
    """The query of ``links.next.href``; absent is ``{}`` in ShipStation's answers, or null."""
    links = body.get("links")
    link = links.get("next") if isinstance(links, dict) else None
    href = link.get("href") if isinstance(link, dict) else None
    if not isinstance(href, str) or not href:
        return None
    parts = urlsplit(href)
    if parts.path and not parts.path.endswith(place.path):
        raise place.incomplete(f"the link after page {number} leads to another list")
    return dict(parse_qsl(parts.query, keep_blank_values=True))


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
