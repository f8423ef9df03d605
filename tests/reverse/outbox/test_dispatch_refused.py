"""What the account refuses: row by row, with its reason, while the others go through."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reverse.orders_shop import Office, open_office
from reverse.write_kinds import (
    CANCEL,
    CREATE,
    FULFIL,
    VOID,
    WRITE_CASES,
    WriteCase,
    cancel_with_labels,
    pending,
    shipment_rows,
    with_labels,
)
from shipsync.connection import Secret
from shipsync.emulator import Account, Fault, FaultKind, IncomingRequest, Options
from shipsync.errors import ConfigurationError, IncompleteRead
from shipsync.reverse.outbox.states import Source, WriteState
from shipsync.reverse.outbox.store import LedgerEntry


def after_the_look(office: Office, write_case: WriteCase, do: Any) -> None:
    """Have something happen in the account in the instant before the first write is looked at."""

    def happen(account: Account, request: IncomingRequest) -> None:
        do(account)

    office.account.faults.add(
        Fault(FaultKind.CALL, write_case.path, write_case.method, call=happen)
    )


def first_of(office: Office, write_case: WriteCase) -> LedgerEntry:
    return office.entries()[write_case.keys(office)[0]]


@pytest.mark.parametrize("form", ["bare", "echo"])
def test_a_shipment_that_is_refused_does_not_hold_up_the_others(tmp_path: Path, form: Any) -> None:
    office = open_office(tmp_path, options=Options(failed_shipment=form))
    plan = CREATE.plan(office)
    after_the_look(
        office,
        CREATE,
        lambda account: account.orders.put({**_plain(), "external_shipment_id": "W-1"}),
    )
    report = CREATE.send(office, plan, in_flight=1)
    assert report.counts == {WriteState.REJECTED: 1, WriteState.APPLIED: 2}
    assert report.needs_person
    refused = first_of(office, CREATE)
    assert (refused.source, refused.http_status) == (Source.ANSWER, 200)
    assert refused.reason == "A shipment has the external_shipment_id 'W-1' already."
    assert office.made() == {"W-2": 1, "W-3": 1}


def test_an_id_that_the_account_knows_is_not_sent(tmp_path: Path) -> None:
    office = open_office(tmp_path)
    plan = CREATE.plan(office)
    made = office.account.orders.put({**_plain(), "external_shipment_id": "W-1"})
    report = CREATE.send(office, plan)
    assert report.counts == {WriteState.REJECTED: 1, WriteState.APPLIED: 2}
    assert f"already: {made} (pending). Nothing was sent." in (
        first_of(office, CREATE).reason or ""
    )
    assert office.writes_sent() == 2


def test_what_was_just_created_can_be_fulfilled_and_cancelled_before_a_sync(tmp_path: Path) -> None:
    office = open_office(tmp_path)
    CREATE.lose(office, FaultKind.RESET_AFTER)
    CREATE.send(office, in_flight=1)
    shipped = {"tracking_number": "T1", "carrier_code": office.carrier}
    row = {"external_shipment_id": "W-1", "shipment_id": "", **shipped}
    assert FULFIL.send(office, office.plan_fulfillments(row)).counts == {WriteState.APPLIED: 1}
    plan = office.plan_cancels({"external_shipment_id": "W-2", "shipment_id": ""})
    assert CANCEL.send(office, plan).counts == {WriteState.APPLIED: 1}
    office.sync()
    assert not CREATE.plan(office).ready
    [again] = office.plan_cancels({"external_shipment_id": "W-2"}).rows
    assert (again.request, again.reason is not None) == (None, True)


def test_a_list_that_heeds_no_filter_proves_nothing(tmp_path: Path) -> None:
    office = open_office(tmp_path)
    plan = FULFIL.plan(office)
    made = {"shipment_id": pending(office)[0], "tracking_number": "OLD", "voided": True}
    office.account.parcels.put_fulfillment({**made, "fulfillment_id": "se-5"})
    office.account.faults.add(
        Fault(
            FaultKind.WRONG_TYPE,
            "/v2/fulfillments",
            "GET",
            field="shipment_id",
            value="se-0",
            count=None,
        )
    )
    report = FULFIL.send(office, plan, in_flight=1)
    assert isinstance(report.stopped_by, IncompleteRead)
    assert "gave other rows than those with shipment_id" in str(report.stopped_by)
    assert office.writes_sent() == 0


@pytest.mark.parametrize("external_id", ["A/B #7?x=1", "Größe 1", "a.b", "...", "%2F", "se-1"])
def test_any_id_is_found_again(tmp_path: Path, external_id: str) -> None:
    office = open_office(tmp_path)
    CREATE.lose(office, FaultKind.RESET_AFTER)
    [row, *_] = shipment_rows(office, 1)
    plan = office.plan_shipments({**row, "external_shipment_id": external_id})
    assert CREATE.send(office, plan).counts == {WriteState.APPLIED: 1}
    assert office.made() == {external_id: 1}
    assert office.entries()[external_id].source is Source.READING


def test_a_malformed_shipment_is_refused_by_itself(tmp_path: Path) -> None:
    """A call with many would be refused as a whole; there is one shipment to a call."""
    office = open_office(tmp_path)
    plan = CREATE.plan(office)
    first, *others = plan.rows
    spoilt = {**first.request, "store_id": "not an id"}
    plan = replace(plan, rows=(replace(first, request=spoilt), *others))
    report = CREATE.send(office, plan)
    assert report.counts == {WriteState.REJECTED: 1, WriteState.APPLIED: 2}
    assert first_of(office, CREATE).http_status == 400


def test_what_created_tells_its_id(tmp_path: Path) -> None:
    office = open_office(tmp_path)
    CREATE.send(office)
    entry = first_of(office, CREATE)
    [made] = office.account.collection("shipments").find("external_shipment_id", "W-1")
    assert entry.reading_after == {"shipment_id": made.entity_id}
    assert entry.reason == f"Created as {made.entity_id}."


@pytest.mark.parametrize("status", [400, 409])
def test_a_label_bought_since_refuses_a_cancel_with_what_to_do(tmp_path: Path, status: Any) -> None:
    office = open_office(tmp_path, options=Options(cancel_refusal_status=status))
    shipment_id = pending(office)[0]
    after_the_look(office, CANCEL, lambda account: office.label(shipment_id))
    report = CANCEL.send(office, in_flight=1)
    assert report.counts == {WriteState.REJECTED: 1, WriteState.APPLIED: 2}
    reason = first_of(office, CANCEL).reason or ""
    assert "Void the labels of this shipment before cancelling it." in reason
    assert f"Shipment {shipment_id} has a live label: se-77 (tracking number 1Z-se-77)." in reason


def test_a_label_seen_before_a_cancel_stops_it_unsent(tmp_path: Path) -> None:
    office = open_office(tmp_path)
    plan = CANCEL.plan(office)
    office.label(pending(office)[0])
    report = CANCEL.send(office, plan)
    assert report.counts == {WriteState.REJECTED: 1, WriteState.APPLIED: 2}
    assert "Void it first" in (first_of(office, CANCEL).reason or "")
    assert office.writes_sent() == 2


@pytest.mark.parametrize("status", ["pending", "label_purchased"])
def test_labels_are_voided_and_their_shipments_cancelled(tmp_path: Path, status: Any) -> None:
    office = open_office(tmp_path, options=Options(status_after_void=status))
    with_labels(office)
    office.label(pending(office)[0], "se-78")
    office.sync()
    report = office.send(cancel_with_labels(office))
    assert report.counts == {WriteState.APPLIED: 3}
    assert len(office.made()) == 7
    assert set(office.made().values()) == {1}


def test_a_shipment_is_cancelled_by_an_id_of_ones_own(tmp_path: Path) -> None:
    office = open_office(tmp_path)
    first = pending(office)[0]
    office.account.orders.change(first, external_shipment_id="W-9")
    office.label(first)
    office.sync()
    plan = office.plan_cancels({"external_shipment_id": "W-9"}, void_labels=True)
    assert office.send(plan).counts == {WriteState.APPLIED: 1}
    assert office.made() == {"se-77": 1, first: 1}


def test_a_void_that_is_not_approved_leaves_its_shipment(tmp_path: Path) -> None:
    office = open_office(tmp_path)
    with_labels(office)
    used, shipment_id = VOID.keys(office)[0], pending(office)[0]
    office.account.parcels.put_tracking(used, {"status_code": "IT", "events": []})
    report = office.send(cancel_with_labels(office))
    assert report.counts == {WriteState.REJECTED: 1, WriteState.APPLIED: 2}
    entries = office.entries()
    assert entries[used].state is WriteState.REJECTED
    assert entries[used].reason == (
        "The void was not approved (label_already_used): the carrier has had the parcel; a label that was "
        'used stays paid for. ShipStation says: "The carrier has scanned the parcel."'
    )
    assert "Void it first" in (entries[shipment_id].reason or "")
    assert office.account.entity("shipments", shipment_id)["shipment_status"] == "label_purchased"


def test_one_with_labels_voids_and_cancels_one_shipment(tmp_path: Path) -> None:
    office = open_office(tmp_path)
    with_labels(office)
    office.label(pending(office)[0], "se-78")
    office.sync()
    report = office.send(cancel_with_labels(office), only_first=True)
    assert (report.counts, report.left) == ({WriteState.APPLIED: 1}, 2)
    assert set(office.made()) == {"se-770001", "se-78", pending(office)[0]}


def test_fulfillments_fail_row_by_row(tmp_path: Path) -> None:
    office = open_office(tmp_path)
    plan = FULFIL.plan(office)
    first, second, _ = pending(office)
    after_the_look(office, FULFIL, lambda account: account.orders.cancel(first))
    office.account.parcels.put_fulfillment(
        {"shipment_id": second, "tracking_number": "OLD", "voided": False, "fulfillment_id": "se-5"}
    )
    report = FULFIL.send(office, plan, in_flight=1)
    assert report.counts == {WriteState.REJECTED: 2, WriteState.APPLIED: 1}
    reasons = [office.entries()[key].reason for key in FULFIL.keys(office)[:2]]
    assert reasons == [
        "The shipment is cancelled.",
        f"Shipment {second} is fulfilled already, with tracking number OLD. Nothing was sent.",
    ]


def test_an_error_beside_a_fulfillment_that_is_there_is_settled_by_looking(tmp_path: Path) -> None:
    """The store could not be told, say: the row has an error, and the fulfillment was made."""
    office = open_office(tmp_path)
    fault = Fault(
        FaultKind.WRONG_TYPE,
        FULFIL.path,
        "POST",
        field="fulfillments.error_message",
        value="no store",
    )
    office.account.faults.add(fault)
    report = FULFIL.send(office, in_flight=1)
    assert report.counts == {WriteState.APPLIED: 3}
    assert first_of(office, FULFIL).source is Source.READING


def test_what_is_refused_can_be_sent_again_once_it_is_mended(tmp_path: Path) -> None:
    office = open_office(tmp_path)
    plan = CANCEL.plan(office)
    shipment_id = pending(office)[0]
    label = office.label(shipment_id)
    CANCEL.send(office, plan)
    office.account.orders.void_label(label)
    office.sync()
    assert CANCEL.send(office).counts == {WriteState.APPLIED: 1}
    assert office.states(shipment_id)[-3:] == ["planned", "sending", "applied"]


@pytest.mark.parametrize("write_case", WRITE_CASES, ids=lambda write_case: write_case.name)
def test_a_read_only_connection_sends_nothing(tmp_path: Path, write_case: WriteCase) -> None:
    office = open_office(tmp_path)
    write_case.prepare(office)
    plan = write_case.plan(office)
    office.settings["read_only"] = True
    with pytest.raises(ConfigurationError, match="read_only; nothing was sent"):
        write_case.send(office, plan)
    assert office.account.requests == []


@pytest.mark.parametrize("policy", ["hash", "drop"])
def test_the_ledger_keeps_of_buyers_what_the_connection_says(tmp_path: Path, policy: Any) -> None:
    office = open_office(tmp_path)
    office.settings |= {"personal_data": policy, "personal_data_salt": Secret("a salt of 16 bytes")}
    CREATE.send(office)
    kept = str(first_of(office, CREATE).request)
    assert "Ada Lowe" not in kept
    assert "78701" in kept
    [sent] = office.account.collection("shipments").find("external_shipment_id", "W-1")
    assert b"Ada Lowe" in sent.raw
    assert (CREATE.plan(office).rows[0].reason or "").startswith(
        "Already carried out under this key on "
    )


def _plain() -> dict[str, Any]:
    return {"shipment_status": "pending", "items": [], "packages": [], "tags": []}
