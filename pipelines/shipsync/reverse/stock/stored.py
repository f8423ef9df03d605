"""What the database holds of the stock: the levels last observed, the known SKUs, the locations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

import duckdb

from shipsync import queries
from shipsync.errors import UsageError
from shipsync.reverse.plan.problems import InvalidRowError, Problem
from shipsync.reverse.stock.change import Cost, StockLocation
from shipsync.statements import statement

STATEMENTS = "shipsync.reverse"


@dataclass(frozen=True, slots=True)
class StoredLevel:
    """Units of one SKU at one location.

    ``allocated`` is what orders have claimed; None when it cannot be seen, because the API leaves a
    level with nothing on hand out of its list. ``average_cost`` is for one unit.
    """

    on_hand: int
    allocated: int | None
    average_cost: Cost | None = None

    @property
    def claimed(self) -> int:
        """``allocated``, taking what cannot be seen for nothing."""
        return self.allocated or 0

    @property
    def available(self) -> int:
        """Units that no order has claimed; below zero when more is claimed than there is."""
        return self.on_hand - self.claimed


ABSENT = StoredLevel(on_hand=0, allocated=None)


@dataclass(frozen=True, slots=True)
class Location:
    """A place inside a warehouse where stock is counted; the name may be missing."""

    inventory_location_id: str
    name: str | None = None

    @property
    def label(self) -> str:
        """What a person calls it."""
        return self.name or self.inventory_location_id


class Locations:
    """Every known location; names are matched whole, without regard to case."""

    def __init__(self, known: Iterable[Location]) -> None:
        self._by_id = {location.inventory_location_id: location for location in known}
        self._by_name: dict[str, list[Location]] = {}
        for location in self._by_id.values():
            if location.name:
                self._by_name.setdefault(location.name.strip().casefold(), []).append(location)

    def label(self, inventory_location_id: str) -> str:
        """What a person calls the location; its id when it is not known."""
        known = self._by_id.get(inventory_location_id)
        return known.label if known else inventory_location_id

    def find(self, identifier: str | None, id_or_name: str | None) -> Location:
        """The one location that is meant; raises ``InvalidRowError`` when there is none or more than one."""
        if identifier is None and id_or_name is None:
            raise InvalidRowError(
                Problem.MISSING, column="location", advice="Give its id or its name."
            )
        if identifier is None or id_or_name is None:
            return self._one(identifier or id_or_name or "")
        chosen, other = self._one(identifier), self._one(id_or_name)
        if chosen != other:
            raise InvalidRowError(
                Problem.CONTRADICTING_LOCATION,
                id=identifier,
                value=id_or_name,
                other=other.inventory_location_id,
            )
        return chosen

    def _one(self, text: str) -> Location:
        if text in self._by_id:
            return self._by_id[text]
        named = self._by_name.get(text.casefold(), [])
        if not named:
            raise InvalidRowError(Problem.UNKNOWN_LOCATION, value=text)
        if len(named) > 1:
            ids = ", ".join(sorted(location.inventory_location_id for location in named))
            raise InvalidRowError(Problem.AMBIGUOUS_LOCATION, count=len(named), value=text, ids=ids)
        return named[0]


@dataclass(frozen=True)
class StoredStock:
    """The observed stock. ``skus`` are all that were ever seen, in stock or as a product.

    ``unreadable`` are the places whose level came without a whole number on hand; they have no level here.
    ``observed_at`` is when the levels were last read whole, by the account's clock, and ``read_at`` the
    same by ours. ``own_changes`` are the keys of the writes that changed a level after that.
    """

    levels: Mapping[StockLocation, StoredLevel]
    skus: frozenset[str]
    locations: Locations
    observed_at: datetime
    read_at: datetime
    own_changes: Mapping[StockLocation, str] = field(default_factory=dict)
    unreadable: frozenset[StockLocation] = frozenset()

    def level(self, place: StockLocation) -> StoredLevel:
        """The level last observed; a SKU that is not listed has nothing on hand."""
        return self.levels.get(place, ABSENT)


def read_at(con: duckdb.DuckDBPyConnection) -> datetime | None:
    """When the levels were last read whole, by our clock; None if never."""
    try:
        observed = con.execute(statement(STATEMENTS, "stored_observation")).fetchone()
    except duckdb.CatalogException as error:
        if not queries.is_missing_table(error):
            raise
        return None
    return None if observed is None else observed[1]


def location_names(con: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """The names of the locations that have one, by id; none before they were synced."""
    try:
        found = con.execute(statement(STATEMENTS, "stored_locations")).fetchall()
    except duckdb.CatalogException:
        return {}
    return {identifier: name for identifier, name in found if name}


def read_skus(con: duckdb.DuckDBPyConnection) -> frozenset[str]:
    """All SKUs that were ever seen; none before the stock was synced."""
    try:
        found = con.execute(statement(STATEMENTS, "stored_skus")).fetchall()
    except duckdb.CatalogException:
        return frozenset()
    return frozenset(sku for (sku,) in found)


def read_stored(con: duckdb.DuckDBPyConnection) -> StoredStock:
    """What the database holds; raises ``UsageError`` when the stock was never synced."""
    try:
        levels = con.execute(statement(STATEMENTS, "stored_levels")).fetchall()
        locations = con.execute(statement(STATEMENTS, "stored_locations")).fetchall()
        skus = con.execute(statement(STATEMENTS, "stored_skus")).fetchall()
        observed = con.execute(statement(STATEMENTS, "stored_observation")).fetchone()
    except duckdb.CatalogException as error:
        if not queries.is_missing_table(error):
            raise
        observed = None
    if observed is None or observed[0] is None:
        raise UsageError("The database holds no stock to plan against; run `shipsync sync` first.")
    return StoredStock(
        levels={
            StockLocation(sku, location): _level(on_hand, *rest)
            for sku, location, on_hand, *rest in levels
            if on_hand is not None
        },
        skus=frozenset(sku for (sku,) in skus),
        locations=Locations(Location(identifier, name) for identifier, name in locations),
        observed_at=observed[0],
        read_at=observed[1],
        unreadable=frozenset(
            StockLocation(sku, location) for sku, location, on_hand, *_ in levels if on_hand is None
        ),
    )


def _level(
    on_hand: int, allocated: int, amount: Decimal | None, currency: str | None
) -> StoredLevel:
    cost = None if amount is None or currency is None else Cost(amount, currency)
    return StoredLevel(on_hand, allocated, cost)
