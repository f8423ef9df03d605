"""Finding orders in the database and reading them whole, one or thousands in the same few statements.

Reads the raw tables, so that it is right before the models are built and at once after a sync.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from shipsync.errors import AmbiguousOrder, UnknownOrder
from shipsync.tracking.order import Order, Shipment
from shipsync.tracking.parcels import parcels_of, rows
from shipsync.tracking.references import digits_of, lookups

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True)
class FoundOrders:
    """What came of many references: the order of each, or why there is none.

    ``unknown`` references mean nothing that is held; ``ambiguous`` ones mean several orders, of which
    the ids are given, with the store where ids are equal.
    """

    orders: Mapping[str, Order] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()
    ambiguous: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def find_order(database: duckdb.DuckDBPyConnection, reference: str) -> Order:
    """The order that ``reference`` means.

    A reference is a shipment number, a shipment id, an external shipment or order id, a sales order id or
    a tracking number, also with a ``#`` or a shop's prefix more or less. Raises ``UnknownOrder`` when
    nothing is stored under it, ``AmbiguousOrder`` when several orders are.
    """
    batch = find_orders(database, [reference])
    if reference in batch.ambiguous:
        candidates = ", ".join(batch.ambiguous[reference])
        raise AmbiguousOrder(
            f"{reference!r} means {len(batch.ambiguous[reference])} orders: {candidates}. Ask for one "
            "of their shipment ids or tracking numbers instead."
        )
    if reference in batch.unknown:
        raise UnknownOrder(
            f"No shipment is known as {reference!r}: it is no shipment number, external id or "
            "tracking number in the database. If it is new, `shipsync track --live` asks the account."
        )
    return batch.orders[reference]


def find_orders(database: duckdb.DuckDBPyConnection, references: Iterable[str]) -> FoundOrders:
    """The orders that ``references`` mean, each as ``find_order`` finds it; the same reference once.

    Raises ``DatabaseError`` when the database holds no tables yet.
    """
    asked = list(dict.fromkeys(references))
    found = _mentioned(database, asked)
    missing = [reference for reference in asked if reference not in found]
    found |= _behind_prefixes(database, missing)
    shipments = {shipment for named in found.values() for shipment in named}
    orders = _orders(database, sorted(shipments))
    whose = {s.shipment_id: key for key, members in orders.items() for s in members}
    batch: dict[str, Order] = {}
    ambiguous: dict[str, tuple[str, ...]] = {}
    for reference, named in found.items():
        keys = list(
            dict.fromkeys(whose[shipment] for shipment in sorted(named) if shipment in whose)
        )
        if len(keys) == 1:
            asked_for = next((value for value in named.values() if value), None)
            batch[reference] = Order(keys[0].order_id, orders[keys[0]], asked_for)
        elif keys:
            ambiguous[reference] = tuple(key.told(orders[key]) for key in keys)
    unknown = [r for r in asked if r not in batch and r not in ambiguous]
    return FoundOrders(batch, tuple(unknown), ambiguous)


@dataclass(frozen=True)
class _Key:
    """What an order is told apart by: a shop may have the number of another."""

    store_id: str | None
    order_id: str

    def told(self, shipments: Sequence[Shipment]) -> str:
        store = f" of store {self.store_id}" if self.store_id else ""
        return f"{self.order_id}{store} (shipment {shipments[0].shipment_id})"


Named = dict[str, str | None]
"""Shipments by id, each with the id or tracking number that was named of it, if one was."""


def _mentioned(database: duckdb.DuckDBPyConnection, asked: Sequence[str]) -> dict[str, Named]:
    """What is held as written, and of the rest what is held in another spelling, the nearest first."""
    steps = {reference: lookups(reference) for reference in asked}
    found: dict[str, Named] = {}
    for step in range(max(map(len, steps.values()), default=0)):
        due: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
        for reference, planned in steps.items():
            if reference not in found and step < len(planned):
                statement, way = planned[step]
                due[statement].append((reference, way))
        for statement, ways in due.items():
            found |= _written(database, statement, ways)
    return found


def _written(
    database: duckdb.DuckDBPyConnection, statement: str, ways: Sequence[tuple[str, str]]
) -> dict[str, Named]:
    found: defaultdict[str, Named] = defaultdict(dict)
    asked, written = [reference for reference, _ in ways], [way for _, way in ways]
    for row in rows(database, statement, asked=asked, written=written):
        found[row["asked"]][row["shipment_id"]] = row["named"]
    return dict(found)


def _behind_prefixes(
    database: duckdb.DuckDBPyConnection, missing: Sequence[str]
) -> dict[str, Named]:
    numbers = {reference: digits_of(reference) for reference in missing}
    asked = [reference for reference, digits in numbers.items() if digits]
    if not asked:
        return {}
    digits = [numbers[reference] or "" for reference in asked]
    found: defaultdict[str, Named] = defaultdict(dict)
    for row in rows(database, "prefix_lookup", asked=asked, digits=digits):
        found[row["asked"]][row["shipment_id"]] = None
    return dict(found)


def _orders(
    database: duckdb.DuckDBPyConnection, shipment_ids: Sequence[str]
) -> dict[_Key, tuple[Shipment, ...]]:
    if not shipment_ids:
        return {}
    found = rows(database, "order_shipments", shipment_ids=shipment_ids)
    parcels = parcels_of(database, [row["shipment_id"] for row in found])
    read_at: datetime | None = rows(database, "account_read")[0]["read_at"]
    orders: defaultdict[_Key, list[Shipment]] = defaultdict(list)
    for row in found:
        key = _Key(row.pop("store_id"), row["order_id"])
        row["known_at"] = max(filter(None, (row["known_at"], read_at)), default=None)
        orders[key].append(Shipment(**row, parcels=tuple(parcels[row["shipment_id"]])))
    return {key: tuple(shipments) for key, shipments in orders.items()}
