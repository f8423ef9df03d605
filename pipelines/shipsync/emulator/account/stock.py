"""Stock levels of an account and every way in which they move."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pendulum

from shipsync.emulator.account.levels import Attributes, EmulatedLevel, Match, Money, changed
from shipsync.emulator.account.master_data import MasterData
from shipsync.emulator.account.state import AccountState


class BelowAllocatedError(Exception):
    """The change would leave fewer units than orders have claimed; nothing was changed."""


class Stock:
    """The stock of an account: one level per SKU and inventory location."""

    def __init__(self, state: AccountState, master_data: MasterData) -> None:
        self._state = state
        self._master_data = master_data
        self._levels: dict[tuple[str, str], EmulatedLevel] = {}

    def level(self, sku: str, location_id: str) -> dict[str, Any]:
        """The level as GET /v2/inventory gives it, also at 0, where that list leaves it out."""
        with self._state.lock:
            held = self._levels.get((sku, location_id)) or EmulatedLevel(sku, location_id)
            return self._level_body(held)

    def levels(self) -> list[dict[str, Any]]:
        """Every level with units on hand, sorted by SKU and location: what the list serves."""
        with self._state.lock:
            held = (self._levels[key] for key in sorted(self._levels))
            return [self._level_body(level) for level in held if level.on_hand]

    def move(
        self,
        sku: str,
        location_id: str,
        *,
        on_hand: int | None = None,
        delta: int | None = None,
        allocated: int | None = None,
        cost: Money | None = None,
        at: pendulum.DateTime | None = None,
        cause: str = "move",
    ) -> int:
        """Move stock as a shop does it, not through the API; returns what is on hand afterwards.

        Give ``on_hand`` (units afterwards) or ``delta`` (units more or fewer), ``allocated`` (units
        claimed afterwards), or both kinds. A delta below nothing takes what is there: the default
        condition first, then any.
        """
        with self._state.lock:
            level = self._hold(sku, location_id)
            before = self._level_body(level)
            if on_hand is not None:
                delta = on_hand - level.on_hand
            if delta is not None and delta > 0:
                level.add(delta, Attributes(self._state.options.default_condition, cost))
            elif delta:
                self._draw(level, -delta)
            if allocated is not None:
                level.allocated = allocated
            self._log(level, before, at, cause)
            return level.on_hand

    def _draw(self, level: EmulatedLevel, quantity: int) -> None:
        quantity = min(quantity, level.on_hand)
        usual = Match(condition=self._state.options.default_condition)
        first = min(quantity, level.matching(usual))
        level.take(first, usual)
        level.take(quantity - first, Match())

    # What POST /v2/inventory does, one method per transaction type. Each changes all or nothing.

    def increment(self, sku: str, location_id: str, quantity: int, attributes: Attributes) -> None:
        """Add units with these attributes."""
        with self._state.lock:
            level = self._hold(sku, location_id)
            before = self._level_body(level)
            level.add(quantity, attributes)
            self._log(level, before, None, "POST /v2/inventory increment")

    def decrement(self, sku: str, location_id: str, quantity: int, match: Match) -> None:
        """Remove units that match. Raises NotEnoughStockError or BelowAllocatedError."""
        with self._state.lock:
            level = self._hold(sku, location_id)
            before = self._level_body(level)
            self._guard_allocated(level, level.on_hand - quantity)
            level.take(quantity, match)
            self._log(level, before, None, "POST /v2/inventory decrement")

    def adjust(self, sku: str, location_id: str, quantity: int, attributes: Attributes) -> None:
        """Make on_hand equal to ``quantity``. Raises NotEnoughStockError or BelowAllocatedError."""
        with self._state.lock:
            level = self._hold(sku, location_id)
            before = self._level_body(level)
            self._guard_allocated(level, quantity)
            level.set_on_hand(quantity, attributes)
            self._log(level, before, None, "POST /v2/inventory adjust")

    def modify(
        self,
        sku: str,
        location_id: str,
        quantity: int,
        match: Match,
        *,
        new_location_id: str | None = None,
        new_condition: str | None = None,
        new_cost: Money | None = None,
    ) -> None:
        """Change attributes of matching units, or move them.

        Raises NotEnoughStockError or BelowAllocatedError.
        """
        with self._state.lock:
            source = self._hold(sku, location_id)
            target = self._hold(sku, new_location_id or location_id)
            before = [(level, self._level_body(level)) for level in (source, target)]
            if target is not source:
                self._guard_allocated(source, source.on_hand - quantity)
            for batch in source.take(quantity, match):
                attributes = changed(batch.attributes, condition=new_condition, cost=new_cost)
                target.add(batch.quantity, attributes)
            for level, old in before:
                self._log(level, old, None, "POST /v2/inventory modify")

    def _guard_allocated(self, level: EmulatedLevel, on_hand: int) -> None:
        refused = self._state.options.below_allocated == "refuse"
        if refused and on_hand < min(level.allocated, level.on_hand):
            raise BelowAllocatedError(
                f"{level.allocated} units are allocated, {on_hand} would be left"
            )

    def _hold(self, sku: str, location_id: str) -> EmulatedLevel:
        return self._levels.setdefault((sku, location_id), EmulatedLevel(sku, location_id))

    def _log(
        self,
        level: EmulatedLevel,
        before: Mapping[str, Any],
        at: pendulum.DateTime | None,
        cause: str,
    ) -> None:
        body = self._level_body(level)
        if body != before:
            entity_id = f"{level.sku}@{level.location_id}"
            self._state.write("inventory_levels", entity_id, body, self._state.stamp(at), cause)

    def _level_body(self, level: EmulatedLevel) -> dict[str, Any]:
        amount, currency = level.average_cost
        location = self._master_data.item("inventory_locations", level.location_id) or {}
        return {
            "sku": level.sku,
            "on_hand": level.on_hand,
            "allocated": level.allocated,
            "available": level.on_hand - level.allocated,
            "average_cost": {"amount": float(amount), "currency": currency},
            "inventory_warehouse_id": location.get("inventory_warehouse_id"),
            "inventory_location_id": level.location_id,
        }
