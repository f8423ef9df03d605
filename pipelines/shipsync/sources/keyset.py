"""Walking a list along a time: every row of a window, however the list moves meanwhile.

Page numbers over a moving list skip rows: one that changes leaves its place, and all behind it move up
past the reader. So the walk always asks for page 1, sorted ascending, and moves the start of the
window to the last instant it has seen. A row that changes meanwhile moves behind the window's end and
is met in the next run. Rows that tie on one instant and fill a page can only be told apart by page
number, or by whatever else tells them apart (``ties``).

Whether the server's bounds are inclusive isn't known: the start is always set a millisecond early, and
rows met twice are dropped.
"""

from __future__ import annotations

import itertools
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from shipsync.api.endpoints import Along, ByValue, Listing
from shipsync.api.paging import Item, Page
from shipsync.api.session import Session
from shipsync.errors import IncompleteRead
from shipsync.sources.account_time import FAR_AHEAD, AccountTime
from shipsync.sources.asking import Asking, instants
from shipsync.sources.canonical import ContentHash, content_hash
from shipsync.sources.instants import LATEST, MILLISECOND, as_parameter
from shipsync.sources.ties import SECOND, Ties

STALE_ATTEMPTS = 4
# A stale row stands a little out of order; a list that doesn't sort stands out of order throughout.
_TOLERATED_DISORDER = 0.1
_TOLERATED_STANDSTILL = 3
# On a page of so many rows a single one out of order is an odd row, not a list without an order.
_ENOUGH_TO_SEE_AN_ORDER = 5


@dataclass(frozen=True)
class Walked:
    """New rows of one page with their content hashes, and the instant up to which all is read.

    ``left`` is the server's count of the rows from here to the end, this page's included (None where
    it can't tell). ``beyond`` counts those of the rows that lie a day or more ahead of T0.
    """

    items: list[Item]
    hashes: list[str]
    reached: datetime | None
    left: int | None = None
    beyond: int = 0


class KeysetWalk:
    """One walk over ``listing`` along ``field`` (``modified_at`` or ``created_at``), start to end.

    ``start`` None begins with the oldest row; ``end`` None ends at the account's time (T0). ``window``
    names the two query parameters that bound the field, ``params`` further ones, that filter.

    Rows a day or more ahead of T0 did not change while the walk went on: their time is wrong. A walk
    that ends at T0 gives them too, at its end, so that they are not missing for ever.
    """

    def __init__(
        self,
        session: Session,
        listing: Listing,
        time: AccountTime,
        *,
        field: str,
        window: tuple[str, str],
        start: datetime | None = None,
        end: datetime | None = None,
        params: Mapping[str, str] | None = None,
        hash_of: ContentHash = content_hash,
    ) -> None:
        self._asking = Asking(session, listing, time)
        self._listing = listing
        self._time = time
        self._along = Along(field, window, field)
        self._params = params or {}
        self._start = start
        self._end = end
        self._hash_of = hash_of
        self._met: dict[str, tuple[str, datetime]] = {}
        self._requests = 0

    def pages(self) -> Iterator[Walked]:
        """The rows of the window, ascending, each version of a row once.

        Raises ``IncompleteRead`` if the server ignores the order or the window, so that nothing can be
        said of what is missing.
        """
        lower = None if self._start is None else self._start - MILLISECOND
        reached = self._start
        in_vain = 0
        ties: Ties | None = None
        while True:
            page, shown = self._fresh(lower)
            self._check_order(page, shown, lower)
            frontier = self._frontier(shown)
            yield self._walked(page, shown, frontier)
            if not page.more:
                break
            if frontier is None:
                frontier = yield from self._past_rows_without_time(lower)
                if frontier is None:
                    break
            if reached is None or frontier > reached:
                reached, lower, in_vain = frontier, frontier - MILLISECOND, 0
                self._forget_before(lower - SECOND)
                continue
            if ties is None:
                cuts = tuple(cut for cut in self._listing.cuts if not _is_along(cut, self._along))
                ties = Ties(self._asking, self._along, self._upper(), self._params, cuts)
            found, reached = yield from self._past(ties.past(reached, frontier, page))
            lower = reached
            in_vain = 0 if found else in_vain + 1
            if in_vain > _TOLERATED_STANDSTILL:
                raise self._ignored(f"{self._along.window[0]} doesn't move it on")
        if self._end is None and self._requests > 1:
            # The first request had no end, and has shown what lies ahead if it was the only one.
            yield from self._far_ahead()

    def _past(
        self, pages: Generator[Page, None, datetime]
    ) -> Generator[Walked, None, tuple[int, datetime]]:
        """The rows of ``pages``; returns how many were new, and where to go on."""
        found = 0
        while True:
            try:
                page = next(pages)
            except StopIteration as end:
                return found, end.value
            walked = self._walked(page, instants(page, self._along), None)
            found += len(walked.items)
            yield walked

    def _past_rows_without_time(
        self, lower: datetime | None
    ) -> Generator[Walked, None, datetime | None]:
        """Goes on by page number behind a page whose rows show no time; returns the first time met."""
        more = True
        for page in itertools.islice(self._ask(lower, self._upper()), 1, None):
            shown = instants(page, self._along)
            frontier = self._frontier(shown)
            more = page.more
            yield self._walked(page, shown, frontier)
            if frontier is not None:
                return frontier
        if more:
            raise self._ignored(f"more rows than it shows have no {self._along.field}")
        return None

    def _far_ahead(self) -> Iterator[Walked]:
        """Rows whose time lies so far ahead of T0 that it must be wrong; they move no cursor."""
        ahead = KeysetWalk(
            self._asking.session,
            self._listing,
            self._time,
            field=self._along.field,
            window=self._along.window,
            start=self._time.upper_bound + FAR_AHEAD,
            end=LATEST,
            params=self._params,
            hash_of=self._hash_of,
        )
        for walked in ahead.pages():
            if walked.items:
                yield replace(walked, reached=None, left=None, beyond=len(walked.items))

    def _fresh(self, lower: datetime | None) -> tuple[Page, list[datetime | None]]:
        """Page 1 from ``lower`` on; asked again while it shows rows as they were before they changed.

        A row that was chosen for a window and shows an older time comes from a copy that lags behind.
        """
        for _ in range(STALE_ATTEMPTS):
            page = next(self._ask(lower, self._upper()))
            shown = instants(page, self._along)
            known = [instant for instant in shown if instant is not None]
            if lower is None or not known or not min(known) < lower - SECOND <= max(known):
                break
        return page, shown

    def _ask(self, lower: datetime | None, upper: datetime | None) -> Iterator[Page]:
        self._requests += 1
        return self._asking.pages(self._along, lower, upper, self._params)

    def _upper(self) -> datetime | None:
        # The first request goes out without an end: its answer gives the account's time, and shows
        # what lies ahead of it.
        return self._end or (self._time.known if self._requests else None)

    def _walked(
        self, page: Page, shown: list[datetime | None], frontier: datetime | None
    ) -> Walked:
        end = self._end or self._time.upper_bound
        items: list[Item] = []
        hashes: list[str] = []
        beyond = 0
        for item, instant in zip(page.items, shown, strict=True):
            if instant is not None:
                self._time.observe_row(instant)
            if instant is not None and instant > end:
                if self._end is not None or instant <= self._latest_credible():
                    continue
                beyond += 1
            digest = self._hash_of(item)
            identity = self._asking.row_id(item)
            if self._met.get(identity, ("",))[0] == digest:
                continue
            self._met[identity] = (digest, instant or end)
            items.append(item)
            hashes.append(digest)
        reached = None if frontier is None else min(frontier, end)
        return Walked(items, hashes, reached, page.total if reached else None, beyond)

    def _frontier(self, shown: list[datetime | None]) -> datetime | None:
        """The last instant of a page, but for those that are wrong: they would lead past all others."""
        latest = self._latest_credible()
        return max((t for t in shown if t is not None and t <= latest), default=None)

    def _latest_credible(self) -> datetime:
        return self._end or self._time.upper_bound + FAR_AHEAD

    def _forget_before(self, instant: datetime) -> None:
        self._met = {key: met for key, met in self._met.items() if met[1] >= instant}

    def _check_order(
        self, page: Page, shown: list[datetime | None], lower: datetime | None
    ) -> None:
        known = [instant for instant in shown if instant is not None]
        if not page.more or len(known) < 2:
            return
        falls = sum(later < earlier for earlier, later in itertools.pairwise(known))
        tolerated = 1 if len(known) >= _ENOUGH_TO_SEE_AN_ORDER else 0
        if falls > max(tolerated, len(known) * _TOLERATED_DISORDER):
            raise self._ignored(f"it is not sorted by {self._along.field}")
        if lower is not None and max(known) < lower - SECOND:
            raise self._ignored(f"{self._along.window[0]}={as_parameter(lower)} had no effect")

    def _ignored(self, why: str) -> IncompleteRead:
        return IncompleteRead(
            f"{self._listing.path} can't be walked along {self._along.field}: {why}. What was read before is "
            "kept; run again, and report it if it stays so."
        )


def _is_along(cut: Along | ByValue, along: Along) -> bool:
    return isinstance(cut, Along) and cut.field == along.field
