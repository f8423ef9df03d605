"""Creating, changing, cancelling and fulfilling shipments; voiding labels; webhooks."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from emulator.conftest import START, buy_label, client_of, make_account
from emulator.test_conformance import ADDRESS, SHIPMENT
from shipsync.emulator import Account, Options


def create(client: httpx.Client, *shipments: dict[str, Any]) -> dict[str, Any]:
    answer = client.post("/v2/shipments", json={"shipments": list(shipments)})
    assert answer.status_code == 200
    body: dict[str, Any] = answer.json()
    return body


def status_of(account: Account, shipment_id: str) -> str:
    return str(account.entity("shipments", shipment_id)["shipment_status"])


def test_created_shipments_are_listed(account: Account, client: httpx.Client) -> None:
    made = create(client, SHIPMENT)
    assert made["has_errors"] is False
    shipment = made["shipments"][0]
    assert (shipment["errors"], shipment["shipment_status"]) == ([], "pending")
    assert shipment["total_weight"] == {"value": 12.5, "unit": "ounce"}
    kept = client.get(f"/v2/shipments/{shipment['shipment_id']}").json()
    assert kept == {k: v for k, v in shipment.items() if k not in ("errors", "address_validation")}
    by_external_id = client.get("/v2/shipments/external_shipment_id/ext-1").json()
    assert by_external_id == kept == account.journal[-1].body


def test_some_may_fail(account: Account, client: httpx.Client) -> None:
    before = len(account.ids("shipments"))
    twin = {**SHIPMENT, "external_shipment_id": "ext-2"}
    lost = {**SHIPMENT, "external_shipment_id": "ext-3", "warehouse_id": "se-404"}
    made = create(client, SHIPMENT, SHIPMENT, twin, lost)
    assert made["has_errors"] is True
    assert [bool(row["errors"]) for row in made["shipments"]] == [False, True, False, True]
    assert made["shipments"][1].keys() == {"errors"}
    assert len(account.ids("shipments")) == before + 2


def test_failed_rows_may_echo_what_was_sent() -> None:
    with client_of(make_account(Options(failed_shipment="echo"), shipments=0)) as client:
        row = create(client, SHIPMENT, SHIPMENT)["shipments"][1]
    assert row["external_shipment_id"] == "ext-1"
    assert row["errors"]


def test_long_external_ids_are_cut_before_they_are_compared(client: httpx.Client) -> None:
    made = create(client, {**SHIPMENT, "external_shipment_id": "x" * 60})
    assert made["shipments"][0]["external_shipment_id"] == "x" * 50
    assert create(client, {**SHIPMENT, "external_shipment_id": "x" * 50})["has_errors"] is True


def test_a_malformed_row_refuses_them_all(account: Account, client: httpx.Client) -> None:
    before = len(account.journal)
    bad = {"shipments": [SHIPMENT, {"ship_to": {**ADDRESS, "country_code": "USA"}}]}
    answer = client.post("/v2/shipments", json=bad)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field_name"] == "shipments.1.ship_to.country_code"
    assert len(account.journal) == before


def test_update_while_pending(account: Account, client: httpx.Client) -> None:
    shipment_id = create(client, SHIPMENT)["shipments"][0]["shipment_id"]
    account.clock.advance(minutes=1)
    changed = {"tags": [{"name": "vip"}], "ship_to": {**ADDRESS, "name": "Bo Reed"}}
    body = client.put(f"/v2/shipments/{shipment_id}", json={**SHIPMENT, **changed}).json()
    assert body["tags"] == [{"name": "vip"}]
    assert body["ship_to"]["name"] == "Bo Reed"
    assert body["modified_at"] == "2026-04-06T09:01:00Z"
    account.orders.cancel(shipment_id)
    answer = client.put(f"/v2/shipments/{shipment_id}", json=SHIPMENT)
    assert (answer.status_code, answer.json()["errors"][0]["error_code"]) == (400, "invalid_status")


def test_cancel(account: Account, client: httpx.Client) -> None:
    shipment_id = create(client, SHIPMENT)["shipments"][0]["shipment_id"]
    path = f"/v2/shipments/{shipment_id}/cancel"
    answer = client.put(path)
    assert (answer.status_code, answer.content) == (204, b"")
    assert status_of(account, shipment_id) == "cancelled"
    entries = len(account.journal)
    assert client.put(path).status_code == 204
    assert len(account.journal) == entries


@pytest.mark.parametrize(
    ("options", "status", "code"),
    [
        (Options(), 400, "invalid_status"),
        (Options(cancel_refusal_status=409, cancel_refusal_code="unspecified"), 409, "unspecified"),
    ],
)
def test_a_live_label_refuses_a_cancel(options: Options, status: int, code: str) -> None:
    account = make_account(options)
    shipment_id, label_id = buy_label(account)
    with client_of(account) as client:
        answer = client.put(f"/v2/shipments/{shipment_id}/cancel")
        assert (answer.status_code, answer.json()["errors"][0]["error_code"]) == (status, code)
        assert status_of(account, shipment_id) == "label_purchased"
        assert client.put(f"/v2/labels/{label_id}/void").json()["approved"] is True
        assert client.put(f"/v2/shipments/{shipment_id}/cancel").status_code == 204


def test_a_second_cancel_may_be_refused() -> None:
    account = make_account(Options(repeated_cancel="refuse"), shipments=0)
    with client_of(account) as client:
        shipment_id = create(client, SHIPMENT)["shipments"][0]["shipment_id"]
        path = f"/v2/shipments/{shipment_id}/cancel"
        assert client.put(path).status_code == 204
        assert client.put(path).status_code == 400


def test_a_taken_id_may_refuse_the_whole_call() -> None:
    account = make_account(Options(duplicate_shipment="conflict"), shipments=0)
    with client_of(account) as client:
        create(client, SHIPMENT)
        other = {**SHIPMENT, "external_shipment_id": "ext-2"}
        answer = client.post("/v2/shipments", json={"shipments": [other, SHIPMENT]})
    assert (answer.status_code, answer.json()["errors"][0]["error_code"]) == (
        409,
        "identifier_conflict",
    )
    assert len(account.ids("shipments")) == 1


@pytest.mark.parametrize(("policy", "made"), [("refuse", 1), ("accept", 2)])
def test_a_shipment_may_be_fulfilled_twice_or_not(policy: Any, made: int) -> None:
    account = make_account(Options(repeated_fulfillment=policy), shipments=0)
    code = account.master_data.items("carriers")[0]["carrier_code"]
    with client_of(account) as client:
        shipment_id = create(client, SHIPMENT)["shipments"][0]["shipment_id"]
        row = {"shipment_id": shipment_id, "tracking_number": "1Z", "carrier_code": code}
        for _ in range(2):
            client.post("/v2/fulfillments", json={"fulfillments": [row]})
    assert len(account.parcels.fulfillments_of(shipment_id)) == made


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


def row(shipment_id: str, **more: Any) -> dict[str, Any]:
    base = {"shipment_id": shipment_id, "tracking_number": "T-1", "carrier_code": "ups"}
    return {**base, **more}


def test_fulfillments_row_by_row(account: Account, client: httpx.Client) -> None:
    labelled, _ = buy_label(account)
    made = create(client, SHIPMENT, {**SHIPMENT, "external_shipment_id": "ext-2"})["shipments"]
    fresh, cancelled = (shipment["shipment_id"] for shipment in made)
    account.orders.cancel(cancelled)
    rows = [
        row(fresh, ship_date="2026-04-09T00:00:00Z", notify_order_source=True),
        *(row(fresh), row(cancelled), row(labelled), row("se-404")),
        row(fresh, carrier_code="pigeon"),
    ]
    answer = client.post("/v2/fulfillments", json={"fulfillments": rows})
    assert answer.status_code == 200
    assert answer.json()["has_errors"] is True
    messages = [line["error_message"] for line in answer.json()["fulfillments"]]
    assert messages[0] is None
    assert all(messages[1:])
    assert all("fulfillment_id" not in line for line in answer.json()["fulfillments"])
    (kept,) = client.get("/v2/fulfillments", params={"shipment_id": fresh}).json()["fulfillments"]
    assert kept["ship_date"] == "2026-04-09T07:00:00Z"
    assert kept["order_source_notified"] is True
    assert kept["fulfillment_carrier_friendly_name"] == "UPS"


@pytest.mark.parametrize("status", ["pending", "label_purchased"])
def test_status_after_a_fulfillment(status: Any) -> None:
    account = make_account(Options(status_after_fulfillment=status))
    with client_of(account) as client:
        shipment_id = create(client, SHIPMENT)["shipments"][0]["shipment_id"]
        client.post("/v2/fulfillments", json={"fulfillments": [row(shipment_id)]})
    assert status_of(account, shipment_id) == status


def test_labels_may_be_fulfillments_too() -> None:
    account = make_account(Options(fulfillments_include_labels=True))
    shipment_id, label_id = buy_label(account)
    with client_of(account) as client:
        params = {"tracking_number": "1Z77"}
        (kept,) = client.get("/v2/fulfillments", params=params).json()["fulfillments"]
        assert (kept["shipment_id"], kept["voided"]) == (shipment_id, False)
        client.put(f"/v2/labels/{label_id}/void")
        (after,) = client.get("/v2/fulfillments", params=params).json()["fulfillments"]
    assert after == {**kept, "voided": True, "voided_at": "2026-04-06T09:00:00Z"}


def test_labels_are_no_fulfillments_by_default(account: Account, client: httpx.Client) -> None:
    buy_label(account)
    found = client.get("/v2/fulfillments", params={"tracking_number": "1Z77"}).json()
    assert found["total"] == 0


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


def test_webhooks_change_only_what_may_change(client: httpx.Client) -> None:
    path = "/v2/environment/webhooks"
    made = client.post(path, json={"event": "track", "url": "https://a.example/x"}).json()
    one = f"{path}/{made['webhook_id']}"
    client.put(one, json={"event": "batch", "name": "new"})
    assert client.get(one).json() == {**made, "name": "new"}
    assert client.get(path).json() == [{**made, "name": "new"}]


def test_a_seeded_account_starts_where_it_was_told(account: Account) -> None:
    assert account.clock.now() == START
