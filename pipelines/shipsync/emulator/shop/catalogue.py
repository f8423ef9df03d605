"""What a shop has before its first order: stores, tags, warehouses, and which shelf holds what.

Everything here has fixed ids, so that two accounts, or an account and a simulation that is
started on it later, agree without asking each other.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any, Literal

from shipsync.emulator.shop.goods import Product
from shipsync.emulator.shop.towns import DOMESTIC, Town

Body = dict[str, Any]

IdForm = Literal["se", "uuid"]
"""How ids of inventory warehouses and locations look."""

FOUNDED_AT = "2025-10-06T17:02:09.5Z"
"""When the account got its warehouses."""


@dataclass(frozen=True, slots=True)
class Store:
    """A sales channel; ``source`` is its ``order_source_code``, None for the manual store."""

    store_id: str
    source: str | None
    number_prefix: str


STORES = (
    Store("se-2481101", "shopify", "W-"),
    Store("se-2481102", "amazon_us", "112-"),
    Store("se-2481103", None, "M"),
)

TAGS = ("gift", "fragile", "vip", "backorder", "check address")


@dataclass(frozen=True, slots=True)
class Warehouse:
    """A place that parcels leave from, and the stock that stands there."""

    warehouse_id: str
    name: str
    contact: str
    street: str
    place: Town
    is_default: bool
    stock_number: int

    def origin(self) -> Body:
        """The address as ``ship_from`` of a shipment shows it."""
        email = f"{self.contact.lower()}@warehouse.example"
        return {"geolocation": None, **self._address(email)}

    def returns(self) -> Body:
        """The address as ``return_to`` of a shipment shows it."""
        return self._address(None)

    def body(self) -> Body:
        """The warehouse as GET /v2/warehouses shows it."""
        return {
            "warehouse_id": self.warehouse_id,
            "is_default": self.is_default,
            "name": self.name,
            "created_at": FOUNDED_AT,
            "origin_address": self._address(None),
            "return_address": self._address(None),
        }

    def _address(self, email: str | None) -> Body:
        return {
            "instructions": None,
            "name": f"{self.contact} at {self.name}",
            "phone": "555-0147",
            "email": email,
            "company_name": "Hearth and Barrow Supply",
            "address_line1": self.street,
            "address_line2": "",
            "address_line3": None,
            "city_locality": self.place.city,
            "state_province": self.place.state,
            "postal_code": self.place.postal_code,
            "country_code": self.place.country,
            "address_residential_indicator": "no",
        }


WAREHOUSES = (
    Warehouse("se-524101", "West Dock", "Wren", "1200 Cooperage Way", DOMESTIC[0], True, 1),
    Warehouse("se-524102", "East Dock", "Ellis", "77 Tannery Street", DOMESTIC[10], False, 2),
)

LOCATIONS = ((1, "West shelves"), (1, "West overflow"), (2, "East shelves"), (2, "East mezzanine"))


def stock_warehouse_id(form: IdForm, number: int) -> str:
    """The id of an inventory warehouse, in the given form."""
    return _stock_id(form, 880_100 + number)


def location_ids(form: IdForm) -> tuple[str, ...]:
    """The ids of the inventory locations, in the given form."""
    return tuple(_stock_id(form, 990_100 + at) for at in range(len(LOCATIONS)))


def _stock_id(form: IdForm, number: int) -> str:
    if form == "uuid":
        return str(uuid.uuid5(uuid.NAMESPACE_OID, f"inventory {number}"))
    return f"se-{number}"


def shelves_of(product: Product, form: IdForm) -> tuple[str, ...]:
    """Location ids where a product stands: one to three, the one to pick from first."""
    ids = location_ids(form)
    first = product.product_id % len(ids)
    return tuple(ids[(first + step) % len(ids)] for step in range(1 + product.product_id % 3))
