"""Fulfillments in the exact shape of the capture: shipments sent without a ShipStation label."""

from __future__ import annotations

import random
import uuid
from datetime import date
from typing import Any

from shipsync.emulator.bodies.shipment import BodySource, money
from shipsync.emulator.options import Options
from shipsync.emulator.timestamps import to_text
from shipsync.emulator.wallclock import PACIFIC, carrier_day, midnight_in

Body = dict[str, Any]

USER_ID = str(uuid.uuid5(uuid.NAMESPACE_OID, "the account's own user"))
PROVIDER_ID = "se-16846"

_OUTSIDE_CARRIERS = ("FedEx", "UPS", "DHL Express", "Royal Mail", "OnTrac", "Local Courier")


def fulfillment_body(
    numbers: BodySource,
    rng: random.Random,
    shipment: Body,
    *,
    created_at: int,
    ship_date: date,
) -> Body:
    """A fulfillment of a shipment by somebody outside; ``ship_date`` may lie in the future."""
    ship_to = {name: value for name, value in shipment["ship_to"].items() if name != "geolocation"}
    ship_to["company_name"] = ship_to["company_name"] or None
    fulfillment_id = numbers.new_id("fulfillments")
    return {
        "fulfillment_id": fulfillment_id,
        "shipment_id": shipment["shipment_id"],
        "shipment_number": shipment["shipment_number"],
        "user_id": USER_ID,
        "tracking_number": f"{rng.randrange(10**11):012d}",
        "created_at": to_text(created_at),
        "ship_date": _ship_date(ship_date, fulfillment_id, numbers.options),
        "voided_at": None,
        "delivered_at": None,
        "fulfillment_carrier_friendly_name": rng.choice(_OUTSIDE_CARRIERS),
        "fulfillment_provider_id": PROVIDER_ID,
        "fulfillment_provider_friendly_name": "External",
        "fulfillment_provider_code": "external",
        "fulfillment_service_code": "ext",
        "fulfillment_fee": money(0.0),
        "void_requested": False,
        "voided": False,
        "order_source_notified": False,
        "notification_error_message": None,
        "ship_to": ship_to,
    }


def _ship_date(day: date, fulfillment_id: str, options: Options) -> str:
    if options.ship_dates == "t07":
        return carrier_day(day)
    # One of a live account said noon; there is no rule.
    is_odd = int(fulfillment_id.removeprefix("se-")) % 9 == 0
    return f"{day.isoformat()}T12:00:00Z" if is_odd else midnight_in(day, PACIFIC)
