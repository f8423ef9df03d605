"""What each paged list of the account can be filtered and sorted by."""

from __future__ import annotations

from collections.abc import Callable

from shipsync.emulator.account.collection import Body, Layout


def _text(field: str) -> Callable[[Body], str | None]:
    return lambda body: body.get(field)


def _of_receiver(field: str) -> Callable[[Body], str | None]:
    return lambda body: (body.get("ship_to") or {}).get(field)


SHIPMENTS = Layout(
    id_field="shipment_id",
    columns={
        "shipment_status": _text("shipment_status"),
        "shipment_number": _text("shipment_number"),
        "external_shipment_id": _text("external_shipment_id"),
        "store_id": _text("store_id"),
        "ship_to_name": _of_receiver("name"),
        "batch_id": None,
        "import_batch_id": None,
        "pickup_id": None,
    },
    lookups=frozenset({"shipment_number", "external_shipment_id", "import_batch_id"}),
    instants=("created_at", "modified_at", "paid_at"),
)

LABELS = Layout(
    id_field="label_id",
    columns={
        "label_status": _text("status"),
        "service_code": _text("service_code"),
        "carrier_id": _text("carrier_id"),
        "tracking_number": _text("tracking_number"),
        "batch_id": _text("batch_id"),
        "shipment_id": _text("shipment_id"),
        "external_shipment_id": _text("external_shipment_id"),
        "rate_id": None,
        "warehouse_id": None,
        "refund_status": None,
    },
    lookups=frozenset({"shipment_id", "tracking_number", "external_shipment_id", "batch_id"}),
    instants=("created_at", "modified_at", "voided_at"),
)

FULFILLMENTS = Layout(
    id_field="fulfillment_id",
    columns={
        "fulfillment_id": _text("fulfillment_id"),
        "shipment_id": _text("shipment_id"),
        "shipment_number": _text("shipment_number"),
        "tracking_number": _text("tracking_number"),
        "fulfillment_provider_code": _text("fulfillment_provider_code"),
        "ship_to_name": _of_receiver("name"),
        "ship_to_country_code": _of_receiver("country_code"),
        "batch_id": None,
        "order_source_id": None,
    },
    lookups=frozenset({"fulfillment_id", "shipment_id", "shipment_number", "tracking_number"}),
    instants=("created_at", "modified_at", "shipped_at"),
)
