"""Plans of shipments, cancellations and fulfillments kept in a file, and applied from it later."""

from __future__ import annotations

import stat
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from reverse.orders_shop import Office, open_office
from reverse.write_kinds import (
    CANCEL,
    CREATE,
    FULFIL,
    WRITE_CASES,
    WriteCase,
    cancel_with_labels,
    only_voids,
    pending,
    with_labels,
)
from shipsync.api.session import Session
from shipsync.connection import Secret
from shipsync.errors import ConfigurationError, InputFileError, UsageError
from shipsync.reverse import service
from shipsync.reverse.applying import Applying
from shipsync.reverse.outbox.states import WriteState
from shipsync.reverse.plan import file as plan_file
from shipsync.reverse.plan.row import Family, Plan

each_write_case = pytest.mark.parametrize(
    "write_case", WRITE_CASES, ids=lambda write_case: write_case.name
)


def family(write_case: WriteCase) -> Family:
    return "fulfillments" if write_case is FULFIL else "shipments"


def kept(office: Office, write_case: WriteCase, plan: Plan | None = None) -> Plan:
    """The write_case's plan, or this one, after a stay in a file."""
    path = office.folder / "kept.plan.json"
    made = write_case.plan(office) if plan is None else plan
    service.save_plan(made, path, office.connection.database)
    return service.load_plan(path, family(write_case), office.connection.database)


def prepared(write_case: WriteCase, folder: Path) -> Office:
    office = open_office(folder)
    write_case.prepare(office)
    return office


@each_write_case
def test_a_plan_is_the_same_when_read_back(tmp_path: Path, write_case: WriteCase) -> None:
    office = prepared(write_case, tmp_path)
    plan = replace(write_case.plan(office), ignored_columns=("colour",), stopped_by=("Too many.",))
    read = kept(office, write_case, plan)
    assert read == plan
    assert plan_file.digest(read) == plan_file.digest(plan)
    assert stat.S_IMODE((tmp_path / "kept.plan.json").stat().st_mode) == 0o600
    assert not list(tmp_path.glob("*.new"))


def test_a_plan_keeps_invalid_rows_and_those_that_need_nothing(tmp_path: Path) -> None:
    office = open_office(tmp_path)
    office.account.orders.cancel(pending(office)[0])
    office.sync()
    rows = ({"shipment_id": i} for i in (*pending(office), "se-1"))
    plan = office.plan_cancels(*rows)
    assert kept(office, CANCEL, plan) == plan
    summary = orjson.loads((tmp_path / "kept.plan.json").read_bytes())["summary"]
    assert (summary["ready"], summary["no_op"], summary["invalid"]) == (2, 1, 1)


@each_write_case
def test_each_is_done_once_however_often_the_plan_is_applied(
    tmp_path: Path, write_case: WriteCase
) -> None:
    office = prepared(write_case, tmp_path)
    keys, plan = write_case.keys(office), kept(office, write_case)
    assert office.send(plan).counts == {WriteState.APPLIED: 3}
    sent = office.writes_sent()
    again = office.send(kept(office, write_case, plan))
    assert all(outcome.is_earlier for outcome in again.outcomes)
    assert {key: office.made()[key] for key in keys} == dict.fromkeys(keys, 1)
    assert office.writes_sent() == sent


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param('"quantity":2', '"quantity":20', id="a_quantity"),
        pytest.param('"key":"W-1"', '"key":"W-7"', id="a_key"),
        pytest.param('"connection": "shop"', '"connection": "other"', id="the_connection"),
        pytest.param('"stopped_by": []', '"stopped_by": [""]', id="the_stops"),
        pytest.param('"digest":', '"digests":', id="no_digest"),
    ],
)
def test_an_edited_plan_is_refused(tmp_path: Path, old: str, new: str) -> None:
    office, path = open_office(tmp_path), tmp_path / "kept.plan.json"
    kept(office, CREATE)
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(InputFileError, match="was changed after it was made"):
        service.load_plan(path, "shipments", office.connection.database)


def test_a_plan_of_other_things_names_the_command_for_it(tmp_path: Path) -> None:
    office, path = open_office(tmp_path), tmp_path / "kept.plan.json"
    kept(office, FULFIL)
    with pytest.raises(InputFileError, match="apply it with `shipsync fulfillments apply`"):
        service.load_plan(path, "shipments", office.connection.database)


@pytest.mark.parametrize("policy", ["hash", "drop"])
def test_a_plan_holds_what_is_sent_and_the_ledger_what_may_be_kept(
    tmp_path: Path, policy: str
) -> None:
    office = open_office(tmp_path)
    office.settings |= {"personal_data": policy, "personal_data_salt": Secret("a salt of 16 bytes")}
    assert office.send(kept(office, CREATE)).counts == {WriteState.APPLIED: 3}
    [sent] = office.account.collection("shipments").find("external_shipment_id", "W-1")
    assert b"Ada Lowe" in sent.raw
    assert "Ada Lowe" not in str(office.entries()["W-1"].request)
    assert (CREATE.plan(office).rows[0].reason or "").startswith(
        "Already carried out under this key on "
    )


def test_what_was_created_since_is_not_created_again(tmp_path: Path) -> None:
    office = open_office(tmp_path)
    plan = kept(office, CREATE)
    CREATE.do(office, "W-2")
    report = office.send(plan)
    assert report.counts == {WriteState.APPLIED: 2, WriteState.REJECTED: 1}
    assert "already" in (office.entries()["W-2"].reason or "")
    assert office.made() == {"W-1": 1, "W-2": 1, "W-3": 1}


def test_shipments_that_moved_since_are_not_fulfilled(tmp_path: Path) -> None:
    office = open_office(tmp_path, shipments=4)
    plan = kept(office, FULFIL)
    cancelled, labelled, fulfilled, _ = pending(office)
    office.account.orders.cancel(cancelled)
    office.label(labelled)
    old = {"shipment_id": fulfilled, "tracking_number": "OLD", "voided": False}
    office.account.parcels.put_fulfillment({**old, "fulfillment_id": "se-5"})
    report = office.send(plan)
    assert [outcome.reason for outcome in report.outcomes[:3]] == [
        f"Shipment {cancelled} is cancelled by now. Nothing was sent.",
        f"Shipment {labelled} has a live label by now, se-77, so it counts as shipped with that. Nothing "
        "was sent.",
        f"Shipment {fulfilled} is fulfilled already, with tracking number OLD. Nothing was sent.",
    ]
    assert report.counts == {WriteState.REJECTED: 3, WriteState.APPLIED: 1}
    assert office.writes_sent() == 1


def test_a_void_label_is_no_hindrance(tmp_path: Path) -> None:
    office = open_office(tmp_path)
    plan = kept(office, FULFIL)
    office.label(pending(office)[0], voided=True, status="voided")
    assert office.send(plan).counts == {WriteState.APPLIED: 3}


def test_one_after_the_other_each_with_its_label(tmp_path: Path) -> None:
    office = open_office(tmp_path)
    with_labels(office)
    plan = kept(office, CANCEL, cancel_with_labels(office))
    labels = office.account.ids("labels")
    for number, shipment_id in enumerate(pending(office), start=1):
        done = office.apply(plan, only_first=True)
        assert [report.left for report in done.reports] == [3 - number, 3 - number]
        assert office.made()[shipment_id] == office.made()[labels[number - 1]] == 1
        assert sum(office.made().values()) == 2 * number
    assert office.send(plan, only_first=True).counts == {WriteState.APPLIED: 3}
    assert office.writes_sent() == 6


def test_one_goes_on_past_a_line_that_was_rejected(tmp_path: Path) -> None:
    office = open_office(tmp_path)
    plan = kept(office, FULFIL)
    office.account.orders.cancel(pending(office)[0])
    assert office.send(plan, only_first=True).counts == {WriteState.REJECTED: 1}
    assert office.send(plan, only_first=True).counts == {
        WriteState.REJECTED: 1,
        WriteState.APPLIED: 1,
    }
    assert set(office.made()) == {FULFIL.keys(office)[1]}


def apply_from_file(office: Office, plan: Plan) -> None:
    with Session(office.connection, pacing=office.pacing) as session:
        service.applied(office.connection, "shipments apply", plan, Applying(session))


def test_a_plan_that_was_stopped_or_is_for_another_account_is_not_applied(tmp_path: Path) -> None:
    office = open_office(tmp_path)
    plan = kept(office, CREATE)
    with pytest.raises(UsageError, match="3 rows would be sent; at most 2 are allowed"):
        apply_from_file(office, plan.limited_to(2))
    with pytest.raises(UsageError, match="for connection 'east', not 'shop'"):
        apply_from_file(office, replace(plan, connection="east"))
    office.settings["read_only"] = True
    with pytest.raises(ConfigurationError, match="read_only; nothing was sent"):
        apply_from_file(office, plan)
    assert office.account.requests == []


def test_what_was_done_from_here_is_known_before_a_sync(tmp_path: Path) -> None:
    office = open_office(tmp_path)
    with_labels(office)
    first, second, third = pending(office)
    office.send(office.plan_cancels({"shipment_id": first, "key": "mine"}, void_labels=True))
    again = office.plan_cancels({"shipment_id": first, "key": "other"}, void_labels=True)
    assert [row.reason for row in again.rows] == ["It is cancelled already."]
    voids = only_voids(office.plan_cancels({"shipment_id": second}, void_labels=True))
    office.send(voids)
    plan = office.plan_cancels({"shipment_id": second}, {"shipment_id": third})
    assert [row.problem for row in plan.rows] == [None, "live_label"]


@pytest.mark.parametrize("kind", ["cancel", "fulfil"])
def test_a_key_may_not_be_what_another_row_is_called(tmp_path: Path, kind: str) -> None:
    office = open_office(tmp_path)
    with_labels(office)
    first, second, _ = pending(office)
    if kind == "cancel":
        plan = office.plan_cancels(
            {"shipment_id": first, "key": second}, {"shipment_id": second}, void_labels=True
        )
    else:
        shipped = {"tracking_number": "T1", "carrier_code": office.carrier}
        plan = office.plan_fulfillments(
            {"shipment_id": first, "key": f"{second}:T1", **shipped},
            {"shipment_id": second, **shipped},
        )
    assert [row.problem for row in plan.rows] == ["duplicate_key"] * 2


def test_no_file_but_a_plan_is_written_over(tmp_path: Path) -> None:
    office, path = open_office(tmp_path), tmp_path / "orders.csv"
    path.write_text("external_shipment_id")
    with pytest.raises(UsageError, match="is there and is no plan, so it is not written over"):
        service.save_plan(CREATE.plan(office), path, office.connection.database)
    assert path.read_text() == "external_shipment_id"
    for _ in range(2):
        service.save_plan(
            CREATE.plan(office), tmp_path / "it.plan.json", office.connection.database
        )
