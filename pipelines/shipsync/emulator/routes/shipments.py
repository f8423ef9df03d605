"""/v2/shipments: list, create, get, update, cancel."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import orjson

from shipsync.emulator.account.account import Account
from shipsync.emulator.account.collection import Row
from shipsync.emulator.account.orders import LiveLabelError
from shipsync.emulator.http.listing import Bounds, ListedCollection, list_rows
from shipsync.emulator.http.problems import (
    JSON,
    ErrorBody,
    RefusedError,
    against_rules,
    not_found,
)
from shipsync.emulator.http.query import Parameter
from shipsync.emulator.http.request import Response
from shipsync.emulator.http.request_bodies import NewShipment, NewShipments, ShipmentUpdate
from shipsync.emulator.http.routing import PAGE, PAGE_SIZE, SORT_DIR, Call, Route
from shipsync.emulator.routes.given_shipment import shipment_from, updated_shipment

STATUSES = ("pending", "on_hold", "processing", "label_purchased", "cancelled")
"""Those of the document, and on_hold, which a live account filters by [C]."""

WAITING = frozenset({"pending", "on_hold"})


def _in_items(*fields: str, whole: bool) -> Callable[[str], Callable[[Row], bool]]:
    """A test for shipments of which some item holds the text in one of the fields."""

    def test(text: str) -> Callable[[Row], bool]:
        wanted = text.casefold()

        def holds(row: Row) -> bool:
            body: dict[str, Any] = orjson.loads(row.raw)
            values = (
                str(item.get(field) or "").casefold()
                for item in body.get("items") or ()
                for field in fields
            )
            return any(value == wanted if whole else wanted in value for value in values)

        return holds

    return test


LISTING = ListedCollection(
    kind="shipments",
    instants={"created_at": "created_at", "modified_at": "modified_at", "payment_date": "paid_at"},
    sorts={"created_at": "created_at", "modified_at": "modified_at"},
    descending=True,
    tests={
        "item_keyword": _in_items("sku", "name", whole=False),
        "sales_order_id": _in_items("sales_order_id", whole=True),
    },
)

FILTERS = (
    Parameter("shipment_status", "choice", STATUSES),
    Parameter("batch_id", "identifier"),
    Parameter("pickup_id"),
    Parameter("created_at_start", "instant"),
    Parameter("created_at_end", "instant"),
    Parameter("modified_at_start", "instant"),
    Parameter("modified_at_end", "instant"),
    Parameter("payment_date_start", "instant"),
    Parameter("payment_date_end", "instant"),
    Parameter("sales_order_id"),
    Parameter("shipment_number"),
    Parameter("ship_to_name"),
    Parameter("item_keyword"),
    Parameter("store_id", "identifier"),
    Parameter("external_shipment_id"),
    Parameter("import_batch_id"),
    Parameter("sort_by", "choice", ("modified_at", "created_at")),
    SORT_DIR,
    PAGE,
    PAGE_SIZE,
)


def list_shipments(account: Account, call: Call) -> Response:
    """A page of shipments."""
    options = account.options
    bounds = Bounds(options.start_is_inclusive, options.end_is_inclusive)
    oldest_first = options.unsorted_shipments == "oldest_first"
    unsorted = not (call.query.text("sort_by") or call.query.text("sort_dir"))
    listing = replace(LISTING, descending=False) if unsorted and oldest_first else LISTING
    return list_rows(account, call, listing, options.shipments_sort_by, bounds)


def get_shipment(account: Account, call: Call) -> Response:
    """One shipment by id; for one that was merged perhaps another [T]."""
    shipment_id = call.ids["shipment_id"]
    other = account.orders.vanished.answer_for(shipment_id)
    return Response(200, other or orjson.dumps(_held(account, shipment_id)), JSON)


def get_by_external_id(account: Account, call: Call) -> Response:
    """One shipment by the caller's own id."""
    external_id = call.ids["external_shipment_id"]
    held = account.orders.with_external_id(external_id)
    if not held:
        raise not_found("shipment", external_id)
    return Response(200, orjson.dumps(held[0]), JSON)


def create_shipments(account: Account, call: Call) -> Response:
    """Create each shipment that can be created; 200 with ``has_errors`` when some can't."""
    assert isinstance(call.body, NewShipments)
    answers: list[dict[str, Any]] = []
    if account.options.duplicate_shipment == "conflict":
        _refuse_duplicates(account, call.body)
    for new in call.body.shipments:
        errors = _reasons_against(account, new)
        if errors:
            echo = new.model_dump(mode="json", exclude_unset=True)
            bare = account.options.failed_shipment == "bare"
            answers.append({"errors": errors} if bare else {**echo, "errors": errors})
            continue
        body = shipment_from(account, new)
        account.orders.put(body, cause="POST /v2/shipments")
        answers.append({**body, "errors": [], "address_validation": None})
    failed = any(answer["errors"] for answer in answers)
    return Response(200, orjson.dumps({"has_errors": failed, "shipments": answers}), JSON)


def _refuse_duplicates(account: Account, body: NewShipments) -> None:
    """409 for the whole call when one of the ids is taken."""
    for new in body.shipments:
        held = account.orders.with_external_id(new.external_id or "")
        if new.external_id is not None and held:
            message = f"A shipment has the external_shipment_id '{new.external_id}' already."
            raise against_rules("identifier_conflict", message, 409)


def _reasons_against(account: Account, new: NewShipment) -> list[str]:
    external_id = new.external_id
    reasons = []
    if external_id is not None and account.orders.with_external_id(external_id):
        reasons.append(f"A shipment has the external_shipment_id '{external_id}' already.")
    if (
        new.warehouse_id is not None
        and account.master_data.item("warehouses", new.warehouse_id) is None
    ):
        reasons.append(f"There is no warehouse '{new.warehouse_id}'.")
    if new.carrier_id is not None and account.master_data.item("carriers", new.carrier_id) is None:
        reasons.append(f"There is no carrier '{new.carrier_id}'.")
    return reasons


def update_shipment(account: Account, call: Call) -> Response:
    """Replace what the body names; only a shipment that waits can be changed."""
    assert isinstance(call.body, ShipmentUpdate)
    shipment_id = call.ids["shipment_id"]
    held = _held(account, shipment_id)
    if held["shipment_status"] not in WAITING:
        message = f"A shipment that is {held['shipment_status']} can't be changed."
        raise against_rules("invalid_status", message, about=_shown(account, held))
    check_options(item.model_dump() for item in call.body.items)
    changes = updated_shipment(account, held, call.body)
    body = account.orders.change(shipment_id, cause="PUT /v2/shipments", **changes)
    return Response(200, orjson.dumps(body), JSON)


def cancel_shipment(account: Account, call: Call) -> Response:
    """Cancel; a label that is not voided forbids it."""
    shipment_id, options = call.ids["shipment_id"], account.options
    held = _held(account, shipment_id)
    code, status = options.cancel_refusal_code, options.cancel_refusal_status
    if held["shipment_status"] == "cancelled" and options.repeated_cancel == "refuse":
        message = "The shipment is cancelled already."
        raise against_rules(code, message, status, about=_shown(account, held))
    try:
        account.orders.cancel(shipment_id, cause="PUT /v2/shipments/cancel")
    except LiveLabelError as error:
        message = "Void the labels of this shipment before cancelling it."
        raise against_rules(code, message, status, about=_shown(account, held)) from error
    return Response(204)


def _held(account: Account, shipment_id: str) -> dict[str, Any]:
    held = account.find("shipments", shipment_id)
    if held is None:
        raise not_found("shipment", shipment_id)
    return held


def _shown(account: Account, shipment: dict[str, Any]) -> dict[str, Any] | None:
    """The shipment, where refusals hold it whole."""
    return shipment if account.options.refusals_show_shipment else None


def check_options(items: Iterable[dict[str, Any]]) -> None:
    """Every option of every item has a value; a problem for each that has none [C].

    Raises RefusedError.
    """
    empty = [option for item in items for option in item["options"] if not option["value"]]
    if empty:
        message = "value must be given."
        problem = ErrorBody("validation", "field_value_required", message, "value")
        raise RefusedError(400, *(problem for _ in empty))


ROUTES = (
    Route("GET", "/v2/shipments", list_shipments, FILTERS),
    Route("POST", "/v2/shipments", create_shipments, body=NewShipments),
    Route(
        "GET",
        "/v2/shipments/external_shipment_id/{external_shipment_id}",
        get_by_external_id,
        open_ids=frozenset({"external_shipment_id"}),
    ),
    Route("GET", "/v2/shipments/{shipment_id}", get_shipment),
    Route("PUT", "/v2/shipments/{shipment_id}", update_shipment, body=ShipmentUpdate),
    Route("PUT", "/v2/shipments/{shipment_id}/cancel", cancel_shipment),
)
