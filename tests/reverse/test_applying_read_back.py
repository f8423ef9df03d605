"""Shipments, cancellations, voids and fulfillments looked at again after they were applied."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from reverse.orders_shop import Office, open_office
from reverse.write_kinds import CANCEL, CREATE, FULFIL, VOID, WRITE_CASES, WriteCase, pending
from shipsync.emulator import Fault, FaultKind
from shipsync.errors import KeyRefused
from shipsync.reverse.outbox.states import WriteState

Meddle = Callable[[Office], object]


def made(office: Office, external_id: str) -> str:
    [row] = office.account.collection("shipments").find("external_shipment_id", external_id)
    return row.entity_id


def take_an_item_out(office: Office) -> object:
    shipment_id = made(office, "W-2")
    return office.account.orders.change(shipment_id, items=[{"sku": "CUP", "quantity": 2}])


def bring_back(office: Office) -> object:
    return office.account.orders.change(pending(office)[1], shipment_status="pending")


def print_anew(office: Office) -> object:
    label = {"shipment_id": pending(office)[1], "status": "completed", "voided": False}
    return office.account.parcels.put_label({**label, "label_id": "se-770002", "voided_at": None})


def void_fulfillment(office: Office) -> object:
    second = office.account.ids("fulfillments")[1]
    return office.account.parcels.change_fulfillment(second, voided=True)


@pytest.mark.parametrize("write_case", WRITE_CASES, ids=lambda write_case: write_case.name)
def test_what_the_account_holds_is_no_drift(tmp_path: Path, write_case: WriteCase) -> None:
    office = open_office(tmp_path)
    write_case.prepare(office)
    looked = office.apply(write_case.plan(office), reads_back=True).read_back
    assert looked is not None
    assert (looked.checked, looked.drifts) == (3, ())


@pytest.mark.parametrize(
    ("write_case", "meddle", "found"),
    [
        (
            CREATE,
            lambda office: office.account.orders.cancel(made(office, "W-2")),
            " is cancelled",
        ),
        (CREATE, take_an_item_out, "2 CUP"),
        (CANCEL, bring_back, "pending"),
        (VOID, print_anew, "live"),
        (FULFIL, void_fulfillment, " and is not void"),
    ],
    ids=["cancelled", "other_items", "cancel", "void", "fulfil"],
)
def test_what_was_changed_since_is_drift(
    tmp_path: Path, write_case: WriteCase, meddle: Meddle, found: str
) -> None:
    office = open_office(tmp_path)
    write_case.prepare(office)
    plan = write_case.plan(office)
    office.apply(plan, in_flight=1)
    meddle(office)
    looked = office.apply(plan, reads_back=True).read_back
    assert looked is not None
    [drift] = looked.drifts
    assert (drift.key, looked.checked) == (write_case.keys(office)[1], 3)
    assert found in drift.found


def test_what_was_not_applied_is_not_looked_for(tmp_path: Path) -> None:
    office = open_office(tmp_path)
    plan = FULFIL.plan(office)
    office.account.orders.cancel(pending(office)[0])
    looked = office.apply(plan, reads_back=True).read_back
    assert looked is not None
    assert (looked.checked, looked.drifts) == (2, ())


def test_what_was_applied_is_told_though_it_cannot_be_read_back(tmp_path: Path) -> None:
    office = open_office(tmp_path)
    plan = FULFIL.plan(office)
    reads = 2 * len(plan.ready)
    office.account.faults.add(Fault(FaultKind.KEY_REFUSED, method="GET", count=None, skip=reads))
    done = office.apply(plan, reads_back=True, in_flight=1)
    [report] = done.reports
    assert report.counts == {WriteState.APPLIED: 3}
    assert isinstance(report.stopped_by, KeyRefused)
    assert done.read_back is None
