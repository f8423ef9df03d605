"""/v2/labels and tracking: list, get, track, void."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import orjson

from shipsync.emulator.account.account import Account
from shipsync.emulator.account.collection import Row
from shipsync.emulator.account.state import serialized
from shipsync.emulator.bodies.consignments import REPORT_LAG, consign
from shipsync.emulator.http.listing import ListedCollection, list_rows
from shipsync.emulator.http.problems import (
    JSON,
    RefusedError,
    against_rules,
    invalid,
    left_out,
    not_found,
)
from shipsync.emulator.http.query import Parameter
from shipsync.emulator.http.request import Response
from shipsync.emulator.http.request_bodies import NewLabel
from shipsync.emulator.http.routing import PAGE, PAGE_SIZE, SORT_DIR, Call, Route
from shipsync.emulator.timestamps import of_moment, to_micros

MOVED = frozenset({"IT", "DE", "AT", "EX", "SP"})
"""Tracking codes under which a carrier has had the parcel in hands; such a label was used."""

LISTING = ListedCollection(
    kind="labels",
    instants={"created_at": "created_at"},
    sorts={
        "created_at": "created_at",
        "voided_at": "voided_at",
        "modified_at": "modified_at",
    },
    descending=True,
    tests={},
    shows_modified=False,
)

FILTERS = (
    Parameter("label_status", "choice", ("processing", "completed", "error", "voided")),
    Parameter("service_code"),
    Parameter("carrier_id", "identifier"),
    Parameter("tracking_number"),
    Parameter("batch_id", "identifier"),
    Parameter("rate_id", "identifier"),
    Parameter("shipment_id", "identifier"),
    Parameter("warehouse_id", "identifier"),
    Parameter("external_shipment_id"),
    Parameter("refund_status"),
    Parameter("created_at_start", "instant"),
    Parameter("created_at_end", "instant"),
    Parameter("sort_by", "choice", ("modified_at", "created_at", "voided_at")),
    SORT_DIR,
    PAGE,
    PAGE_SIZE,
)


def list_labels(account: Account, call: Call) -> Response:
    """A page of labels."""
    return list_rows(account, call, LISTING, "created_at")


def get_label(account: Account, call: Call) -> Response:
    """One label; an unknown one is a 404 without a body [O]. Reading it may renew its status [T]."""
    account.parcels.renew_status(call.ids["label_id"], cause="GET /v2/labels")
    row = account.collection("labels").get(call.ids["label_id"])
    if row is None:
        raise RefusedError(404)
    return Response(200, row.raw, JSON)


def track_label(account: Account, call: Call) -> Response:
    """Everything the carrier has told of a label's parcel so far."""
    label_id = call.ids["label_id"]
    row = account.collection("labels").get(label_id)
    if row is None:
        raise not_found("label", label_id)
    return Response(200, _tracking(account, row), JSON)


def track_number(account: Account, call: Call) -> Response:
    """The same by tracking number, with carrier_code or carrier_id narrowing it."""
    number = call.query.text("tracking_number")
    if number is None:
        raise invalid("tracking_number", "", "it must be given")
    wanted = {name: call.query.text(name) for name in ("carrier_code", "carrier_id")}
    for row in reversed(account.collection("labels").find("tracking_number", number)):
        body: dict[str, Any] = orjson.loads(row.raw)
        if all(value in (None, body.get(name)) for name, value in wanted.items()):
            return Response(200, _tracking(account, row), JSON)
    if account.options.tracks_further_boxes:
        for row in account.collection("labels").rows():
            if number.encode() in row.raw and (found := _of_box(account, row, number, wanted)):
                return Response(200, found, JSON)
    raise not_found("label", number)


def _of_box(
    account: Account, row: Row, number: str, wanted: Mapping[str, str | None]
) -> bytes | None:
    """What is told of a further box of a label, which goes a way of its own; None if it is none."""
    label: dict[str, Any] = orjson.loads(row.raw)
    numbers = {box["tracking_number"] for box in label["packages"]}
    if number not in numbers or any(v not in (None, label.get(k)) for k, v in wanted.items()):
        return None
    warehouse_id = account.collection("labels").column(row, "warehouse_id")
    way = consign(account.seed, label, warehouse_id, box=number, options=account.options)
    now = of_moment(account.clock.now()) - REPORT_LAG
    return serialized(way.body(0 if label["voided"] else now))


def _tracking(account: Account, row: Row) -> bytes:
    held = account.parcels.raw_tracking(row.entity_id)
    return held if held is not None else orjson.dumps(_nothing_yet(orjson.loads(row.raw)))


def _nothing_yet(label: dict[str, Any]) -> dict[str, Any]:
    return {
        "tracking_number": label["tracking_number"],
        "tracking_url": label.get("tracking_url") or "",
        "status_code": "NY",
        "status_detail_code": None,
        "status_detail_description": None,
        "carrier_code": label["carrier_code"],
        "carrier_id": 1,
        "carrier_detail_code": None,
        "status_description": "Not Yet In System",
        "carrier_status_code": "none",
        "carrier_status_description": "The carrier knows nothing of this parcel yet.",
        "ship_date": None,
        "estimated_delivery_date": None,
        "actual_delivery_date": None,
        "exception_description": None,
        "events": [],
    }


def void_label(account: Account, call: Call) -> Response:
    """Void a label; a refusal is 200 too, with ``approved`` false and the reason [O]."""
    label_id = call.ids["label_id"]
    row = account.collection("labels").get(label_id)
    if row is None:
        raise not_found("label", label_id)
    refusal = _reason_against_void(account, orjson.loads(row.raw))
    if refusal is not None:
        code, message = refusal
        answer = {"approved": False, "message": message, "reason_code": code}
        return Response(200, orjson.dumps(answer), JSON)
    account.orders.void_label(label_id, cause="PUT /v2/labels/void")
    answer = {"approved": True, "message": "The label is void; a refund was asked for."}
    return Response(200, orjson.dumps(answer), JSON)


def _reason_against_void(account: Account, label: dict[str, Any]) -> tuple[str, str] | None:
    if label["voided"]:
        return "label_already_voided", "The label was voided before."
    if label["status"] != "completed":
        return "validation_failed", f"A label that is {label['status']} can't be voided."
    tracking = account.parcels.tracking_of(label["label_id"]) or {}
    scans = (tracking, *tracking.get("events", ()))
    if any(scan.get("status_code") in MOVED for scan in scans):
        return "label_already_used", "The carrier has scanned the parcel."
    oldest = account.clock.now() - timedelta(days=account.options.void_period_days)
    if to_micros(label["created_at"]) < of_moment(oldest):
        return "label_not_found_within_void_period", "The time for voiding the label is over."
    return None


def create_label(account: Account, call: Call) -> Response:
    """Buying is left out, but for its refusal of a shipment that exists, which shows it whole [C]."""
    assert isinstance(call.body, NewLabel)
    shipment_id = call.body.shipment.get("shipment_id")
    if not shipment_id:
        raise left_out(call.request.method, call.request.path)
    shipment = account.find("shipments", str(shipment_id)) or call.body.shipment
    message = "The shipment_id of a label that is made with its shipment must be null or empty."
    raise against_rules("unspecified", message, about=shipment)


ROUTES = (
    Route("GET", "/v2/labels", list_labels, FILTERS),
    Route("POST", "/v2/labels", create_label, body=NewLabel),
    Route("GET", "/v2/labels/{label_id}", get_label, (Parameter("label_download_type"),)),
    Route("GET", "/v2/labels/{label_id}/track", track_label),
    Route("PUT", "/v2/labels/{label_id}/void", void_label),
    Route(
        "GET",
        "/v2/tracking",
        track_number,
        (
            Parameter("carrier_code"),
            Parameter("tracking_number"),
            Parameter("carrier_id", "identifier"),
        ),
    ),
)
