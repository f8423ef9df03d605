"""The one way to page: follow a list from page to page, or read it whole and prove it whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pendulum
import tenacity

from shipsync.api.answer import Answer
from shipsync.api.endpoints import Listing
from shipsync.api.request import Parameters
from shipsync.api.session import Session
from shipsync.errors import IncompleteRead, RequestRejected

Item = dict[str, Any]

SMALLER_PAGE_SIZES = (250, 100, 50, 25)
SNAPSHOT_ATTEMPTS = 3


@dataclass(frozen=True)
class Page:
    """One page: its rows, its number from 1, and the server's count of pages and of rows, if any.

    ``more`` tells whether another page follows.
    """

    items: list[Item]
    number: int
    pages: int | None
    total: int | None
    server_time: pendulum.DateTime | None
    more: bool = False


@dataclass(frozen=True)
class Snapshot:
    """All rows of a list; ``total`` is the server's own count of them, None when it gives none.

    ``server_time`` is the server's clock at the first page.
    """

    items: list[Item]
    pages: int
    total: int | None
    server_time: pendulum.DateTime | None


def follow(
    session: Session, path: str, params: Parameters, items_key: str, stream: str
) -> Iterator[Page]:
    """The pages of a list, from the one ``params`` ask for to the last.

    Follows ``links.next.href``, of which only the query is used: the request always goes to our own
    base_url. Without such a link it counts pages up to ``pages``. A server that refuses the page
    size is asked for a smaller one. Raises ``IncompleteRead`` if an answer is no list, if a link
    leads to another list or to a page already read, or if a page in the middle is empty.
    """
    place = f"{path} (stream {stream})"
    query = dict(params)
    number = int(query.get("page", 1))
    seen: set[frozenset[tuple[str, str]]] = set()
    while True:
        mark = frozenset((name, str(value)) for name, value in {"page": 1, **query}.items())
        if mark in seen:
            raise _incomplete(place, f"its links lead back from page {number - 1}")
        seen.add(mark)
        answer = _read_page(session, path, query, stream)
        body, items = _rows(answer, items_key, place)
        number = _count(body.get("page")) or number
        pages = _count(body.get("pages"))
        following = _following(body, path, place, number, pages if items else None)
        if following is not None and not items:
            raise _incomplete(place, f"page {number} is empty although more pages follow")
        yield Page(
            items=items,
            number=number,
            pages=pages,
            total=_count(body.get("total")),
            server_time=answer.server_time,
            more=following is not None,
        )
        if following is None:
            return
        # A link may point on with something else than a page number; the old one must not stay.
        query.pop("page", None)
        query.update(following)
        number += 1


def complete(session: Session, listing: Listing, stream: str | None = None) -> Snapshot:
    """Every row of ``listing``, read for ``stream`` (its own if left out).

    Rows may move while it is read: when rows and ``total`` disagree, the total changes on the way,
    a key comes on two pages, or ``follow`` finds the list broken, it is read anew, three times in
    all. Raises ``IncompleteRead`` if it never comes out even, and whatever ``read`` raises.
    """
    attempts = tenacity.Retrying(
        retry=tenacity.retry_if_exception_type(IncompleteRead),
        stop=tenacity.stop_after_attempt(SNAPSHOT_ATTEMPTS),
        reraise=True,
    )
    return attempts(_snapshot, session, listing, stream or listing.stream)


def _snapshot(session: Session, listing: Listing, stream: str) -> Snapshot:
    params: Parameters = {"page_size": session.connection.page_size} if listing.paged else {}
    pages = list(follow(session, listing.path, params, listing.items_key, stream))
    complaint = _complaint(pages, listing)
    if complaint:
        raise _incomplete(f"{listing.path} (stream {stream})", complaint)
    items = [item for page in pages for item in page.items]
    return Snapshot(items, len(pages), pages[0].total, pages[0].server_time)


def _complaint(pages: list[Page], listing: Listing) -> str:
    """Why the pages do not make a whole, as part of a sentence; empty if they do."""
    totals = [page.total for page in pages if page.total is not None]
    rows = sum(len(page.items) for page in pages)
    if totals and min(totals) != max(totals):
        return f"its total went from {totals[0]} to {totals[-1]} while it was read"
    if totals and totals[0] != rows:
        return f"{rows} rows came and its total says {totals[0]}"
    seen: set[tuple[object, ...]] = set()
    for page in pages:
        keys = {tuple(item.get(part) for part in listing.key) for item in page.items}
        if seen & keys:
            return "a row came on two pages"
        seen |= keys
    return ""


def _read_page(session: Session, path: str, query: Parameters, stream: str) -> Answer:
    """One page, at the largest page size that the server is known to take for this list."""
    while True:
        asked = dict(query)
        accepted = session.accepted_page_sizes.get(path)
        if accepted is not None and "page_size" in asked:
            asked["page_size"] = min(int(asked["page_size"]), accepted)
        try:
            return session.read(path, asked, stream=stream)
        except RequestRejected as error:
            smaller = [size for size in SMALLER_PAGE_SIZES if size < int(asked.get("page_size", 0))]
            # Later pages would not begin where the one before ended if they were cut smaller.
            is_first = str(asked.get("page", 1)) == "1"
            if not smaller or not is_first or not _concerns_page_size(error):
                raise
            session.accepted_page_sizes[path] = smaller[0]


def _concerns_page_size(error: RequestRejected) -> bool:
    # No error code is known to say it, so the parameter's name must do.
    return any("page_size" in text for text in (*error.fields, *error.messages))


def _rows(answer: Answer, items_key: str, place: str) -> tuple[Mapping[str, object], list[Item]]:
    """The body, and the rows in it; a bare list is all rows."""
    body = answer.body if isinstance(answer.body, dict) else {items_key: answer.body}
    items = body.get(items_key)
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise _incomplete(place, f"the answer has no list of objects named {items_key!r}")
    if answer.status == httpx.codes.MULTI_STATUS or body.get("errors"):
        raise _incomplete(place, "ShipStation itself says that it could give only a part")
    return body, items


def _following(
    body: Mapping[str, object], path: str, place: str, number: int, pages: int | None
) -> dict[str, str] | None:
    """The part of the query that leads to the next page, None if this was the last."""
    links = body.get("links")
    link = links.get("next") if isinstance(links, dict) else None
    href = link.get("href") if isinstance(link, dict) else None
    if isinstance(href, str) and href:
        parts = urlsplit(href)
        if parts.path and not parts.path.endswith(path):
            raise _incomplete(place, f"the link after page {number} leads to another list")
        return dict(parse_qsl(parts.query, keep_blank_values=True))
    # A page past the end is empty and costs one request; to stop short would lose rows.
    if pages is not None and number < pages:
        return {"page": str(number + 1)}
    return None


def _incomplete(place: str, why: str) -> IncompleteRead:
    return IncompleteRead(f"{place} could not be read whole: {why}. Run again later.")


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
