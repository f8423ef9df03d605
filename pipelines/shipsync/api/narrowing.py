"""Finding the row that spoils a page: the page is asked for again in halves, down to single rows.

The rows may move meanwhile, and one that slips from a half that is still to come into one that is
through would be lost. So every part that could be read is asked for once more at the end: if each shows
the same rows as before, none has moved in between.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import pendulum

from shipsync.api.answer import UnusableBody
from shipsync.api.page import Item, ListRef, Page, page_of
from shipsync.api.request import Parameters
from shipsync.api.salvage import BrokenRow
from shipsync.api.session import Session
from shipsync.api.tolerant_json import as_text
from shipsync.errors import RequestRejected

ATTEMPTS: Final = 3
MOST_BROKEN: Final = 20
"""With more rows of one page broken it is no row that spoils it."""


@dataclass(frozen=True)
class _Part:
    """A stretch of the list that was read as page ``number`` of ``size`` rows, of which some count."""

    number: int
    size: int
    page: Page
    items: list[Item]


class _NotByHalves(Exception):
    """The server gives other rows than a smaller page would hold, or too many can't be read."""


def narrowed(session: Session, place: ListRef, query: Parameters, expected: int) -> Page | None:
    """Page ``expected`` of the list that ``query`` asks for, without the rows that can't be read.

    None if the list is not asked for by page and size, or smaller pages don't help. Raises
    ``IncompleteRead`` if its rows never keep still, and whatever ``Session.read`` raises.
    """
    size, number = int(query.get("page_size", 1)), int(query.get("page", 1))
    if size < 2 or number != expected:
        return None
    for _ in range(ATTEMPTS):
        search = _Search(session, place, query)
        try:
            search.run((number - 1) * size, number * size, (size + 1) // 2)
        except (_NotByHalves, RequestRejected):
            return None
        if search.stands():
            return search.page(number, size)
    raise place.incomplete("its rows moved while one that can't be read was looked for")


class _Search:
    """One pass over the positions of a page."""

    def __init__(self, session: Session, place: ListRef, query: Parameters) -> None:
        self._session = session
        self._place = place
        self._query = query
        self._parts: list[_Part] = []
        self._broken: list[BrokenRow] = []
        self._begin = 0

    def run(self, begin: int, end: int, size: int) -> None:
        """Look through positions ``begin`` to ``end``, counted from 0 in the whole list."""
        self._begin = begin
        self._cover(begin, end, size)

    def _cover(self, begin: int, end: int, size: int) -> None:
        for index in range(begin // size, -(-end // size)):
            first, last = max(begin, index * size), min(end, (index + 1) * size)
            if self._total is not None and first >= self._total:
                return
            outcome = self._asked(index + 1, size)
            if isinstance(outcome, Page):
                items = outcome.items[first - index * size : last - index * size]
                self._parts.append(_Part(index + 1, size, outcome, items))
            elif size > 1:
                self._cover(first, last, (size + 1) // 2)
            else:
                self._found(first, outcome)

    def _asked(self, number: int, size: int) -> Page | UnusableBody:
        query = {**self._query, "page": number, "page_size": size}
        place = self._place
        patience = ATTEMPTS if size == 1 else 1
        outcome = self._session.try_read(place.path, query, stream=place.stream, patience=patience)
        if isinstance(outcome, UnusableBody):
            return outcome
        page = page_of(place, outcome.body, outcome.status, outcome.server_time, number)
        room = size if page.total is None else max(0, min(size, page.total - (number - 1) * size))
        is_as_asked = page.rows == room or (page.total is None and page.rows < size)
        if page.unreadable or page.number != number or not is_as_asked:
            raise _NotByHalves
        return page

    def _found(self, position: int, body: UnusableBody) -> None:
        if len(self._broken) >= MOST_BROKEN:
            raise _NotByHalves
        text, _ = as_text(body.content)
        self._broken.append(BrokenRow(position - self._begin, text, body.why))

    def stands(self) -> bool:
        """Whether every part that was read shows the same rows again."""
        return all(self._shows_the_same(part) for part in self._parts)

    def _shows_the_same(self, part: _Part) -> bool:
        again = self._asked(part.number, part.size)
        return isinstance(again, Page) and self._ids(again) == self._ids(part.page)

    def _ids(self, page: Page) -> list[tuple[str, ...]]:
        return [tuple(str(item.get(name)) for name in self._place.key) for item in page.items]

    @property
    def _total(self) -> int | None:
        return self._parts[-1].page.total if self._parts else None

    def page(self, number: int, size: int) -> Page:
        """The page as it would have come without the rows that can't be read."""
        total = self._total
        is_last = not self._parts[-1].page.more if self._parts else False
        if total is not None:
            is_last = number * size >= total
        return Page(
            items=[item for part in self._parts for item in part.items],
            number=number,
            pages=None if total is None else -(-total // size),
            total=total,
            server_time=next(self._times(), None),
            following=None if is_last else {"page": str(number + 1)},
            unreadable=tuple(self._place.set_aside(row) for row in self._broken),
        )

    def _times(self) -> Iterator[pendulum.DateTime | None]:
        return (part.page.server_time for part in self._parts)
