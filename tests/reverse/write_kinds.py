"""The kinds of write beside stock, told to the tests in one form."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from reverse.orders_shop import ADDRESS, Office
from shipsync.emulator import Account, Fault, FaultKind
from shipsync.emulator.http.request_bodies import NewShipment
from shipsync.emulator.routes.given_shipment import shipment_from
from shipsync.reverse.orders import void_kind
from shipsync.reverse.outbox.apply import ApplyReport
from shipsync.reverse.plan.row import Plan

LOST_AFTER = [FaultKind.TIMEOUT_AFTER, FaultKind.CUT_BODY]
LOST_BEFORE = [FaultKind.RESET, FaultKind.GATEWAY_TIMEOUT]


@dataclass(frozen=True)
class WriteCase:
    """One kind of write: how its writes are planned and sent, and where they arrive.

    ``prepare`` makes the office fit for it, ``plan`` covers one thing for each pending shipment there
    was, ``do`` has the account do one of them by itself, as if a request had come in late.
    """

    name: str
    method: str
    path: str
    prepare: Callable[[Office], None]
    plan: Callable[[Office], Plan]
    keys: Callable[[Office], list[str]]
    do: Callable[[Office, str], None]
    is_sent_again: bool = True

    def lose(self, office: Office, kind: FaultKind, count: int | None = 1, skip: int = 0) -> None:
        """Have a fault strike at the writes."""
        office.account.faults.add(Fault(kind, self.path, self.method, count=count, skip=skip))

    def late(self, office: Office, key: str, *, method: str, path: str, skip: int) -> None:
        """Have the account do it before the ``skip + 1``-th request of that kind is looked at."""

        def do(account: Account, request: object) -> None:
            self.do(office, key)

        fault = Fault(FaultKind.CALL, path, method, skip=skip, call=do)
        office.account.faults.add(fault)

    def send(self, office: Office, plan: Plan | None = None, **how: Any) -> ApplyReport:
        """Plan, if no plan is given, and send."""
        return office.send(self.plan(office) if plan is None else plan, **how)


def shipment_rows(office: Office, count: int) -> list[dict[str, object]]:
    """New shipments of one item each, W-1, W-2 and so on."""
    return [
        {
            "external_shipment_id": f"W-{number}",
            **ADDRESS,
            "warehouse_id": office.warehouse,
            "item_sku": "MUG",
            "item_quantity": number,
            "package_weight": 12.5,
            "package_weight_unit": "ounce",
        }
        for number in range(1, count + 1)
    ]


def _create(office: Office, key: str) -> None:
    address = {name.removeprefix("ship_to_"): text for name, text in ADDRESS.items()}
    sent = {"ship_to": address, "external_shipment_id": key, "warehouse_id": office.warehouse}
    body = shipment_from(office.account, NewShipment.model_validate(sent))
    office.account.orders.put(body, cause="POST /v2/shipments")


def _fulfil(office: Office, key: str) -> None:
    shipment_id, number = key.split(":")
    body = {
        "shipment_id": shipment_id,
        "tracking_number": number,
        "voided": False,
        "fulfillment_id": office.account.numbers.new_id("fulfillments"),
    }
    office.account.parcels.put_fulfillment(body, cause="POST /v2/fulfillments")


def pending(office: Office) -> list[str]:
    """The shipments that the office was opened with."""
    return office.account.ids("shipments")


def nothing(office: Office) -> None:
    """The office as it opens."""


def with_labels(office: Office) -> None:
    """Every shipment has a label."""
    for number, shipment_id in enumerate(pending(office), start=1):
        office.label(shipment_id, f"se-77{number:04}")
    office.sync()


def fulfillment_rows(office: Office) -> list[dict[str, object]]:
    """All pending shipments, shipped."""
    return [
        {"shipment_id": i, "tracking_number": f"T{i[3:]}", "carrier_code": office.carrier}
        for i in pending(office)
    ]


def cancel_with_labels(office: Office) -> Plan:
    """The cancellation of all pending shipments, their labels voided first."""
    return office.plan_cancels(*({"shipment_id": i} for i in pending(office)), void_labels=True)


def only_voids(plan: Plan) -> Plan:
    """The part of a plan that voids labels."""
    voids = tuple(row for row in plan.rows if row.kind == void_kind.KIND)
    return replace(plan, kinds=(void_kind.KIND,), rows=voids)


CREATE = WriteCase(
    "create",
    "POST",
    "/v2/shipments",
    nothing,
    lambda office: office.plan_shipments(*shipment_rows(office, 3)),
    lambda office: ["W-1", "W-2", "W-3"],
    _create,
)
CANCEL = WriteCase(
    "cancel",
    "PUT",
    "/v2/shipments/*/cancel",
    nothing,
    lambda office: office.plan_cancels(*({"shipment_id": i} for i in pending(office))),
    pending,
    lambda office, key: office.account.orders.cancel(key, cause="PUT /v2/shipments/cancel"),
)
VOID = WriteCase(
    "void",
    "PUT",
    "/v2/labels/*/void",
    with_labels,
    lambda office: only_voids(cancel_with_labels(office)),
    lambda office: office.account.ids("labels"),
    lambda office, key: _voided(office.account, key),
)
FULFIL = WriteCase(
    "fulfil",
    "POST",
    "/v2/fulfillments",
    nothing,
    lambda office: office.plan_fulfillments(*fulfillment_rows(office)),
    lambda office: [f"{i}:T{i[3:]}" for i in pending(office)],
    _fulfil,
    is_sent_again=False,
)
WRITE_CASES = (CREATE, CANCEL, VOID, FULFIL)


def _voided(account: Account, label_id: str) -> None:
    account.orders.void_label(label_id, cause="PUT /v2/labels/void")
