"""/v2/fulfillments: list, and mark shipments as shipped without a label."""

from __future__ import annotations

from datetime import date
from random import Random
from typing import Any

import orjson

from shipsync.emulator.account.account import Account
from shipsync.emulator.bodies.fulfillment import fulfillment_body
from shipsync.emulator.http.listing import ListedCollection, list_rows
from shipsync.emulator.http.problems import JSON
from shipsync.emulator.http.query import Parameter
from shipsync.emulator.http.request import Response
from shipsync.emulator.http.request_bodies import NewFulfillment, NewFulfillments
from shipsync.emulator.http.routing import PAGE, PAGE_SIZE, SORT_DIR, Call, Route
from shipsync.emulator.routes.shipments import WAITING
from shipsync.emulator.timestamps import of_moment, to_micros, to_text

LISTING = ListedCollection(
    kind="fulfillments",
    instants={"create_date": "created_at", "ship_date": "shipped_at"},
    sorts={
        "created_at": "created_at",
        "shipped_at": "shipped_at",
        "modified_at": "modified_at",
    },
    descending=False,
    tests={},
    shows_modified=False,
)

FILTERS = (
    Parameter("ship_to_name"),
    Parameter("ship_to_country_code"),
    Parameter("shipment_number"),
    Parameter("shipment_id"),
    Parameter("fulfillment_id"),
    Parameter("batch_id"),
    Parameter("order_source_id"),
    Parameter("fulfillment_provider_code"),
    Parameter("tracking_number"),
    Parameter("ship_date_start", "instant"),
    Parameter("ship_date_end", "instant"),
    Parameter("create_date_start", "instant"),
    Parameter("create_date_end", "instant"),
    Parameter("sort_by", "choice", ("created_at", "modified_at", "shipped_at")),
    SORT_DIR,
    PAGE,
    PAGE_SIZE,
)


def list_fulfillments(account: Account, call: Call) -> Response:
    """A page of fulfillments."""
    return list_rows(account, call, LISTING, "created_at")


def create_fulfillments(account: Account, call: Call) -> Response:
    """Mark each shipment that can be marked; always 200, row by row. No id comes back [O]."""
    assert isinstance(call.body, NewFulfillments)
    rows = [_row(account, new, call.random) for new in call.body.fulfillments]
    failed = any(row["error_message"] for row in rows)
    return Response(200, orjson.dumps({"has_errors": failed, "fulfillments": rows}), JSON)


def _row(account: Account, new: NewFulfillment, random: Random) -> dict[str, Any]:
    shipment = account.find("shipments", new.shipment_id)
    message = _reason_against(account, new, shipment)
    if shipment is not None and message is None:
        cause = "POST /v2/fulfillments"
        account.parcels.put_fulfillment(_body(account, new, shipment, random), cause=cause)
        status = account.options.status_after_fulfillment
        if shipment["shipment_status"] != status and (status != "pending" or not _waits(shipment)):
            account.orders.change(new.shipment_id, cause=cause, shipment_status=status)
    number = (shipment or {}).get("shipment_number") or ""
    return {
        "shipment_id": new.shipment_id,
        "shipment_number": number,
        "error_message": message,
    }


def _waits(shipment: dict[str, Any]) -> bool:
    return shipment["shipment_status"] in WAITING


def _reason_against(
    account: Account, new: NewFulfillment, shipment: dict[str, Any] | None
) -> str | None:
    if shipment is None:
        return f"There is no shipment '{new.shipment_id}'."
    if shipment["shipment_status"] == "cancelled":
        return "The shipment is cancelled."
    if any(not label["voided"] for label in account.parcels.labels_of(new.shipment_id)):
        return "The shipment has a label and counts as fulfilled."
    held = account.parcels.fulfillments_of(new.shipment_id)
    refuses = account.options.repeated_fulfillment == "refuse"
    if refuses and any(not fulfillment["voided"] for fulfillment in held):
        return "The shipment is fulfilled already."
    codes = {carrier.get("carrier_code") for carrier in account.master_data.items("carriers")}
    if new.carrier_code not in codes:
        return f"The carrier '{new.carrier_code}' is not connected."
    return None


def _body(
    account: Account, new: NewFulfillment, shipment: dict[str, Any], random: Random
) -> dict[str, Any]:
    now = to_text(of_moment(account.clock.now()))
    body = fulfillment_body(
        account.numbers,
        random,
        shipment,
        created_at=to_micros(now),
        ship_date=date.fromisoformat((new.ship_date or now)[:10]),
    )
    carrier = _carrier(account, new.carrier_code)
    return {
        **body,
        "shipment_number": shipment["shipment_number"] or "",
        "tracking_number": new.tracking_number,
        "fulfillment_carrier_friendly_name": carrier.get("friendly_name") or new.carrier_code,
        "order_source_notified": new.notify_order_source,
    }


def _carrier(account: Account, code: str) -> dict[str, Any]:
    carriers = account.master_data.items("carriers")
    return next((carrier for carrier in carriers if carrier.get("carrier_code") == code), {})


ROUTES = (
    Route("GET", "/v2/fulfillments", list_fulfillments, FILTERS),
    Route("POST", "/v2/fulfillments", create_fulfillments, body=NewFulfillments),
)
