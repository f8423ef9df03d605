"""One page of a list: asked for, checked to be one, and where the next one is.

A page that is no JSON as a whole is read row by row; where its rows can't be told apart, by smaller
pages. What is left then is a row that can't be read, and it is set aside by itself. So is a row over which
the server fails each time, while it gives those around it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import orjson
import pendulum

from shipsync.api.answer import Answer, Unusable, UnusableBody
from shipsync.api.endpoints import LISTINGS
from shipsync.api.page_sizes import SMALLER
from shipsync.api.refusals import unreadable
from shipsync.api.request import Parameters, Request, as_text
from shipsync.api.salvage import BrokenRow, excerpt, row_id, salvage
from shipsync.api.session import Session
from shipsync.errors import IncompleteRead, NotFound, RequestRejected, Unavailable, Unreachable
from shipsync.set_aside import Neighbours, SetAside

Item = dict[str, Any]

_KINDS = {str: "a text", int: "a number", float: "a number", bool: "a truth value", list: "a list"}
SOON = timedelta(seconds=15)
"""A page that was not to be had for so long, in five attempts, may hold a row that the server fails over."""


class EmptyPage(IncompleteRead):
    """A page without rows where there should be some: the list is broken, or can't be paged so deep."""


@dataclass(frozen=True)
class ListRef:
    """Which list is read, and for which stream, as messages name it."""

    path: str
    items_key: str
    stream: str

    @property
    def key(self) -> tuple[str, ...]:
        """What identifies a row; empty for a list that is not known by its path."""
        return next((known.key for known in LISTINGS.values() if known.path == self.path), ())

    def set_aside(self, row: BrokenRow, neighbours: Neighbours | None = None) -> SetAside:
        """A row that can't be read, as it is kept apart."""
        ids = [row_id(row.text, part) for part in self.key]
        known = "/".join(part for part in ids if part) if ids and all(ids) else None
        reason = f"The row can't be read: {row.reason}."
        body = excerpt(row.text) or None
        return SetAside(self.stream, reason, body, known, row.position + 1, neighbours)

    def incomplete(self, why: str) -> IncompleteRead:
        """The error for a list that could not be read whole."""
        return IncompleteRead(self.why_incomplete(why))

    def why_incomplete(self, why: str) -> str:
        """What it says."""
        return (
            f"{self.path} (stream {self.stream}) could not be read whole: {why}. Run again later."
        )


@dataclass(frozen=True)
class Page:
    """One page: its rows, its number from 1, and the server's count of pages and of rows, if any.

    ``following`` is the part of the query that leads to the next page, None on the last one.
    ``unreadable`` are rows of this page that are no JSON, or no objects, and so not among ``items``.
    """

    items: list[Item]
    number: int
    pages: int | None
    total: int | None
    server_time: pendulum.DateTime | None
    following: Mapping[str, str] | None = None
    unreadable: tuple[SetAside, ...] = ()

    @property
    def rows(self) -> int:
        """How many rows it showed, the unreadable ones included."""
        return len(self.items) + len(self.unreadable)

    @property
    def more(self) -> bool:
        """Whether another page follows."""
        return self.following is not None


def read_page(session: Session, place: ListRef, query: Parameters, expected: int) -> Page:
    """The page that ``query`` asks for; ``expected`` is its number if the answer gives none.

    Raises ``IncompleteRead`` if the answer is no list, is a part of one, or is empty although more
    pages follow, ``UnreadableAnswer`` if it can't be read and its rows can't be told apart, and
    whatever ``Session.read`` raises.
    """
    from shipsync.api.narrowing import narrowed

    soon = SOON if session.sets_aside is not None and "page_size" in query else None
    asked, outcome = _read(session, place, query, soon)
    if isinstance(outcome, Unavailable):
        page = narrowed(session, place, asked, expected, outcome)
        if page is not None:
            return page
        # It is no matter of this page, so the server has the time that it has for any request.
        asked, outcome = _read(session, place, query)
    if isinstance(outcome, Unavailable):
        raise outcome
    if isinstance(outcome, Answer):
        return page_of(place, outcome.body, outcome.status, outcome.server_time, expected)
    page = _row_by_row(place, outcome, asked, expected)
    if page is None:
        page = narrowed(session, place, asked, expected, outcome)
    if page is None:
        raise unreadable(Request(place.stream, "GET", place.path, as_text(asked)), outcome)
    return page


def page_of(
    place: ListRef,
    body: Any,
    status: int,
    server_time: pendulum.DateTime | None,
    expected: int,
    broken: Sequence[BrokenRow] = (),
) -> Page:
    """The page in the body of an answer, from which ``broken`` rows were left out; as ``read_page``."""
    body = body if isinstance(body, dict) else {place.items_key: body}
    items = body.get(place.items_key)
    if not isinstance(items, list):
        raise place.incomplete(f"the answer has no list of objects named {place.items_key!r}")
    if status == httpx.codes.MULTI_STATUS or body.get("errors"):
        raise place.incomplete("ShipStation itself says that it could give only a part")
    number = _count(body.get("page")) or expected
    pages = _count(body.get("pages"))
    following = _link(body, place, number)
    # A page past the end is empty and costs one request; to stop short would lose rows.
    if following is None and pages is not None and number < pages:
        following = {"page": str(number + 1)}
    if following is not None and not items and not broken:
        raise EmptyPage(place.why_incomplete(f"page {number} is empty although more pages follow"))
    rows = [item for item in items if isinstance(item, dict)]
    odd = [*broken, *_no_objects(items)] if len(rows) < len(items) else broken
    set_aside = tuple(place.set_aside(row) for row in odd)
    total = _count(body.get("total"))
    return Page(rows, number, pages, total, server_time, following, set_aside)


def object_of(answer: Answer, path: str, stream: str) -> Item:
    """The one object that was asked for at ``path``; an error report in its place is none.

    Raises ``IncompleteRead`` if the answer is no object, or says itself that it is a part of one.
    """
    body, place = answer.body, ListRef(path, "", stream)
    if not isinstance(body, dict):
        raise place.incomplete("the answer is no object")
    if answer.status == httpx.codes.MULTI_STATUS or body.get("errors"):
        raise place.incomplete("ShipStation itself says that it could give only a part")
    return body


def _no_objects(items: list[object]) -> Iterator[BrokenRow]:
    for position, item in enumerate(items):
        if not isinstance(item, dict):
            # What it holds is nowhere but in the body, which is kept or not as the settings say.
            kind = _KINDS.get(type(item), "nothing")
            yield BrokenRow(position, _text_of(item), f"it is {kind}, and no object")


def _text_of(item: object) -> str:
    try:
        return orjson.dumps(item).decode()
    except TypeError:
        return "[nested too deeply]"


def _row_by_row(
    place: ListRef, body: UnusableBody, asked: Parameters, expected: int
) -> Page | None:
    if body.kind is Unusable.TOO_LARGE or not place.key:
        return None
    size = int(asked["page_size"]) if "page_size" in asked else None
    found = salvage(body.content, place.items_key, place.key[0], size)
    if found is None:
        return None
    value = found.document.value
    return page_of(place, value, httpx.codes.OK, body.server_time, expected, found.broken)


def _read(
    session: Session, place: ListRef, query: Parameters, soon: timedelta | None = None
) -> tuple[Parameters, Answer | UnusableBody | Unavailable]:
    """One answer, at the largest page size that the server is known to take for this list.

    A first page that is refused is asked for with fewer rows, whatever the refusal says: no code is known
    to say that it was the size. If none is accepted, or it names another parameter, it was something else.
    That there was no answer ``soon`` is given back, not raised.
    """
    sizes = session.page_sizes
    asked = dict(query)
    if "page_size" in asked:
        asked["page_size"] = sizes.allowed(place.path, int(asked["page_size"]))
    refusal: RequestRejected | None = None
    refused: int | None = None
    while True:
        try:
            outcome = session.try_read(place.path, asked, stream=place.stream, give_up_after=soon)
        except Unavailable as error:
            if soon is None or isinstance(error, Unreachable):
                raise
            return asked, error
        except RequestRejected as error:
            refusal = refusal or error
            smaller = _smaller(session, place, asked, error)
            if smaller is None:
                raise refusal from None
            refused = refused or int(asked["page_size"])
            asked["page_size"] = smaller
            continue
        if "page_size" in asked:
            sizes.took(place.path, int(asked["page_size"]), refused)
        return asked, outcome


def _smaller(
    session: Session, place: ListRef, asked: Parameters, error: RequestRejected
) -> int | None:
    """The next smaller page to ask for; None if fewer rows would not be the remedy."""
    size = int(asked.get("page_size", 0))
    # Later pages would not begin where the one before ended if they were cut smaller.
    is_first = str(asked.get("page", 1)) == "1" and "cursor" not in asked
    is_of_another = any(name in asked and name != "page_size" for name in error.fields)
    may_be_size = is_first and not is_of_another and not isinstance(error, NotFound)
    if not may_be_size or session.page_sizes.has_taken(place.path, size):
        return None
    return next((smaller for smaller in SMALLER if smaller < size), None)


def _link(body: Mapping[str, object], place: ListRef, number: int) -> dict[str, str] | None:
    """The query of ``links.next.href``; absent is ``{}`` in ShipStation's answers, or null."""
    links = body.get("links")
    link = links.get("next") if isinstance(links, dict) else None
    href = link.get("href") if isinstance(link, dict) else None
    if not isinstance(href, str) or not href:
        return None
    try:
        parts = urlsplit(href)
    except ValueError:
        raise place.incomplete(f"the link after page {number} is no address") from None
    if parts.path and not parts.path.endswith(place.path):
        raise place.incomplete(f"the link after page {number} leads to another list")
    return dict(parse_qsl(parts.query, keep_blank_values=True))


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
