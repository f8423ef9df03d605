"""Asking for a stretch of a list: between two bounds of a time, in its order, as far as pages reach."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from shipsync.api.endpoints import Along, Listing
from shipsync.api.paging import Item, Page, within_reach
from shipsync.api.request import Parameters
from shipsync.api.session import Session
from shipsync.sources.account_time import AccountTime
from shipsync.sources.canonical import content_hash
from shipsync.sources.instants import LATEST, as_parameter, parse_instant


class Asking:
    """Pages of ``listing``; the account's ``time`` is taken from their answers."""

    def __init__(self, session: Session, listing: Listing, time: AccountTime) -> None:
        self.session = session
        self.listing = listing
        self.time = time

    def pages(
        self,
        along: Along,
        lower: datetime | None,
        upper: datetime | None,
        filters: Parameters,
        direction: str = "asc",
    ) -> Iterator[Page]:
        """The pages from ``lower`` to ``upper`` (None: no bound) of what ``filters`` leave, in order."""
        listing = self.listing
        params: Parameters = {
            **filters,
            "sort_by": along.sort_by,
            "sort_dir": direction,
            "page_size": self.session.page_size(listing),
            **bounds(along, lower, upper),
        }
        for page in within_reach(
            self.session, listing.path, params, listing.items_key, listing.stream
        ):
            self.time.observe(page.server_time)
            yield page

    def row_id(self, item: Item) -> str:
        """What tells a row from others; one without an id, what it holds."""
        found = item.get(self.listing.key[0])
        return f"? {content_hash(item)}" if found is None else str(found)

    def ids(self, page: Page) -> set[str]:
        """The ids on a page; what can't be read was met all the same."""
        ids = {self.row_id(item) for item in page.items}
        return ids | {f"? {page.number}, {row.place}" for row in page.unreadable}


def bounds(along: Along, lower: datetime | None, upper: datetime | None) -> Parameters:
    """The parameters that bound a time."""
    return {
        name: as_parameter(bound)
        for name, bound in zip(along.window, (lower, upper), strict=True)
        if bound is not None and bound != LATEST
    }


def instants(page: Page, along: Along) -> list[datetime | None]:
    """The time of each row of a page."""
    return [parse_instant(item.get(along.field)) for item in page.items]
