"""The one way to page: follow a list from page to page, or read it whole and prove that it is whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pendulum

from shipsync.api.answer import Answer
from shipsync.api.endpoints import Listing
from shipsync.api.session import Parameters, Session
from shipsync.errors import IncompleteRead, RequestRejected

Item = dict[str, Any]
SMALLER_PAGE_SIZES = (250, 100, 50, 25)
SNAPSHOT_ATTEMPTS = 3


@dataclass(frozen=True)
class Page:
    """One page: its rows, its number from 1, and the number of pages and rows as the server gave them."""

    items: list[Item]
    number: int
    pages: int | None
    total: int | None
    server_time: pendulum.DateTime | None


@dataclass(frozen=True)
class Snapshot:
    """A list read whole; ``total`` is the server's count, None when it gives none."""

    items: list[Item]
    pages: int
    total: int | None
    server_time: pendulum.DateTime | None


def follow(
    session: Session, path: str, params: Parameters, items_key: str, stream: str
) -> Iterator[Page]:
    """The pages of a list, from the one ``params`` ask for to the last.

    Follows ``links.next.href``, of which only the query is used: the request always goes to our own
    base_url. Without such a link it counts pages up to ``pages``. A server that refuses the page size
    is asked for a smaller one. Raises ``IncompleteRead`` if an answer is no list, if a link leads to
    another list or to a page already read, or if a page in the middle is empty.
    """
    query: dict[str, str | int | bool] = dict(params)
    seen: set[frozenset[tuple[str, str]]] = set()
    number = 0
    while True:
        mark = frozenset((name, str(value)) for name, value in query.items())
        if mark in seen:
            raise IncompleteRead(
                f"{path} (stream {stream}) led from page {number} back to a page already read; "
                "nothing of the list was kept. Run again later."
            )
        seen.add(mark)
        answer = _first_or_next(session, path, query, stream)
        page = _page(answer, items_key, path, stream, number + 1)
        number = page.number
        following = _following(answer.body, page, path, stream)
        if following is not None and not page.items:
            raise IncompleteRead(
                f"Page {number} of {path} (stream {stream}) is empty although more follow; "
                "nothing of the list was kept. Run again later."
            )
        yield page
        if following is None:
            return
        query = {**query, **following}


def complete(session: Session, listing: Listing, stream: str | None = None) -> Snapshot:
    """Every row of a list, at one state of it as far as can be told.

    Reads the list again, up to three times in all, when its rows and its ``total`` disagree, when the
    total changes on the way, or when a key comes on two pages. Raises ``IncompleteRead`` if it never
    comes out even, or if the server itself says that its answer is partial.
    """
    stream = stream or listing.stream
    complaint = ""
    for _ in range(SNAPSHOT_ATTEMPTS):
        params: Parameters = {"page_size": session.connection.page_size} if listing.paged else {}
        pages = list(follow(session, listing.path, params, listing.items_key, stream))
        complaint = _complaint(pages, listing)
        if not complaint:
            items = [item for page in pages for item in page.items]
            return Snapshot(items, len(pages), pages[0].total, pages[0].server_time)
    raise IncompleteRead(
        f"{listing.path} (stream {stream}) could not be read whole in {SNAPSHOT_ATTEMPTS} attempts: "
        f"{complaint}. Nothing of it was kept; run again later."
    )


def _complaint(pages: list[Page], listing: Listing) -> str:
    totals = sorted({page.total for page in pages if page.total is not None})
    rows = sum(len(page.items) for page in pages)
    if len(totals) > 1:
        return f"its total went from {totals[0]} to {totals[-1]} while it was read"
    if totals and totals[0] != rows:
        return f"it holds {rows} rows and its total says {totals[0]}"
    seen: set[tuple[object, ...]] = set()
    for page in pages:
        keys = {tuple(item.get(part) for part in listing.key) for item in page.items}
        if seen & keys:
            return "a row came on two pages"
        seen |= keys
    return ""


def _first_or_next(session: Session, path: str, query: Parameters, stream: str) -> Answer:
    """Read one page, at the largest page size that the server has taken for this list."""
    while True:
        asked = dict(query)
        accepted = session.accepted_page_sizes.get(path)
        if accepted is not None and "page_size" in asked:
            asked["page_size"] = min(int(asked["page_size"]), accepted)
        try:
            return session.read(path, asked, stream=stream)
        except RequestRejected as error:
            smaller = [n for n in SMALLER_PAGE_SIZES if n < int(asked.get("page_size", 0))]
            if "page" in asked or not smaller or not _concerns_page_size(error):
                raise
            session.accepted_page_sizes[path] = smaller[0]


def _concerns_page_size(error: RequestRejected) -> bool:
    # No code names it, so that the texts must do; only a first page is asked for again.
    return any("page_size" in text for text in (*error.fields, *error.messages))


def _page(answer: Answer, items_key: str, path: str, stream: str, expected: int) -> Page:
    body = answer.body if isinstance(answer.body, dict) else {}
    items = answer.body if isinstance(answer.body, list) else body.get(items_key)
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise IncompleteRead(
            f"The answer to {path} (stream {stream}) has no list of objects named {items_key!r}; "
            "nothing of it was kept. Is base_url the ShipStation API?"
        )
    if answer.status == 207 or body.get("errors"):
        raise IncompleteRead(
            f"ShipStation could give only a part of {path} (stream {stream}); nothing of it was kept. "
            "Run again later."
        )
    number = _count(body.get("page"))
    return Page(
        items=items,
        number=number if number else expected,
        pages=_count(body.get("pages")),
        total=_count(body.get("total")),
        server_time=answer.server_time,
    )


def _following(body: object, page: Page, path: str, stream: str) -> dict[str, str] | None:
    """The query that leads to the next page, None if this was the last."""
    links = body.get("links") if isinstance(body, Mapping) else None
    link = links.get("next") if isinstance(links, Mapping) else None
    href = link.get("href") if isinstance(link, Mapping) else None
    if isinstance(href, str) and href:
        parts = urlsplit(href)
        if parts.path and not parts.path.endswith(path):
            raise IncompleteRead(
                f"The link to the page after {page.number} of {path} (stream {stream}) leads to another "
                "list; nothing of it was kept. Run again later."
            )
        return dict(parse_qsl(parts.query, keep_blank_values=True))
    # A page past the end is empty and costs one request; stopping short would lose rows.
    if page.items and page.pages is not None and page.number < page.pages:
        return {"page": str(page.number + 1)}
    return None


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
