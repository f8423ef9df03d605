"""One change of stock, as the API takes it.

``adjust`` makes the quantity on hand what it says; ``increment`` and ``decrement`` add and take;
``modify`` moves stock to another location or gives it another cost or condition. Only ``adjust`` may be
sent twice without changing more than once (FACTS, Inventory).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

import orjson

KIND = "stock"
"""The name of these writes in the outbox."""

CONDITIONS = ("sellable", "damaged", "expired", "qa_hold")


class Change(StrEnum):
    """The ``transaction_type`` of the API."""

    ADJUST = "adjust"
    INCREMENT = "increment"
    DECREMENT = "decrement"
    MODIFY = "modify"


@dataclass(frozen=True, slots=True, order=True)
class StockLocation:
    """Where the stock of one SKU is counted."""

    sku: str
    inventory_location_id: str

    def __str__(self) -> str:
        return f"{self.sku} at {self.inventory_location_id}"


@dataclass(frozen=True, slots=True)
class Cost:
    """Money for one unit; ``currency`` is a three-letter code as it was given."""

    amount: Decimal
    currency: str


_DETAILS = (
    *("cost", "condition", "lot", "usable_start_date", "usable_end_date", "effective_at"),
    *("reason", "notes", "new_inventory_location_id", "new_cost", "new_condition"),
)


@dataclass(frozen=True, slots=True)
class StockAction:
    """A change of ``quantity`` units; times are RFC 3339 text, None means not given."""

    change: Change
    sku: str
    inventory_location_id: str
    quantity: int
    cost: Cost | None = None
    condition: str | None = None
    lot: str | None = None
    usable_start_date: str | None = None
    usable_end_date: str | None = None
    effective_at: str | None = None
    reason: str | None = None
    notes: str | None = None
    new_inventory_location_id: str | None = None
    new_cost: Cost | None = None
    new_condition: str | None = None

    @property
    def place(self) -> StockLocation:
        """Where it changes stock first of all."""
        return StockLocation(self.sku, self.inventory_location_id)

    @property
    def target(self) -> StockLocation | None:
        """Where a move puts the stock."""
        if self.new_inventory_location_id is None:
            return None
        return StockLocation(self.sku, self.new_inventory_location_id)

    @property
    def places(self) -> tuple[StockLocation, ...]:
        """Every place whose level it changes."""
        target = self.target
        return (self.place,) if target is None else (self.place, target)

    @property
    def may_be_repeated(self) -> bool:
        """Whether carrying it out twice comes to the same as once."""
        return self.change is Change.ADJUST

    def request(self) -> dict[str, object]:
        """The body of the request that makes the change."""
        body: dict[str, object] = {
            "transaction_type": self.change.value,
            "sku": self.sku,
            "quantity": self.quantity,
            "inventory_location_id": self.inventory_location_id,
        }
        for name in _DETAILS:
            if (detail := getattr(self, name)) is not None:
                body[name] = _money(detail) if isinstance(detail, Cost) else detail
        return body


def from_request(request: Mapping[str, object]) -> StockAction:
    """The action whose ``request()`` this is."""
    plain = {
        name: str(value)
        for name, value in request.items()
        if name not in ("transaction_type", "quantity", "cost", "new_cost")
    }
    return StockAction(
        change=Change(str(request["transaction_type"])),
        quantity=int(str(request["quantity"])),
        cost=_cost(request.get("cost")),
        new_cost=_cost(request.get("new_cost")),
        **plain,
    )


def derived_key(request: Mapping[str, object], connection: str, observation: str) -> str:
    """A key for a row that came without one; the same row gets the same key.

    An ``adjust`` is a statement about the stock as it was observed, so the observation is part of its
    key: next month's adjust to the same figure is another row. The other changes are deliveries and
    withdrawals: the same row given twice must not be made twice, whatever was observed in between.
    """
    seen = observation if request["transaction_type"] == Change.ADJUST else ""
    parts = orjson.dumps([connection, seen, request], option=orjson.OPT_SORT_KEYS)
    return f"auto-{hashlib.sha256(parts).hexdigest()[:24]}"


def _money(cost: Cost) -> dict[str, object]:
    return {"amount": float(cost.amount), "currency": cost.currency}


def _cost(value: object) -> Cost | None:
    if not isinstance(value, Mapping):
        return None
    return Cost(Decimal(str(value["amount"])), str(value["currency"]))
