"""The one way to page: follow a list from page to page, or read it whole and prove it whole."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

import pendulum
import tenacity

from shipsync.api.endpoints import LISTINGS, ByList, Listing
from shipsync.api.page import EmptyPage, Item, ListRef, Page, read_page
from shipsync.api.request import Parameters
from shipsync.api.session import Session
from shipsync.errors import IncompleteRead, NotFound, RequestRejected
from shipsync.plurals import counted
from shipsync.set_aside import SetAside

__all__ = ["Item", "Key", "Page", "Snapshot", "complete", "follow", "within_reach"]

Key = tuple[str, ...]

SNAPSHOT_ATTEMPTS = 3
MOST_PAGES = 20_000
"""Pages of one list; at 200 requests a minute they take 100 minutes."""
DEEPEST_ROW = 10_000
"""Pages that end past so many rows were refused on a live account: no walk asks for them."""
MOST_PAGES_WITHOUT_NEWS = 20
"""So many pages in a row may hold nothing but rows that were met before: in a list that moves, few do."""
_PAGES_BEYOND_TOTAL = 20


@dataclass(frozen=True)
class Snapshot:
    """All rows of a list; ``total`` is the server's own count of them, None when it gives none.

    ``server_time`` is the server's clock at the first page. ``unreadable`` are rows that it has and that
    are not among ``items``: nothing can be said of what is absent.
    """

    items: list[Item]
    pages: int
    total: int | None
    server_time: pendulum.DateTime | None
    unreadable: tuple[SetAside, ...] = ()


def follow(
    session: Session,
    path: str,
    params: Parameters,
    items_key: str,
    stream: str,
    *,
    most_pages: int = MOST_PAGES,
) -> Iterator[Page]:
    """The pages of a list, from the one ``params`` ask for to the last.

    Follows ``links.next.href``, of which only the query is used: the request always goes to our own
    base_url. Without such a link it counts pages up to ``pages``. A server that refuses a first page
    is asked for a smaller one. Raises ``IncompleteRead`` if an answer is no list, if a link
    leads to another list or to a page already read, if links go on without end (past ``most_pages``,
    without new rows, or past the server's own count), if a page in the middle is empty, or if the
    last one, read from the first on, leaves fewer rows than the server counts: it is not given out.

    A row that can't be read is handed to the session's ``sets_aside``, and counts as read; where there
    is nobody to take it, the list is incomplete.
    """
    place = ListRef(path, items_key, stream)
    query = dict(params)
    number = int(query.get("page", 1))
    seen: set[frozenset[tuple[str, str]]] = set()
    rows: int | None = None
    bounds = _Bounds(place, most_pages)
    while True:
        mark = frozenset((name, str(value)) for name, value in {"page": 1, **query}.items())
        if mark in seen:
            raise place.incomplete(f"its links lead back from page {number - 1}")
        seen.add(mark)
        page = read_page(session, place, query, number)
        _set_aside(session, place, page)
        # Rows that come or move up meanwhile are counted twice, none too little.
        rows = 0 if page.number == 1 else rows
        if rows is not None:
            rows += page.rows
            if page.following is None and page.total is not None and rows < page.total:
                why = f"{counted(rows, 'row')} came and its total said {page.total}"
                is_empty = page.number > 1 and not page.rows
                raise EmptyPage(place.why_incomplete(why)) if is_empty else place.incomplete(why)
        yield page
        if page.following is None:
            return
        bounds.check(page)
        # A link may point on with something else than a page number; the old one must not stay.
        query.pop("page", None)
        query.update(page.following)
        number = page.number + 1


def within_reach(
    session: Session, path: str, params: Parameters, items_key: str, stream: str
) -> Iterator[Page]:
    """The pages of a list as ``follow`` gives them, but none that ends past row ``DEEPEST_ROW``.

    They also end before a page that the server says it does not have, though it should. If the list goes
    on behind the last page given, that page has ``more``.
    """
    rows = 0
    pages = follow(session, path, params, items_key, stream)
    while True:
        try:
            page = next(pages, None)
        except (NotFound, RequestRejected, EmptyPage):
            if not rows:
                raise
            return
        if page is None:
            return
        yield page
        rows += page.rows
        if rows + page.rows > DEEPEST_ROW:
            return


class _Bounds:
    """What tells a list that is long from one whose links have no end."""

    def __init__(self, place: ListRef, most_pages: int) -> None:
        self._place = place
        self._most_pages = most_pages
        self._met: set[int] = set()
        self._pages = 0
        self._rows = 0
        self._without_news = 0

    def check(self, page: Page) -> None:
        """Count a page that another one is said to follow. Raises ``IncompleteRead``."""
        self._pages += 1
        self._rows += page.rows
        before = len(self._met)
        key = self._place.key
        self._met.update(hash(tuple(str(item.get(part)) for part in key)) for item in page.items)
        self._without_news = 0 if len(self._met) > before else self._without_news + 1
        beyond = self._rows - (page.total if page.total is not None else self._rows)
        if (
            self._pages >= self._most_pages
            or self._without_news >= MOST_PAGES_WITHOUT_NEWS
            or beyond > _PAGES_BEYOND_TOTAL * max(page.rows, 1)
        ):
            raise self._place.incomplete(
                f"its links go on without end; after {self._pages} pages and {self._rows} rows yet "
                "another page is said to follow"
            )


def _set_aside(session: Session, place: ListRef, page: Page) -> None:
    for row in page.unreadable:
        if session.sets_aside is None:
            raise place.incomplete(f"{row.place}: {row.reason[:-1]}")
        session.sets_aside(row)


def complete(
    session: Session,
    listing: Listing,
    stream: str | None = None,
    *,
    held: Collection[Key] = (),
) -> Snapshot:
    """Every row of ``listing``, read for ``stream`` (its own if left out).

    Rows may move while it is read: when rows and ``total`` disagree, the total changes on the way,
    a key comes on two pages, or ``follow`` finds the list broken, it is read again, three times in
    all. Raises ``IncompleteRead`` if it never comes out even, and whatever ``read`` raises.

    One row gone before the page being read and one come after it leave every count even, while a
    third row slips through between two pages. Who would take that row for gone passes the keys it
    has ``held`` so far, as texts: a list of several pages, or of no row at all, that lacks one of
    them counts only if the reading before it lacked that one too. For that there is one reading more
    where the third is the first to come out even.
    """
    reader = _Reader(session, listing, stream or listing.stream, frozenset(held))
    attempts = tenacity.Retrying(
        retry=tenacity.retry_if_exception_type(IncompleteRead),
        stop=lambda state: state.attempt_number >= reader.most_attempts,
        reraise=True,
    )
    return attempts(reader.read)


class _TooDeep(IncompleteRead):
    """The list did not give all of its pages."""


class _Reader:
    """Readings of one list, each judged by itself and against the one before."""

    def __init__(
        self, session: Session, listing: Listing, stream: str, held: frozenset[Key]
    ) -> None:
        self._session = session
        self._listing = listing
        self._place = ListRef(listing.path, listing.items_key, stream)
        self._held = held
        self._lacking_before: frozenset[Key] = frozenset()
        self._readings = 0
        self._has_come_out_even = False
        self.most_attempts = SNAPSHOT_ATTEMPTS

    def read(self) -> Snapshot:
        """One reading. Raises ``IncompleteRead`` if it proves nothing, or nothing yet."""
        self._readings += 1
        place = self._place
        pages = self._pages()
        # A row without a key is told from no other; who loads the rows sets it aside.
        first = self._listing.key[0]
        keys = [
            frozenset(self._key(item) for item in page.items if item.get(first) is not None)
            for page in pages
        ]
        complaint = _uneven(pages) or _twice(keys)
        if complaint:
            raise place.incomplete(complaint)
        if not self._has_come_out_even:
            # What stood in the way of those before says nothing about what this one lacks.
            self.most_attempts = max(SNAPSHOT_ATTEMPTS, self._readings + 1)
        self._has_come_out_even = True
        lacking = self._held.difference(*keys)
        slipped = lacking - self._lacking_before
        self._lacking_before = lacking
        items = [item for page in pages for item in page.items]
        if slipped and (len(pages) > 1 or not items):
            raise place.incomplete(
                f"{counted(len(slipped), 'row was', 'rows were')} there in one reading and not in another"
            )
        unreadable = tuple(row for page in pages for row in page.unreadable)
        return Snapshot(items, len(pages), pages[0].total, pages[0].server_time, unreadable)

    def _pages(self) -> list[Page]:
        """Every page, in parts if the list is longer than can be paged and has a filter that cuts it."""
        cut, pages = self._listing.cut_whole, []
        try:
            for page in self._follow({}):
                pages.append(page)
                if cut is not None and (page.total or 0) > DEEPEST_ROW:
                    return self._in_parts(cut, pages[0])
        except _TooDeep:
            if cut is None:
                raise
            return self._in_parts(cut, pages[0])
        return pages

    def _follow(self, filters: Parameters) -> Iterator[Page]:
        size = self._session.page_size(self._listing)
        params: Parameters = {**filters, "page_size": size} if self._listing.paged else filters
        place, rows = self._place, 0
        try:
            for page in follow(self._session, place.path, params, place.items_key, place.stream):
                rows += page.rows
                yield page
        except (NotFound, RequestRejected, EmptyPage) as error:
            if not rows:
                raise
            part = "".join(f" of {name} {value}" for name, value in filters.items())
            raise _TooDeep(
                place.why_incomplete(
                    f"the first {counted(rows, 'row')}{part} came, the page behind them did not, and no "
                    "filter of this list cuts it into smaller parts"
                )
            ) from error

    def _in_parts(self, cut: ByList, first: Page) -> list[Page]:
        """The list by the ids of another one, between two pages that give its total and no rows."""
        whole = complete(self._session, LISTINGS[cut.stream], self._place.stream)
        pages = [replace(first, items=[], unreadable=())]
        for row in whole.items:
            part = str(row[cut.key])
            for page in self._follow({cut.parameter: part}):
                if any(str(item.get(cut.parameter)) != part for item in page.items):
                    raise self._place.incomplete(
                        f"it has {first.total} rows, and {cut.parameter} does not cut it into parts"
                    )
                pages.append(replace(page, total=None))
        return [*pages, replace(next(self._follow({})), items=[], unreadable=())]

    def _key(self, item: Item) -> Key:
        return tuple(str(item.get(part)) for part in self._listing.key)


def _uneven(pages: list[Page]) -> str:
    """How the rows that came and the server's count of them disagree; empty if they agree."""
    totals = [page.total for page in pages if page.total is not None]
    rows = sum(page.rows for page in pages)
    wrong = [str(total) for total in dict.fromkeys(totals) if total != rows]
    return (
        f"{counted(rows, 'row')} came and its total said {', then '.join(wrong)}" if wrong else ""
    )


def _twice(keys: list[frozenset[Key]]) -> str:
    """A key twice on one page is the server's own affair; on two pages it means that rows moved."""
    return "" if sum(map(len, keys)) == len(frozenset().union(*keys)) else "a row came on two pages"
