"""The levels in an answer, by place; and whether a place that they don't name is absent from them.

Absent means nothing on hand. So a row without its SKU or its location, or with the SKU in other letters
(which of the two is the account's is not established), leaves the place open: ``UnclearLevel``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from shipsync.api.paging import Item
from shipsync.errors import IncompleteRead
from shipsync.reverse.stock.change import Cost, StockLocation
from shipsync.reverse.stock.stored import ABSENT, StoredLevel


class UnclearLevel(IncompleteRead):
    """The answer may hold the place, and does not say so plainly."""


class ListedLevels:
    """What a complete answer says of every place."""

    def __init__(self, items: Iterable[Item]) -> None:
        self._levels: dict[StockLocation, StoredLevel] = {}
        self._folded: set[tuple[str, str]] = set()
        self._unplaced: set[str] = set()
        for item in items:
            self._take(item)

    def at(self, place: StockLocation) -> StoredLevel:
        """The level at a place; raises ``UnclearLevel`` where the answer leaves it open."""
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
        level, known = _level(item), self._levels.get(place)
        # A location lies in one warehouse; should a level come for two, its units are added up.
        self._levels[place] = level if known is None else _sum(known, level)
        self._folded.add((place.sku.casefold(), place.inventory_location_id.casefold()))


def _level(item: Mapping[str, Any]) -> StoredLevel:
    on_hand, allocated = item.get("on_hand"), item.get("allocated")
    if type(on_hand) is not int:
        raise IncompleteRead(
            f"The stock of {item.get('sku')} came without a whole number on_hand ({on_hand!r}); "
            "nothing was concluded from it."
        )
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
