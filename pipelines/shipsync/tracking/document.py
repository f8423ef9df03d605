"""An order as support tools read it: the vendor's names, nested as they are used to."""

from __future__ import annotations

from datetime import datetime

from shipsync.tracking.order import Order, Parcel, ScanEvent, Shipment
from shipsync.tracking.situations import situation_of
from shipsync.tracking.wording import Wording, told


def document(order: Order, now: datetime, words: Wording | None = None) -> dict[str, object]:
    """``{"shipstation": {"order_id", "tracking", ...}, "answer": {"text", "known_at"}}``.

    ``tracking`` is that of the parcel that was asked for, else of the newest under way; with nulls and
    no events when there is none. ``shipments`` holds every shipment of the order with its parcels.
    Times without a zone are the carrier's local time. ``words`` as for ``told``.
    """
    parcel = order.parcel
    return {
        "shipstation": {
            "order_id": order.order_id,
            "tracking": _tracking(parcel),
            "carrier": parcel.carrier if parcel else None,
            "estimated_delivery_date": parcel.estimated_delivery_date if parcel else None,
            "exception_description": parcel.exception_description if parcel else None,
            "shipments": [_shipment(shipment, now) for shipment in order.shipments],
        },
        "answer": {"text": told(order, now, words), "known_at": order.known_at},
    }


def _shipment(shipment: Shipment, now: datetime) -> dict[str, object]:
    return {
        "shipment_id": shipment.shipment_id,
        "shipment_status": shipment.shipment_status,
        "situation": situation_of(shipment, shipment.parcel, now),
        "parcels": [
            {
                **_tracking(parcel),
                "carrier": parcel.carrier,
                "estimated_delivery_date": parcel.estimated_delivery_date,
                "exception_description": parcel.exception_description,
                "situation": situation_of(shipment, parcel, now),
                "boxes": list(parcel.boxes),
                "known_at": parcel.known_at,
            }
            for parcel in shipment.under_way
        ],
    }


def _tracking(parcel: Parcel | None) -> dict[str, object]:
    return {
        "tracking_number": parcel.tracking_number if parcel else None,
        "tracking_url": parcel.tracking_url if parcel else None,
        "status_description": parcel.status_description if parcel else None,
        "carrier_status_description": parcel.carrier_status_description if parcel else None,
        "ship_date": parcel.ship_date if parcel else None,
        "actual_delivery_date": parcel.actual_delivery_date if parcel else None,
        "events": [_event(event) for event in parcel.events] if parcel else [],
    }


def _event(event: ScanEvent) -> dict[str, object]:
    return {
        "carrier_occurred_at": event.carrier_occurred_at,
        "description": event.description,
        "city_locality": event.city_locality,
        "state_province": event.state_province,
        "postal_code": event.postal_code,
        "carrier_status_description": event.carrier_status_description,
    }
