"""Finding orders in the database and reading them whole, one or thousands in the same few statements.

Reads the raw tables, so that it is right before the models are built and at once after a sync.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Final

from shipsync.account_day import start_of, written_day
from shipsync.errors import AmbiguousOrder, UnknownOrder
from shipsync.tracking.identity import OrderKey, order_keys
from shipsync.tracking.known_dates import known as known_date
from shipsync.tracking.numbers import Numbers
from shipsync.tracking.order import Order, Shipment
from shipsync.tracking.parcels import Row, parcels_of, rows
from shipsync.tracking.references import OwnAffixes, spellings

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    import duckdb

# They read a million random ids, so that they are asked only for what nothing else has found.
_SLOW_LOOKUPS: Final = ("box_lookup", "sales_order_lookup")
_MOST_CANDIDATES: Final = 10
_OWN: Final = OwnAffixes()


@dataclass(frozen=True)
class FoundOrders:
    """What came of many references: the order of each, or why there is none.

    ``unknown`` references mean nothing that is stored; ``ambiguous`` ones mean several orders, of each of
    which the id of one shipment is given and nothing else.
    """

    orders: Mapping[str, Order] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()
    ambiguous: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def find_order(
    database: duckdb.DuckDBPyConnection, reference: str, own: OwnAffixes = _OWN
) -> Order:
    """The order that ``reference`` means.

    It may be its shipment number, shipment id, external shipment or order id, sales order id, or a
    tracking number, also with a ``#`` or a shop's own prefix more or less. ``own`` are affixes that were
    set; those that the numbers show are known anyway. Raises ``UnknownOrder`` when nothing has it,
    ``AmbiguousOrder`` when several orders are.
    """
    batch = find_orders(database, [reference], own)
    if reference in batch.ambiguous:
        candidates = batch.ambiguous[reference]
        listed = ", ".join(candidates[:_MOST_CANDIDATES])
        more = " and more" if len(candidates) > _MOST_CANDIDATES else ""
        raise AmbiguousOrder(
            f"{reference!r} means {len(candidates)} orders of different shops or buyers, so nothing is "
            f"told of any. Ask for one of their shipments instead: {listed}{more}."
        )
    if reference in batch.unknown:
        raise UnknownOrder(
            f"No shipment is known as {reference!r}: it is no shipment number, external id or "
            "tracking number in the database. If it is new, `shipsync track --live` asks the account."
        )
    return batch.orders[reference]


def find_orders(
    database: duckdb.DuckDBPyConnection, references: Iterable[str], own: OwnAffixes = _OWN
) -> FoundOrders:
    """The orders that ``references`` mean, each as ``find_order`` finds it; the same reference once.

    Raises ``DatabaseError`` when the database holds no tables yet.
    """
    asked = list(dict.fromkeys(references))
    numbers = Numbers(database, own)
    found = _mentioned(database, asked, numbers)
    shipments = {shipment for named in found.values() for shipment in named}
    orders = _orders(database, shipments, numbers, own.zone)
    whose = {s.shipment_id: key for key, members in orders.items() for s in members}
    batch: dict[str, Order] = {}
    ambiguous: dict[str, tuple[str, ...]] = {}
    for reference, named in found.items():
        keys = list(
            dict.fromkeys(whose[shipment] for shipment in sorted(named) if shipment in whose)
        )
        if len(keys) == 1:
            asked_for = next((value for value in named.values() if value), None)
            members = orders[keys[0]]
            batch[reference] = Order(members[0].order_id, members, asked_for)
        elif keys:
            ambiguous[reference] = tuple(orders[key][0].shipment_id for key in keys)
    unknown = [r for r in asked if r not in batch and r not in ambiguous]
    return FoundOrders(batch, tuple(unknown), ambiguous)


Named = dict[str, str | None]
"""Shipments by id, each with the id or tracking number that was named of it, if one was."""


def _mentioned(
    database: duckdb.DuckDBPyConnection, asked: Sequence[str], numbers: Numbers
) -> dict[str, Named]:
    """The shipments that each reference names.

    They are sought by an id or a whole number, else by an id that is slow to look up, else by a number
    with an affix of the shop's own more or less.
    """
    found: defaultdict[str, Named] = defaultdict(dict)
    for reference, shipment_id in numbers.whole(asked):
        found[reference][shipment_id] = None
    for reference, named in _written(database, "order_lookup", asked):
        found[reference] |= named
    for statement in _SLOW_LOOKUPS:
        missing = [reference for reference in asked if reference not in found]
        for reference, named in _written(database, statement, missing):
            found[reference] |= named
    missing = [reference for reference in asked if reference not in found]
    for reference, shipment_id in numbers.with_affixes(missing):
        found[reference][shipment_id] = None
    missing = [reference for reference in asked if reference not in found]
    for reference, shipment_id in _departed(database, missing):
        found[reference][shipment_id] = None
    return dict(found)


def _departed(
    database: duckdb.DuckDBPyConnection, references: Sequence[str]
) -> Iterator[tuple[str, str]]:
    """References that name a shipment which was merged or deleted, each with its id."""
    ways = [(reference, way) for reference in references for way in spellings(reference)]
    if ways and _keeps_departures(database):
        asked, written = zip(*ways, strict=True)
        for row in rows(database, "departed_lookup", asked=asked, written=written):
            yield row["asked"], row["shipment_id"]


def _keeps_departures(database: duckdb.DuckDBPyConnection) -> bool:
    return bool(rows(database, "has_departures")[0]["is_kept"])


def _written(
    database: duckdb.DuckDBPyConnection, statement: str, references: Sequence[str]
) -> Iterator[tuple[str, Named]]:
    ways = [(reference, way) for reference in references for way in spellings(reference)]
    if ways:
        asked, written = zip(*ways, strict=True)
        for row in rows(database, statement, asked=asked, written=written):
            yield row["asked"], {row["shipment_id"]: row["named"]}


def _orders(
    database: duckdb.DuckDBPyConnection,
    shipment_ids: Iterable[str],
    numbers: Numbers,
    zone: ZoneInfo,
) -> dict[OrderKey, tuple[Shipment, ...]]:
    """The orders that some shipments belong to, whole; the shipments of each oldest first."""
    wanted = set(shipment_ids)
    known = {row["shipment_id"]: row for row in _shipments(database, wanted)}
    if (absent := sorted(wanted - known.keys())) and _keeps_departures(database):
        departed = rows(database, "departed_shipments", shipment_ids=absent)
        known |= {row["shipment_id"]: row for row in departed}
    if not known:
        return {}
    siblings = set(numbers.siblings(known.values())) - known.keys()
    known |= {row["shipment_id"]: row for row in _shipments(database, siblings)}
    parcels = parcels_of(database, list(known))
    read_at: datetime | None = rows(database, "account_read")[0]["read_at"]
    keys = order_keys(known.values())
    orders: defaultdict[OrderKey, list[Shipment]] = defaultdict(list)
    for row in sorted(known.values(), key=lambda row: (row["created_at"], row["shipment_id"])):
        orders[keys[row["shipment_id"]]].append(
            Shipment(
                shipment_id=row["shipment_id"],
                order_id=row["order_id"],
                shipment_status=row["shipment_status"],
                created_at=row["created_at"],
                ship_date=_day(row["ship_date"], zone),
                hold_until_date=_day(row["hold_until_date"], zone),
                known_at=max(filter(None, (row["known_at"], read_at)), default=None),
                parcels=tuple(parcels[row["shipment_id"]]),
                closed_because=row.get("closed_because"),
                merged_into=row.get("merged_into"),
            )
        )
    return {key: tuple(shipments) for key, shipments in orders.items()}


def _day(moment: datetime | None, zone: ZoneInfo) -> datetime | None:
    """The day that a date of a shipment means, as its beginning where the account is; None if unknown."""
    moment = known_date(moment)
    return start_of(written_day(moment, zone), zone) if moment else None


def _shipments(database: duckdb.DuckDBPyConnection, shipment_ids: Iterable[str]) -> list[Row]:
    ids = sorted(shipment_ids)
    return rows(database, "order_shipments", shipment_ids=ids) if ids else []
