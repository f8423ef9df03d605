"""Reading levels from the account: one place at a time, or all of them when that is cheaper.

A SKU with nothing on hand is not listed, not even when it is asked for (FACTS, Inventory), so a place
that a complete answer does not hold has nothing on hand; how much of it is allocated cannot be seen. A row
without its SKU or its location, or with the SKU in other letters (which of the two is the account's is not
established), leaves the place open: ``UnclearLevel``.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any

from shipsync.api.endpoints import INVENTORY_LEVELS
from shipsync.clock import Pacing
from shipsync.connection import RateSettings
from shipsync.errors import IncompleteRead
from shipsync.reverse.outbox.store import JsonObject
from shipsync.reverse.stock.change import Cost, StockLocation
from shipsync.reverse.stock.stored import ABSENT, StoredLevel

# Asking is imported where the account is asked: a plan is made without it, and begins quickly.
if TYPE_CHECKING:
    from pydantic import TypeAdapter

    from shipsync.api.paging import Item
    from shipsync.api.session import Session

STREAM = "stock"
LISTING_IS_FRESH_FOR = timedelta(seconds=30)
_LARGEST_SHARE = 4
"""A list is not read again and again if that takes more than a quarter of all requests."""


class UnclearLevel(IncompleteRead):
    """The answer may hold the place, and does not say so plainly."""


class ListedLevels:
    """What a complete answer says of every place."""

    def __init__(self, items: Iterable[Item]) -> None:
        self._levels: dict[StockLocation, StoredLevel] = {}
        self._folded: set[tuple[str, str]] = set()
        self._unplaced: set[str] = set()
        self._without_number: dict[StockLocation, object] = {}
        for item in items:
            self._take(item)

    def at(self, place: StockLocation) -> StoredLevel:
        """The level at a place; raises ``UnclearLevel`` where the answer leaves it open."""
        if place in self._without_number:
            raise UnclearLevel(
                f"The stock of {place} came without a whole number on_hand "
                f"({self._without_number[place]!r}); nothing was concluded from it."
            )
        level = self._levels.get(place)
        if level is not None:
            return level
        sku, location = place.sku.casefold(), place.inventory_location_id.casefold()
        if (sku, location) in self._folded or self._unplaced & {sku, ""}:
            raise UnclearLevel(
                f"ShipStation lists {place.sku!r} in other letters, or without its location; nothing was "
                "concluded of it. Compare the SKU with the one in ShipStation."
            )
        return ABSENT

    def _take(self, item: Item) -> None:
        sku, location = item.get("sku"), item.get("inventory_location_id")
        if sku is None or location is None:
            self._unplaced.add(str(sku or "").casefold())
            return
        place = StockLocation(str(sku), str(location))
        self._folded.add((place.sku.casefold(), place.inventory_location_id.casefold()))
        on_hand = item.get("on_hand")
        if type(on_hand) is not int:
            # It says nothing of the other places.
            self._without_number[place] = on_hand
            return
        level, known = _level(item, on_hand), self._levels.get(place)
        # A location lies in one warehouse; should a level come for two, its units are added up.
        self._levels[place] = level if known is None else _sum(known, level)


@dataclass(frozen=True)
class LevelReading:
    """Levels as the account showed them at ``read_at``, by the server's clock as far as it tells."""

    read_at: datetime
    levels: Mapping[StockLocation, StoredLevel]


@dataclass(frozen=True)
class LevelListing:
    """The whole list as the account showed it at ``read_at``."""

    read_at: datetime
    levels: ListedLevels


def reading_calls(adjusts: int, observed_levels: int, pace: RateSettings) -> int:
    """Requests that re-checking ``adjusts`` levels takes: one each, or the whole list if that is less.

    The list counts as often as it has to be read again while the adjusts go out.
    """
    pages = list_pages(observed_levels, pace)
    minutes_fresh = LISTING_IS_FRESH_FOR.total_seconds() / 60
    if pages > pace.requests_per_minute * minutes_fresh / _LARGEST_SHARE:
        return adjusts
    rounds = 1 + int(adjusts / pace.requests_per_minute / minutes_fresh)
    return min(adjusts, pages * rounds)


def list_pages(observed_levels: int, pace: RateSettings) -> int:
    """Requests that reading the whole list takes."""
    return max(1, math.ceil(observed_levels / pace.page_size))


class LevelReader:
    """Reads levels through a session; safe to share between threads."""

    def __init__(self, session: Session, pacing: Pacing) -> None:
        self._session = session
        self._pacing = pacing
        self._lock = threading.Lock()
        self._listing: LevelListing | None = None
        self._fresh_until = -math.inf

    def now(self, *places: StockLocation) -> LevelReading:
        """The levels at these places, read one request each; ``read_at`` is that of the first.

        Raises what ``Session.read`` raises, and ``IncompleteRead``.
        """
        read = [self._one(place) for place in places]
        return LevelReading(
            min(at for at, _ in read),
            {place: level for place, (_, level) in zip(places, read, strict=True)},
        )

    def lately(self, place: StockLocation) -> LevelReading | None:
        """The level at a place out of a complete list at most half a minute old, read when needed.

        None while no list comes out even, as when our own changes add rows between its pages.
        """
        with self._lock:
            began = self._pacing.monotonic()
            if began >= self._fresh_until:
                self._listing = None
                with suppress(IncompleteRead):
                    self._listing = self.listed()
                # A list that takes long, or that does not come out even, is not read all the time.
                took = self._pacing.monotonic() - began
                self._fresh_until = began + max(LISTING_IS_FRESH_FOR.total_seconds(), 3 * took)
            listing = self._listing
        if listing is None:
            return None
        return LevelReading(listing.read_at, {place: listing.levels.at(place)})

    def listed(self) -> LevelListing:
        """Every level that is listed now; a place that is missing has nothing on hand."""
        from shipsync.api.paging import complete

        snapshot = complete(self._session, INVENTORY_LEVELS, STREAM)
        levels = ListedLevels(snapshot.items)
        return LevelListing(snapshot.server_time or self._pacing.now(), levels)

    def _one(self, place: StockLocation) -> tuple[datetime, StoredLevel]:
        """One level and when it was read; a page that contradicts itself is asked for again.

        Where the filtered list never comes out even, the whole list says.
        """
        from shipsync.api.paging import SNAPSHOT_ATTEMPTS

        for _ in range(SNAPSHOT_ATTEMPTS):
            try:
                items, read_at = self._filtered(place)
            except IncompleteRead:
                continue
            # A server that ignores a filter gives more than was asked for.
            return read_at or self._pacing.now(), ListedLevels(items).at(place)
        listing = self.listed()
        return listing.read_at, listing.levels.at(place)

    def _filtered(self, place: StockLocation) -> tuple[list[Item], datetime | None]:
        from shipsync.api.paging import follow

        params: dict[str, str | int | bool] = {
            "inventory_location_id": place.inventory_location_id,
            "page_size": self._session.page_size(INVENTORY_LEVELS),
        }
        # The filter takes "a list of SKUs" and nobody says what separates them, or whether blanks stay.
        if "," not in place.sku and place.sku == place.sku.strip():
            params["sku"] = place.sku
        listing = INVENTORY_LEVELS
        pages = list(follow(self._session, listing.path, params, listing.items_key, STREAM))
        items = [item for page in pages for item in page.items]
        total = pages[0].total
        if total is not None and total != len(items):
            raise IncompleteRead(
                f"The stock of {place} could not be read: {len(items)} rows came and their total is said "
                f"to be {total}. Run again later."
            )
        return items, pages[0].server_time


def to_json(reading: LevelReading) -> dict[str, object]:
    """The form in which the outbox keeps a reading."""
    import pendulum

    return {
        "read_at": pendulum.instance(reading.read_at).to_iso8601_string(),
        "levels": [
            {
                "sku": place.sku,
                "inventory_location_id": place.inventory_location_id,
                "on_hand": level.on_hand,
                "allocated": level.allocated,
                "average_cost": None
                if level.average_cost is None
                else {
                    "amount": str(level.average_cost.amount),
                    "currency": level.average_cost.currency,
                },
            }
            for place, level in reading.levels.items()
        ],
    }


def from_json(kept: JsonObject) -> LevelReading:
    """The reading that ``to_json`` wrote."""
    reading = _kept().validate_python(kept)
    return LevelReading(
        reading.read_at,
        {
            StockLocation(level.sku, level.inventory_location_id): StoredLevel(
                level.on_hand, level.allocated, level.average_cost
            )
            for level in reading.levels
        },
    )


@dataclass(frozen=True)
class _KeptLevel:
    sku: str
    inventory_location_id: str
    on_hand: int
    allocated: int | None
    average_cost: Cost | None


@dataclass(frozen=True)
class _Kept:
    read_at: datetime
    levels: list[_KeptLevel]


@cache
def _kept() -> TypeAdapter[_Kept]:
    from pydantic import TypeAdapter

    return TypeAdapter(_Kept)


def _level(item: Mapping[str, Any], on_hand: int) -> StoredLevel:
    allocated = item.get("allocated")
    return StoredLevel(on_hand, allocated if type(allocated) is int else None, _cost(item))


def _cost(item: Mapping[str, Any]) -> Cost | None:
    cost = item.get("average_cost")
    if not isinstance(cost, Mapping):
        return None
    amount, currency = cost.get("amount"), cost.get("currency")
    if not isinstance(amount, int | float) or not isinstance(currency, str):
        return None
    return Cost(Decimal(str(amount)), currency)


def _sum(one: StoredLevel, other: StoredLevel) -> StoredLevel:
    return StoredLevel(one.on_hand + other.on_hand, one.claimed + other.claimed, one.average_cost)
