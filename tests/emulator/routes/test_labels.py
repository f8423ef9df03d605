"""Labels: voided or refused, tracked by label and by number, their further boxes."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from emulator.conftest import buy_label, client_of, make_account, status_of
from emulator.test_conformance import SHIPMENT
from shipsync.emulator import Account, Options


@pytest.mark.parametrize("status", ["pending", "label_purchased"])
def test_void_sets_the_shipment_back(status: Any) -> None:
    account = make_account(Options(status_after_void=status))
    shipment_id, label_id = buy_label(account)
    with client_of(account) as client:
        assert client.put(f"/v2/labels/{label_id}/void").json()["approved"] is True
        label = client.get(f"/v2/labels/{label_id}").json()
    assert (label["status"], label["voided"]) == ("voided", True)
    assert label["voided_at"] == "2026-04-06T09:00:00Z"
    assert status_of(account, shipment_id) == status


def test_void_refusals_are_200(account: Account, client: httpx.Client) -> None:
    _, label_id = buy_label(account)
    path = f"/v2/labels/{label_id}/void"
    account.parcels.put_tracking(label_id, {"status_code": "IT", "events": []})
    assert client.put(path).json()["reason_code"] == "label_already_used"
    account.parcels.put_tracking(label_id, {"status_code": "AC", "events": []})
    account.parcels.change_label(label_id, status="processing")
    assert client.put(path).json()["reason_code"] == "validation_failed"
    account.parcels.change_label(label_id, status="completed")
    account.clock.advance(days=31)
    assert client.put(path).json()["reason_code"] == "label_not_found_within_void_period"
    account.orders.void_label(label_id)
    answer = client.put(path)
    assert answer.status_code == 200
    assert answer.json()["approved"] is False
    assert answer.json()["reason_code"] == "label_already_voided"


def test_the_void_period_is_an_option() -> None:
    account = make_account(Options(void_period_days=1))
    _, label_id = buy_label(account)
    account.clock.advance(days=1)
    with client_of(account) as client:
        assert client.put(f"/v2/labels/{label_id}/void").json()["approved"] is False


def test_tracking_before_any_scan(account: Account, client: httpx.Client) -> None:
    _, label_id = buy_label(account)
    body = client.get(f"/v2/labels/{label_id}/track").json()
    assert (body["status_code"], body["events"]) == ("NY", [])
    account.parcels.put_tracking(label_id, {**body, "status_code": "AC"})
    assert client.get(f"/v2/labels/{label_id}/track").json()["status_code"] == "AC"


def test_tracking_by_number(account: Account, client: httpx.Client) -> None:
    _, label_id = buy_label(account)
    label = account.entity("labels", label_id)
    params = {"tracking_number": "1Z77", "carrier_code": label["carrier_code"]}
    by_label = client.get(f"/v2/labels/{label_id}/track").json()
    assert client.get("/v2/tracking", params=params).json() == by_label
    assert client.get("/v2/tracking", params={**params, "carrier_code": "x"}).status_code == 404


@pytest.mark.parametrize("knows", [True, False])
def test_a_further_box_goes_a_way_of_its_own(knows: bool) -> None:
    account = make_account(Options(tracks_further_boxes=knows), shipments=120)
    labels = [account.entity("labels", label_id) for label_id in account.ids("labels")]
    label = next(x for x in labels if len(x["packages"]) > 1 and not x["voided"])
    number = label["packages"][0]["tracking_number"]
    assert number != label["tracking_number"]
    client = client_of(account)
    asked = {"tracking_number": number, "carrier_code": label["carrier_code"]}

    answer = client.get("/v2/tracking", params=asked)
    assert answer.status_code == (200 if knows else 404)
    if knows:
        assert answer.json()["tracking_number"] == number
        assert answer.json()["events"]
        first = client.get(f"/v2/labels/{label['label_id']}/track").json()
        assert first["tracking_number"] == label["tracking_number"]
    other = client.get("/v2/tracking", params={**asked, "carrier_code": "nobody"})
    assert other.status_code == 404


def test_a_label_with_a_shipment_that_exists_is_refused_with_its_address(
    account: Account, client: httpx.Client
) -> None:
    shipment_id = account.ids("shipments")[-1]
    answer = client.post("/v2/labels", json={"shipment": {"shipment_id": shipment_id}})
    (error,) = answer.json()["errors"]
    assert answer.status_code == 400
    assert (error["error_code"], error["field_name"]) == ("unspecified", "shipment")
    assert error["field_value"]["ship_to"] == account.entity("shipments", shipment_id)["ship_to"]
    assert client.post("/v2/labels", json={"shipment": SHIPMENT}).status_code == 501


def test_a_label_may_say_that_it_is_delivered_only_once_it_is_read() -> None:
    account = make_account(Options(label_tracking_status="on_read"), shipments=120)
    labels = [account.entity("labels", label_id) for label_id in account.ids("labels")]
    assert {label["tracking_status"] for label in labels} == {"in_transit"}
    arrived, moving = (
        next(
            label["label_id"]
            for label in labels
            if (account.parcels.tracking_of(label["label_id"]) or {}).get("status_code") == code
        )
        for code in ("DE", "IT")
    )
    with client_of(account) as client:
        statuses = [
            client.get(f"/v2/labels/{i}").json()["tracking_status"] for i in (arrived, moving)
        ]
        listed = client.get("/v2/labels", params={"page_size": 500}).json()["labels"]
    assert statuses == ["delivered", "in_transit"]
    said = {row["label_id"] for row in listed if row["tracking_status"] == "delivered"}
    assert said == {arrived}


def test_some_labels_may_never_say_that_they_are_delivered() -> None:
    account = make_account(Options(label_tracking_status="lies"), shipments=200)
    said = [
        account.entity("labels", label_id)["tracking_status"]
        for label_id in account.ids("labels")
        if (account.parcels.tracking_of(label_id) or {}).get("status_code") == "DE"
    ]
    assert set(said) == {"delivered", "in_transit", "unknown"}
    assert said.count("delivered") > 0.6 * len(said)


def test_an_unmapped_scan_does_not_make_a_parcel_voidable(
    account: Account, client: httpx.Client
) -> None:
    _, label_id = buy_label(account)
    scans = [{"status_code": "UN"}, {"status_code": "IT"}]
    account.parcels.put_tracking(label_id, {"status_code": "UN", "events": scans})
    assert client.put(f"/v2/labels/{label_id}/void").json()["reason_code"] == "label_already_used"


@pytest.mark.parametrize("moves", [True, False])
def test_a_delivery_may_leave_a_label_where_it_is_in_the_order(moves: bool) -> None:
    account = make_account(Options(tracking_moves_labels=moves), shipments=40)
    _, label_id = buy_label(account)
    account.parcels.change_label(label_id, tracking_status="in_transit")
    account.clock.advance(hours=1)
    other = account.ids("labels")[0]
    account.parcels.change_label(other, label_image_id="img")
    account.clock.advance(hours=1)
    account.parcels.note_delivery(label_id)
    assert account.journal[-1].body["tracking_status"] == "delivered"
    with client_of(account) as client:
        params: dict[str, Any] = {"sort_by": "modified_at", "sort_dir": "desc", "page_size": 1}
        (newest,) = client.get("/v2/labels", params=params).json()["labels"]
    assert newest["label_id"] == (label_id if moves else other)
