"""Rates: what each connected service would charge for a shipment. The prices are made up."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import orjson

from shipsync.emulator.account.account import Account
from shipsync.emulator.http.problems import JSON, ErrorBody, RefusedError, not_found
from shipsync.emulator.http.query import Parameter
from shipsync.emulator.http.request import Response
from shipsync.emulator.http.request_bodies import RateRequest
from shipsync.emulator.http.routing import Call, Route
from shipsync.emulator.routes.given_shipment import shipment_from
from shipsync.emulator.routes.shipments import check_options
from shipsync.emulator.timestamps import of_moment, to_text

Body = dict[str, Any]

_KEPT = 10_000


def shipment_rates(account: Account, call: Call) -> Response:
    """Rates for a shipment that exists, from every carrier."""
    shipment_id = call.ids["shipment_id"]
    shipment = _shipment(account, shipment_id)
    left = account.rates_pending.pop(shipment_id, 0)
    if left:
        account.rates_pending[shipment_id] = left - 1
        return Response(200, orjson.dumps(_working(account, shipment)), JSON)
    return Response(200, orjson.dumps(_information(account, shipment, None, ())), JSON)


def calculate_rates(account: Account, call: Call) -> Response:
    """The shipment, stored or described, with its rates in ``rate_response``."""
    assert isinstance(call.body, RateRequest)
    asked = call.body
    if (asked.shipment_id is None) == (asked.shipment is None):
        message = "Give either shipment_id or shipment."
        raise RefusedError(400, ErrorBody("validation", "field_value_required", message))
    if asked.shipment is not None:
        shipment = shipment_from(account, asked.shipment)
        account.orders.put(shipment, cause="POST /v2/rates")
    else:
        shipment = _shipment(account, str(asked.shipment_id))
        if account.options.rates_need_option_values:
            check_options(shipment["items"])
    options = asked.rate_options
    carriers = set(options.carrier_ids) if options else None
    services = options.service_codes if options else ()
    if account.options.rates_pending_for:
        account.rates_pending[shipment["shipment_id"]] = account.options.rates_pending_for
        rates = _working(account, shipment)
    else:
        rates = _information(account, shipment, carriers, services)
    return Response(200, orjson.dumps({**shipment, "rate_response": rates}), JSON)


def get_rate(account: Account, call: Call) -> Response:
    """A rate that was calculated before."""
    rate_id = call.ids["rate_id"]
    held = account.rates.get(rate_id)
    if held is None:
        raise not_found("rate", rate_id)
    return Response(200, orjson.dumps(held), JSON)


def _shipment(account: Account, shipment_id: str) -> Body:
    shipment = account.find("shipments", shipment_id)
    if shipment is None:
        raise not_found("shipment", shipment_id)
    return shipment


def _information(
    account: Account, shipment: Body, carriers: Collection[str] | None, services: Collection[str]
) -> Body:
    rates = [
        _rate(account, shipment, carrier, service)
        for carrier in account.master_data.items("carriers")
        if carriers is None or carrier["carrier_id"] in carriers
        for service in carrier.get("services") or ()
        if _goes_there(service, shipment) and (not services or service["service_code"] in services)
    ]
    for rate in rates:
        account.rates[rate["rate_id"]] = rate
    while len(account.rates) > _KEPT:
        del account.rates[next(iter(account.rates))]
    if rates:
        return _answer(account, shipment, rates, "completed", [])
    refusal = _no_rates().body(account.options.error_source)
    return _answer(account, shipment, rates, "error", [refusal])


def _goes_there(service: Body, shipment: Body) -> bool:
    """Whether a service is one for parcels that stay in the country, or that leave it, as needed."""
    origin = shipment["ship_from"] or {"country_code": "US"}
    leaves = shipment["ship_to"]["country_code"] != origin["country_code"]
    return bool(service["international" if leaves else "domestic"])


def _working(account: Account, shipment: Body) -> Body:
    """What is answered while the carriers are still being asked."""
    return _answer(account, shipment, [], "working", [])


def _answer(
    account: Account, shipment: Body, rates: list[Body], status: str, errors: list[Body]
) -> Body:
    return {
        "rates": rates,
        "invalid_rates": [],
        "rate_request_id": account.numbers.new_id("rate_requests"),
        "shipment_id": shipment["shipment_id"],
        "created_at": to_text(of_moment(account.clock.now())),
        "status": status,
        "errors": errors,
    }


def _no_rates() -> ErrorBody:
    return ErrorBody("business_rules", "no_rates_returned", "No service was left to ask.")


def _rate(account: Account, shipment: Body, carrier: Body, service: Body) -> Body:
    weight = float(shipment["total_weight"]["value"])
    cents = 450 + 12 * round(weight) + 95 * (len(service["service_code"]) % 9)
    nothing = {"currency": "usd", "amount": 0.0}
    return {
        "rate_id": account.numbers.new_id("rates"),
        "rate_type": "shipment",
        "carrier_id": carrier["carrier_id"],
        "shipping_amount": {"currency": "usd", "amount": cents / 100},
        "insurance_amount": nothing,
        "confirmation_amount": nothing,
        "other_amount": nothing,
        "zone": None,
        "package_type": None,
        "delivery_days": 1 + len(service["service_code"]) % 6,
        "guaranteed_service": False,
        "ship_date": shipment["ship_date"] or shipment["created_at"],
        "negotiated_rate": False,
        "service_type": service["name"],
        "service_code": service["service_code"],
        "trackable": True,
        "carrier_code": carrier["carrier_code"],
        "carrier_nickname": carrier["nickname"],
        "carrier_friendly_name": carrier["friendly_name"],
        "validation_status": "valid",
        "warning_messages": [],
        "error_messages": [],
    }


ROUTES = (
    Route(
        "GET",
        "/v2/shipments/{shipment_id}/rates",
        shipment_rates,
        (Parameter("created_at_start", "instant"),),
    ),
    Route("POST", "/v2/rates", calculate_rates, body=RateRequest),
    Route("GET", "/v2/rates/{rate_id}", get_rate),
)
