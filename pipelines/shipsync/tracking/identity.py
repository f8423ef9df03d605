"""Which shipments are one order: those of one shop and number that are known to go to one buyer.

A number alone proves nothing: shops begin again at 1001, marketplaces and manual orders bring numbers of
their own. Two shipments of one number are one order where the buyer's name and postcode agree, or where
both carry the same external order id; the models of schema ``tracking`` reckon the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from shipsync.tracking.references import folded

_ZIP_CODE: Final = re.compile(r"^([0-9]{5})[0-9]{4}$")


@dataclass(frozen=True)
class OrderKey:
    """What an order is told apart by: its shop, its folded number, and the first of its shipments."""

    store_id: str | None
    number: str
    first_shipment_id: str


def order_keys(rows: Iterable[Mapping[str, Any]]) -> dict[str, OrderKey]:
    """The order of each shipment, by its id; ``rows`` are those of ``order_shipments``."""
    shipments = {row["shipment_id"]: row for row in rows}
    first = {shipment_id: shipment_id for shipment_id in shipments}

    def root(shipment_id: str) -> str:
        while first[shipment_id] != shipment_id:
            shipment_id = first[shipment_id]
        return shipment_id

    seen: dict[tuple[object, ...], str] = {}
    for shipment_id, row in sorted(shipments.items()):
        for evidence in _evidence(row):
            key = (row["store_id"], folded(row["order_id"]), *evidence)
            one, other = sorted((root(shipment_id), root(seen.setdefault(key, shipment_id))))
            first[other] = one
    return {
        shipment_id: OrderKey(row["store_id"], folded(row["order_id"]), root(shipment_id))
        for shipment_id, row in shipments.items()
    }


def _evidence(row: Mapping[str, Any]) -> Iterable[tuple[str, ...]]:
    buyer = buyer_key(row)
    if buyer:
        yield ("buyer", buyer)
    external = (row["external_order_id"] or "").strip()
    # An external id that only repeats the number says no more than the number, unless nothing else is known.
    if external and (folded(external) != folded(row["order_id"]) or not buyer):
        yield ("external", external)


def buyer_key(row: Mapping[str, Any]) -> str | None:
    """The buyer's name and postcode, however they are typed; None where they are not known.

    Where there are no postcodes the town and the country stand for one; of a US ZIP+4 the first five count.
    """
    name = _letters(row["ship_to_name"])
    code = _ZIP_CODE.sub(r"\1", _letters(row["ship_to_postal_code"]))
    place = code or _letters(row["ship_to_city_locality"]) + _letters(row["ship_to_country_code"])
    return f"{name}/{place}" if name and place else None


def _letters(text: str | None) -> str:
    return "".join(c for c in (text or "").lower() if c.isalnum())
