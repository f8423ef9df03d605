"""Every path of the ShipStation v2 API that shipsync calls; no other module spells one.

Reads are a ``Listing`` or a plain path. Writes are ``Write`` objects, so that it can be proved who
uses them: only ``reverse`` does. Paths and keys are those of the vendor's OpenAPI document.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote

from shipsync.errors import UsageError


@dataclass(frozen=True)
class Along:
    """Cutting a list by a time: rows show it as ``field``, ``window`` bounds it, ``sort_by`` sorts by it."""

    field: str
    window: tuple[str, str]
    sort_by: str


@dataclass(frozen=True)
class ByValue:
    """Cutting a list by a property: the query calls it ``parameter``, rows ``field`` (dots lead inside).

    ``values`` are those known beforehand; others are learnt from rows.
    """

    parameter: str
    field: str
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class ByList:
    """Cutting a list by the ids ``key`` of the rows of another one, the list of ``stream``."""

    parameter: str
    stream: str
    key: str


@dataclass(frozen=True)
class Listing:
    """A list of the API: its stream, its path, where its rows stand and what identifies a row.

    ``paged`` tells whether the vendor documents ``page_size`` for it; the others come whole.
    ``most_rows`` is the largest page that it documents, or that a live account gave. ``cuts`` are ways
    to read a part of it at a time where it can't be paged to its end, the best first; ``created`` is
    the time at which rows came, where the list can be bounded by it; ``cut_whole`` is a way to cut a
    list that has no time.
    """

    stream: str
    path: str
    items_key: str
    key: tuple[str, ...]
    paged: bool = True
    most_rows: int = 500
    cuts: tuple[Along | ByValue, ...] = ()
    created: Along | None = None
    cut_whole: ByList | None = None


@dataclass(frozen=True)
class WriteEndpoint:
    """A call that changes the account."""

    method: Literal["POST", "PUT", "DELETE"]
    path: str


SHIPMENTS = Listing(
    "shipments",
    "/v2/shipments",
    "shipments",
    ("shipment_id",),
    cuts=(
        Along("modified_at", ("modified_at_start", "modified_at_end"), "modified_at"),
        Along("created_at", ("created_at_start", "created_at_end"), "created_at"),
        ByValue(
            "shipment_status",
            "shipment_status",
            ("pending", "on_hold", "processing", "label_purchased", "cancelled"),
        ),
        ByValue("store_id", "store_id"),
    ),
)
FULFILLMENTS = Listing(
    "fulfillments",
    "/v2/fulfillments",
    "fulfillments",
    ("fulfillment_id",),
    created=Along("created_at", ("create_date_start", "create_date_end"), "created_at"),
    cuts=(
        Along("ship_date", ("ship_date_start", "ship_date_end"), "shipped_at"),
        ByValue("fulfillment_provider_code", "fulfillment_provider_code"),
        ByValue("ship_to_country_code", "ship_to.country_code"),
    ),
)
LABELS = Listing(
    "labels",
    "/v2/labels",
    "labels",
    ("label_id",),
    created=Along("created_at", ("created_at_start", "created_at_end"), "created_at"),
    cuts=(
        ByValue("label_status", "status", ("processing", "completed", "error", "voided")),
        ByValue("carrier_id", "carrier_id"),
        ByValue("service_code", "service_code"),
        ByValue("warehouse_id", "warehouse_id"),
    ),
)
INVENTORY_LEVELS = Listing(
    "inventory_levels",
    "/v2/inventory",
    "inventory",
    ("sku", "inventory_location_id", "inventory_warehouse_id"),
    cut_whole=ByList("inventory_location_id", "inventory_locations", "inventory_location_id"),
)
WAREHOUSES = Listing("warehouses", "/v2/warehouses", "warehouses", ("warehouse_id",), paged=False)
INVENTORY_WAREHOUSES = Listing(
    "inventory_warehouses",
    "/v2/inventory_warehouses",
    "inventory_warehouses",
    ("inventory_warehouse_id",),
)
INVENTORY_LOCATIONS = Listing(
    "inventory_locations",
    "/v2/inventory_locations",
    "inventory_locations",
    ("inventory_location_id",),
)
# It has no filter that cuts it: past 10,000 products its links are followed, as far as they lead.
PRODUCTS = Listing("products", "/v2/products", "products", ("product_id",), most_rows=100)
CARRIERS = Listing("carriers", "/v2/carriers", "carriers", ("carrier_id",), paged=False)
TAGS = Listing("tags", "/v2/tags", "tags", ("name",), paged=False)
SUPPLIERS = Listing("suppliers", "/v2/suppliers", "suppliers", ("supplier_id",))
PURCHASE_ORDERS = Listing(
    "purchase_orders", "/v2/purchase_orders", "purchase_orders", ("purchase_order_id",)
)

LISTINGS: dict[str, Listing] = {
    listing.stream: listing
    for listing in (
        SHIPMENTS,
        FULFILLMENTS,
        LABELS,
        INVENTORY_LEVELS,
        WAREHOUSES,
        INVENTORY_WAREHOUSES,
        INVENTORY_LOCATIONS,
        PRODUCTS,
        CARRIERS,
        TAGS,
        SUPPLIERS,
        PURCHASE_ORDERS,
    )
}


def _segment(identifier: str) -> str:
    # An empty or dotted id would turn the path into that of another resource.
    if identifier.strip() in ("", ".", ".."):
        raise UsageError(f"{identifier!r} is not an id; give the id as ShipStation shows it.")
    return quote(identifier, safe="")


def shipment(shipment_id: str) -> str:
    """One shipment."""
    return f"{SHIPMENTS.path}/{_segment(shipment_id)}"


def shipment_by_external_id(external_shipment_id: str) -> str:
    """One shipment, by the id its seller gave it."""
    return f"{SHIPMENTS.path}/external_shipment_id/{_segment(external_shipment_id)}"


def shipment_rates(shipment_id: str) -> str:
    """The rates asked for so far for one shipment."""
    return f"{shipment(shipment_id)}/rates"


TRACKING = "/v2/tracking"
"""The tracking state and every event of one parcel, by its carrier's number."""


def label(label_id: str) -> str:
    """One label."""
    return f"{LABELS.path}/{_segment(label_id)}"


def label_track(label_id: str) -> str:
    """The tracking state and every event of one label's parcel."""
    return f"{label(label_id)}/track"


def warehouse(warehouse_id: str) -> str:
    """One warehouse that parcels leave from."""
    return f"{WAREHOUSES.path}/{_segment(warehouse_id)}"


def purchase_order(purchase_order_id: str) -> str:
    """One purchase order with its products, which the list leaves out."""
    return f"{PURCHASE_ORDERS.path}/{_segment(purchase_order_id)}"


CHANGE_STOCK = WriteEndpoint("POST", "/v2/inventory")
CREATE_SHIPMENTS = WriteEndpoint("POST", "/v2/shipments")
CREATE_FULFILLMENTS = WriteEndpoint("POST", "/v2/fulfillments")
CALCULATE_RATES = WriteEndpoint("POST", "/v2/rates")


def cancel_shipment(shipment_id: str) -> WriteEndpoint:
    """Cancel one shipment; ShipStation refuses it while a label of it is live."""
    return WriteEndpoint("PUT", f"{shipment(shipment_id)}/cancel")


def void_label(label_id: str) -> WriteEndpoint:
    """Void one label; a refusal comes as 200 with ``approved`` false."""
    return WriteEndpoint("PUT", f"{label(label_id)}/void")
