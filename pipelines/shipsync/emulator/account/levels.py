"""Stock of one SKU at one location: lots, and the four ways in which the API changes them.

The documented rules: increment adds; decrement removes all of the quantity from what its filters
match, or nothing; adjust makes on_hand equal to the quantity by adding to or removing from one
condition; modify changes attributes of what its filters match. That the oldest units go first is
assumed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal

Money = tuple[Decimal, str]
"""Amount and lower-case currency."""


class NotEnoughStockError(Exception):
    """Fewer units match than were asked for; nothing was changed."""

    def __init__(self, wanted: int, matching: int) -> None:
        super().__init__(f"{wanted} units were asked for and {matching} match")
        self.wanted = wanted
        self.matching = matching


@dataclass(frozen=True)
class Attributes:
    """What distinguishes units of one SKU at one location."""

    condition: str
    cost: Money | None = None
    lot: str | None = None
    usable_start_date: str | None = None
    usable_end_date: str | None = None


@dataclass(frozen=True)
class Match:
    """Which units a decrement or modify may take; None admits every value."""

    condition: str | None = None
    cost: Money | None = None
    lot: str | None = None
    usable_start_date: str | None = None
    usable_end_date: str | None = None

    def admits(self, attributes: Attributes) -> bool:
        """Whether units with these attributes may be taken."""
        pairs = (
            (self.condition, attributes.condition),
            (self.cost, attributes.cost),
            (self.lot, attributes.lot),
            (self.usable_start_date, attributes.usable_start_date),
            (self.usable_end_date, attributes.usable_end_date),
        )
        return all(wanted is None or wanted == held for wanted, held in pairs)


@dataclass
class StockLot:
    """Units with the same attributes, received together."""

    quantity: int
    attributes: Attributes


@dataclass
class EmulatedLevel:
    """A SKU at a location: its batches, oldest first, and how many units orders have claimed."""

    sku: str
    location_id: str
    batches: list[StockLot] = field(default_factory=list)
    allocated: int = 0

    @property
    def on_hand(self) -> int:
        """Units present, in every condition."""
        return sum(batch.quantity for batch in self.batches)

    @property
    def average_cost(self) -> Money:
        """Mean cost over the units whose cost is known, in cents; zero when none is."""
        priced = [(b.quantity, b.attributes.cost) for b in self.batches if b.attributes.cost]
        units = sum(quantity for quantity, _ in priced)
        if not units:
            return Decimal(0), "usd"
        total = sum((quantity * cost[0] for quantity, cost in priced), Decimal(0))
        return (total / units).quantize(Decimal("0.01")), priced[0][1][1]

    def add(self, quantity: int, attributes: Attributes) -> None:
        """Receive units; they join the newest batch when its attributes are the same."""
        if quantity == 0:
            return
        if self.batches and self.batches[-1].attributes == attributes:
            self.batches[-1].quantity += quantity
        else:
            self.batches.append(StockLot(quantity, attributes))

    def matching(self, match: Match) -> int:
        """How many units the filters admit."""
        return sum(b.quantity for b in self.batches if match.admits(b.attributes))

    def take(self, quantity: int, match: Match) -> list[StockLot]:
        """Remove exactly that many matching units, oldest first, and return them as batches.

        Raises NotEnoughStockError, with nothing changed, when fewer match.
        """
        if (found := self.matching(match)) < quantity:
            raise NotEnoughStockError(quantity, found)
        taken = list(self._taken(quantity, match))
        self.batches = [batch for batch in self.batches if batch.quantity]
        return taken

    def _taken(self, quantity: int, match: Match) -> Iterator[StockLot]:
        for batch in self.batches:
            part = min(quantity, batch.quantity) if match.admits(batch.attributes) else 0
            if part:
                batch.quantity -= part
                quantity -= part
                yield StockLot(part, batch.attributes)

    def set_on_hand(self, quantity: int, attributes: Attributes) -> None:
        """Make on_hand ``quantity`` by one condition; NotEnoughStockError if it holds less."""
        difference = quantity - self.on_hand
        if difference >= 0:
            self.add(difference, attributes)
        else:
            self.take(-difference, Match(condition=attributes.condition))


def changed(
    attributes: Attributes, *, condition: str | None = None, cost: Money | None = None
) -> Attributes:
    """The same attributes with a new condition or cost, where given."""
    return replace(
        attributes,
        condition=condition or attributes.condition,
        cost=attributes.cost if cost is None else cost,
    )
