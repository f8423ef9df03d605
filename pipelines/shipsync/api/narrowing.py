"""Finding the row that spoils a page: the page is asked for again in halves, down to single rows.

The row may be one that can't be read, or one over which the server fails each time. The rows may move
meanwhile, and one that slips from a half that is still to come into one that is through would be lost.
So every part that could be read is asked for once more at the end: if each shows the same rows as before,
none has moved in between.

A server that fails over everything is told from one that fails over a row by asking for a single row at
either end of the page first, and by the number of failures. A row counts as the cause only if all others
have come twice, and if it fails again and again while another, asked for in turn with it, comes each time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import pendulum

from shipsync.api.answer import UnusableBody
from shipsync.api.page import Item, ListRef, Page, page_of
from shipsync.api.request import Parameters
from shipsync.api.salvage import BrokenRow
from shipsync.api.session import Session
from shipsync.api.tolerant_json import as_text
from shipsync.errors import RequestRejected, Unavailable, Unreachable
from shipsync.set_aside import Neighbours

ATTEMPTS: Final = 3
MOST_BROKEN: Final = 20
"""With more rows of one page broken it is no row that spoils it."""
MOST_FAILURES: Final = 80
"""So often may the server itself fail in one search; over a single row of 500 it does so 16 times."""
TURNS: Final = 4
"""So often a row that fails and one that comes are asked for in turn at the end."""
_ONCE, _THRICE = timedelta(0), timedelta(seconds=4)

Failure = UnusableBody | Unavailable


@dataclass(frozen=True)
class _Part:
    """A stretch of the list that was read as page ``number`` of ``size`` rows, of which some count.

    ``first`` is the position of the first of those, from 0 in the whole list.
    """

    first: int
    number: int
    size: int
    page: Page
    items: list[Item]


class _NotByHalves(Exception):
    """The server gives other rows than a smaller page would hold, or too many can't be read."""


def narrowed(
    session: Session, place: ListRef, query: Parameters, expected: int, failure: Failure
) -> Page | None:
    """Page ``expected`` of the list that ``query`` asks for, without the rows that can't be read.

    ``failure`` is what became of it as a whole. None if the list is not asked for by page and size,
    smaller pages don't help, or the server fails over other things too. Raises ``IncompleteRead`` if its
    rows never keep still, and whatever ``Session.read`` raises.
    """
    size, number = int(query.get("page_size", 1)), int(query.get("page", 1))
    if size < 2 or number != expected:
        return None
    servers_own = isinstance(failure, Unavailable)
    if isinstance(failure, Unavailable) and not failure.may_be_its_rows:
        return None
    for _ in range(ATTEMPTS):
        search = _Search(session, place, query, servers_own=servers_own)
        begin, end = (number - 1) * size, number * size
        try:
            if servers_own and not search.is_alive(begin, end):
                return None
            search.run(begin, end, (size + 1) // 2)
            if search.stands():
                return search.page(number, size)
        except (_NotByHalves, RequestRejected):
            return None
    raise place.incomplete("its rows moved while one that can't be read was looked for")


class _Search:
    """One pass over the positions of a page.

    ``servers_own``: what is looked for is a row over which the server fails, so that a request that fails
    is not repeated for long, but counted.
    """

    def __init__(
        self, session: Session, place: ListRef, query: Parameters, *, servers_own: bool
    ) -> None:
        self._session = session
        self._place = place
        self._query = query
        self._servers_own = servers_own
        self._parts: list[_Part] = []
        self._broken: list[BrokenRow] = []
        self._failed: list[int] = []
        self._failures = 0
        self._begin = 0

    def is_alive(self, begin: int, end: int) -> bool:
        """Whether the server gives the row at one end of the page at least, or says that there is none."""
        return any(isinstance(self._asked(position + 1, 1), Page) for position in (end - 1, begin))

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
                self._parts.append(_Part(first, index + 1, size, outcome, items))
            elif size > 1:
                self._cover(first, last, (size + 1) // 2)
            else:
                self._found(first, outcome)

    def _asked(self, number: int, size: int, patience: timedelta | None = None) -> Page | Failure:
        query = {**self._query, "page": number, "page_size": size}
        place = self._place
        times = ATTEMPTS if size == 1 else 1
        if self._servers_own and patience is None:
            patience = _THRICE if size == 1 else _ONCE
        try:
            outcome = self._session.try_read(
                place.path, query, stream=place.stream, patience=times, give_up_after=patience
            )
        except Unavailable as error:
            self._failures += error.attempts
            if not self._servers_own or isinstance(error, Unreachable):
                raise
            if not error.may_be_its_rows or self._failures > MOST_FAILURES:
                raise _NotByHalves from error
            return error
        if isinstance(outcome, UnusableBody):
            return outcome
        page = page_of(place, outcome.body, outcome.status, outcome.server_time, number)
        room = size if page.total is None else max(0, min(size, page.total - (number - 1) * size))
        is_as_asked = page.rows == room or (page.total is None and page.rows < size)
        if page.unreadable or page.number != number or not is_as_asked:
            raise _NotByHalves
        return page

    def _found(self, position: int, failure: Failure) -> None:
        if len(self._broken) >= MOST_BROKEN:
            raise _NotByHalves
        text, reason = "", failure.why
        if isinstance(failure, UnusableBody):
            text, _ = as_text(failure.content)
        else:
            self._failed.append(position)
            reason = f"asked for by itself, {failure.why} each time, while those around it came"
        self._broken.append(BrokenRow(position - self._begin, text, reason))

    def stands(self) -> bool:
        """Whether every part that was read shows the same rows again."""
        if not all(self._shows_the_same(part) for part in self._parts):
            return False
        if not all(self._fails_alone(position) for position in self._failed):
            raise _NotByHalves
        return True

    def _fails_alone(self, position: int) -> bool:
        """Whether it is this row that fails, and not the server by chance: another comes at any time."""
        if not self._parts:
            return False
        # Past the end of the list an empty page is as good a sign.
        other = self._parts[-1].first
        return all(
            not isinstance(self._asked(position + 1, 1, _ONCE), Page)
            and isinstance(self._asked(other + 1, 1, _ONCE), Page)
            for _ in range(TURNS)
        )

    def _shows_the_same(self, part: _Part) -> bool:
        again = self._asked(part.number, part.size, _THRICE if self._servers_own else None)
        if isinstance(again, Unavailable):
            raise _NotByHalves
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
            unreadable=tuple(
                self._place.set_aside(row, self._neighbours(row)) for row in self._broken
            ),
        )

    def _times(self) -> Iterator[pendulum.DateTime | None]:
        return (part.page.server_time for part in self._parts)

    def _neighbours(self, row: BrokenRow) -> Neighbours | None:
        """Between which rows one stood of which nothing came; None where its body did."""
        if row.text:
            return None
        position = row.position + self._begin
        placed = [
            (part.first + offset, item)
            for part in self._parts
            for offset, item in enumerate(part.items)
        ]
        behind = max((p for p in placed if p[0] < position), key=lambda p: p[0], default=None)
        before = min((p for p in placed if p[0] > position), key=lambda p: p[0], default=None)
        return neighbours(self._place, self._query, behind and behind[1], before and before[1])


def neighbours(
    place: ListRef, query: Parameters, behind: Item | None, before: Item | None
) -> Neighbours:
    """What the rows on either side, None at an end, tell of one that stood between them."""
    field = str(query["sort_by"]) if "sort_by" in query else None
    older, newer = (before, behind) if query.get("sort_dir") == "desc" else (behind, before)

    def key(item: Item | None) -> str | None:
        return None if item is None else "/".join(str(item.get(part)) for part in place.key)

    def time(item: Item | None, ending: str) -> str | None:
        bounds = (value for name, value in query.items() if name.endswith(ending))
        value = (item or {}).get(field or "") or next(bounds, None)
        return value if isinstance(value, str) else None

    return Neighbours(
        behind=key(behind),
        before=key(before),
        anchor=key(older) or key(newer),
        field=field,
        earliest=time(older, "_start"),
        latest=time(newer, "_end"),
    )
