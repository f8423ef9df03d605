"""Walking a list along a time: every row of a window, however the list moves meanwhile.

Page numbers over a moving list skip rows: one that changes leaves its place, and all behind it move up
past the reader. So the walk always asks for page 1, sorted ascending, and moves the start of the
window to the last instant it has seen. A row that changes meanwhile moves behind the window's end and
is met in the next run. Rows that tie on one instant and fill a page can only be told apart by page
number; there the walk goes on until a pass over the instant has met as many rows as the server counts.

Whether the server's bounds are inclusive isn't known: the start is always set a millisecond early, and
rows met twice are dropped.
"""

from __future__ import annotations

import itertools
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from shipsync.api.endpoints import Listing
from shipsync.api.paging import Item, Page, follow
from shipsync.api.session import Session
from shipsync.errors import IncompleteRead
from shipsync.sources.account_time import FAR_AHEAD, AccountTime
from shipsync.sources.canonical import ContentHash, content_hash
from shipsync.sources.instants import LATEST, MILLISECOND, as_parameter, parse_instant

TIE_PASSES = 40
STALE_ATTEMPTS = 4
_SECOND = timedelta(seconds=1)
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
        self._session = session
        self._listing = listing
        self._time = time
        self._params = params or {}
        self._field = field
        self._window = window
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
        while True:
            page, instants = self._fresh(lower)
            self._check_order(page, instants, lower)
            frontier = self._frontier(instants)
            yield self._walked(page, instants, frontier)
            if not page.more:
                break
            if frontier is None:
                frontier = yield from self._past_rows_without_time(lower)
                if frontier is None:
                    break
            if reached is None or frontier > reached:
                reached, lower, in_vain = frontier, frontier - MILLISECOND, 0
                self._forget_before(lower)
                continue
            found = 0
            for walked in self._settle(reached):
                found += len(walked.items)
                yield walked
            in_vain = 0 if found else in_vain + 1
            if in_vain > _TOLERATED_STANDSTILL:
                raise self._ignored(f"{self._window[0]} doesn't move it on")
            # The pass above went two milliseconds on, so that nothing lies between.
            reached = lower = reached + MILLISECOND
        if self._end is None and self._requests > 1:
            # The first request had no end, and has shown what lies ahead if it was the only one.
            yield from self._far_ahead()

    def _past_rows_without_time(
        self, lower: datetime | None
    ) -> Generator[Walked, None, datetime | None]:
        """Goes on by page number behind a page whose rows show no time; returns the first time met."""
        for page in itertools.islice(self._ask(lower, self._upper()), 1, None):
            instants = self._instants(page)
            frontier = self._frontier(instants)
            yield self._walked(page, instants, frontier)
            if frontier is not None:
                return frontier
        return None

    def _far_ahead(self) -> Iterator[Walked]:
        """Rows whose time lies so far ahead of T0 that it must be wrong; they move no cursor."""
        ahead = KeysetWalk(
            self._session,
            self._listing,
            self._time,
            field=self._field,
            window=self._window,
            start=self._time.upper_bound + FAR_AHEAD,
            end=LATEST,
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
            instants = self._instants(page)
            known = [instant for instant in instants if instant is not None]
            if lower is None or not known or not min(known) < lower - _SECOND <= max(known):
                break
        return page, instants

    def _settle(self, instant: datetime) -> Iterator[Walked]:
        """All rows around one instant, by page number, until a pass met as many as there are.

        Rows may leave the instant meanwhile, and those behind move up. What was met before the count
        changed proves nothing, so the count begins anew with every change.
        """
        total: int | None = None
        met: set[str] = set()
        for _ in range(TIE_PASSES):
            upper = min(instant + 2 * MILLISECOND, self._upper() or instant + 2 * MILLISECOND)
            for page in self._ask(instant - MILLISECOND, upper):
                if page.total != total:
                    total, met = page.total, set()
                met.update(self._id(item) for item in page.items)
                # What can't be read was met all the same.
                met.update(f"? {page.number}, {row.place}" for row in page.unreadable)
                yield self._walked(page, self._instants(page), None)
            if total is None or len(met) >= total:
                return
        raise IncompleteRead(
            f"{total} rows of {self._listing.path} share {self._field} {as_parameter(instant)}, and "
            f"{TIE_PASSES} passes over them met only {len(met)}. What was read before is kept; run again."
        )

    def _ask(self, lower: datetime | None, upper: datetime | None) -> Iterator[Page]:
        params: dict[str, str | int | bool] = {
            **self._params,
            "sort_by": self._field,
            "sort_dir": "asc",
            "page_size": self._session.connection.page_size,
        }
        self._requests += 1
        for name, bound in zip(self._window, (lower, upper), strict=True):
            if bound is not None and bound != LATEST:
                params[name] = as_parameter(bound)
        listing = self._listing
        for page in follow(self._session, listing.path, params, listing.items_key, listing.stream):
            self._time.observe(page.server_time)
            yield page

    def _upper(self) -> datetime | None:
        # The first request goes out without an end: its answer gives the account's time, and shows
        # what lies ahead of it.
        return self._end or (self._time.known if self._requests else None)

    def _instants(self, page: Page) -> list[datetime | None]:
        return [parse_instant(item.get(self._field)) for item in page.items]

    def _walked(
        self, page: Page, instants: list[datetime | None], frontier: datetime | None
    ) -> Walked:
        end = self._end or self._time.upper_bound
        items: list[Item] = []
        hashes: list[str] = []
        beyond = 0
        for item, instant in zip(page.items, instants, strict=True):
            if instant is not None:
                self._time.observe_row(instant)
            if instant is not None and instant > end:
                if self._end is not None or instant <= self._latest_credible():
                    continue
                beyond += 1
            digest = self._hash_of(item)
            identity = self._id(item)
            if self._met.get(identity, ("",))[0] == digest:
                continue
            self._met[identity] = (digest, instant or end)
            items.append(item)
            hashes.append(digest)
        reached = None if frontier is None else min(frontier, end)
        return Walked(items, hashes, reached, page.total if reached else None, beyond)

    def _frontier(self, instants: list[datetime | None]) -> datetime | None:
        """The last instant of a page, but for those that are wrong: they would lead past all others."""
        latest = self._latest_credible()
        return max((t for t in instants if t is not None and t <= latest), default=None)

    def _latest_credible(self) -> datetime:
        return self._end or self._time.upper_bound + FAR_AHEAD

    def _forget_before(self, instant: datetime) -> None:
        self._met = {key: met for key, met in self._met.items() if met[1] >= instant}

    def _check_order(
        self, page: Page, instants: list[datetime | None], lower: datetime | None
    ) -> None:
        known = [instant for instant in instants if instant is not None]
        if not page.more or len(known) < 2:
            return
        falls = sum(later < earlier for earlier, later in itertools.pairwise(known))
        tolerated = 1 if len(known) >= _ENOUGH_TO_SEE_AN_ORDER else 0
        if falls > max(tolerated, len(known) * _TOLERATED_DISORDER):
            raise self._ignored(f"it is not sorted by {self._field}")
        if lower is not None and max(known) < lower - _SECOND:
            raise self._ignored(f"{self._window[0]}={as_parameter(lower)} had no effect")

    def _ignored(self, why: str) -> IncompleteRead:
        return IncompleteRead(
            f"{self._listing.path} can't be walked along {self._field}: {why}. What was read before is "
            "kept; run again, and report it if it stays so."
        )

    def _id(self, item: dict[str, Any]) -> str:
        found = item.get(self._listing.key[0])
        # Rows without an id are told apart by what they hold.
        return f"? {content_hash(item)}" if found is None else str(found)
