"""Where is my order: what the database holds of an order's parcels, as one typed answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from shipsync import queries
from shipsync.errors import UnknownOrder

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True)
class Event:
    """One scan: ``occurred_at`` in UTC, ``carrier_occurred_at`` in the local time of the place."""

    occurred_at: datetime | None
    carrier_occurred_at: datetime | None
    description: str | None
    city_locality: str | None
    state_province: str | None
    postal_code: str | None
    carrier_status_description: str | None


@dataclass(frozen=True)
class Parcel:
    """One label, or one fulfillment made without a label (``label_id`` is None), and its scans.

    ``status_code`` is ShipStation's two letters (DE delivered, IT in transit, EX exception ...),
    None while nothing is known; ``known_at`` is when ShipStation was asked. Events: newest first.
    """

    shipment_id: str
    label_id: str | None
    tracking_number: str | None
    tracking_url: str | None
    carrier: str | None
    status_code: str | None
    status_description: str | None
    carrier_status_description: str | None
    ship_date: datetime | None
    estimated_delivery_date: datetime | None
    actual_delivery_date: datetime | None
    exception_description: str | None
    is_voided: bool
    known_at: datetime | None
    events: tuple[Event, ...] = ()


@dataclass(frozen=True)
class Shipment:
    """One shipment of the order, with its parcels: live ones first, then newest first."""

    shipment_id: str
    order_id: str
    shipment_status: str | None
    created_at: datetime
    parcels: tuple[Parcel, ...] = ()

    @property
    def parcel(self) -> Parcel | None:
        """The parcel under way, or None while every label is voided or none was bought."""
        return next((parcel for parcel in self.parcels if not parcel.is_voided), None)


@dataclass(frozen=True)
class Order:
    """What is known of one order, which may go out in several shipments (oldest first)."""

    order_id: str
    shipments: tuple[Shipment, ...]

    @property
    def parcel(self) -> Parcel | None:
        """The newest parcel under way, for a question that wants one."""
        under_way = [shipment.parcel for shipment in self.shipments if shipment.parcel]
        return under_way[-1] if under_way else None


def track(database: duckdb.DuckDBPyConnection, reference: str) -> Order:
    """The order that ``reference`` means: its shipment number, shipment id, external shipment or
    order id, sales order id, or a tracking number; a ``#`` before it is dropped if nothing has it.

    Reads the database only. Raises ``UnknownOrder`` when no shipment is known by that reference.
    """
    found = _shipments(database, reference.strip())
    if not found and reference.strip().startswith("#"):
        found = _shipments(database, reference.strip().lstrip("#"))
    if not found:
        raise UnknownOrder(
            f"No shipment is known as {reference!r}: it is no shipment number, external id or "
            "tracking number in the database. If it is new, `shipsync sync` fetches it."
        )
    parcels = _parcels(database, [row["shipment_id"] for row in found])
    shipments = tuple(
        Shipment(**row, parcels=tuple(p for p in parcels if p.shipment_id == row["shipment_id"]))
        for row in found
    )
    return Order(shipments[0].order_id, shipments)


def answer(order: Order) -> dict[str, object]:
    """The order as support tools read it: ``{"shipstation": {"order_id", "tracking": {...},
    ...}}``; ``tracking`` is that of the parcel under way, null when there is none."""
    parcel = order.parcel
    return {
        "shipstation": {
            "order_id": order.order_id,
            "tracking": _tracking(parcel) if parcel else None,
            "carrier": parcel.carrier if parcel else None,
            "estimated_delivery_date": parcel.estimated_delivery_date if parcel else None,
            "exception_description": parcel.exception_description if parcel else None,
            "shipments": [
                {
                    "shipment_id": shipment.shipment_id,
                    "shipment_status": shipment.shipment_status,
                    "tracking": [_tracking(p) for p in shipment.parcels if not p.is_voided],
                }
                for shipment in order.shipments
            ],
        }
    }


def _tracking(parcel: Parcel) -> dict[str, object]:
    return {
        "tracking_number": parcel.tracking_number,
        "tracking_url": parcel.tracking_url,
        "status_description": parcel.status_description,
        "carrier_status_description": parcel.carrier_status_description,
        "ship_date": parcel.ship_date,
        "actual_delivery_date": parcel.actual_delivery_date,
        "events": [
            {
                "carrier_occurred_at": event.carrier_occurred_at,
                "description": event.description,
                "city_locality": event.city_locality,
                "state_province": event.state_province,
                "postal_code": event.postal_code,
                "carrier_status_description": event.carrier_status_description,
            }
            for event in parcel.events
        ],
    }


def _shipments(database: duckdb.DuckDBPyConnection, reference: str) -> list[dict[str, Any]]:
    return queries.fetch(database, "track_shipments", {"reference": reference}).objects()


def _parcels(database: duckdb.DuckDBPyConnection, shipment_ids: list[str]) -> list[Parcel]:
    rows = queries.fetch(database, "track_parcels", {"shipment_ids": shipment_ids}).objects()
    labels = [row["label_id"] for row in rows if row["label_id"]]
    events: dict[str, list[Event]] = {label_id: [] for label_id in labels}
    for row in queries.fetch(database, "track_events", {"label_ids": labels}).objects():
        events[row.pop("label_id")].append(Event(**row))
    return [Parcel(**row, events=tuple(events.get(row["label_id"], ()))) for row in rows]
