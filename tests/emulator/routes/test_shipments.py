"""Shipments: created, changed and cancelled through the API."""

from __future__ import annotations

import httpx
import pytest

from emulator.conftest import buy_label, client_of, create, make_account, status_of
from emulator.test_conformance import ADDRESS, SHIPMENT
from shipsync.emulator import Account, Options


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


@pytest.mark.parametrize("shows", [True, False])
def test_a_refusal_may_hold_the_whole_shipment(shows: bool) -> None:
    account = make_account(Options(refusals_show_shipment=shows))
    shipment_id, _ = buy_label(account)
    with client_of(account) as client:
        answers = [
            client.put(f"/v2/shipments/{shipment_id}/cancel"),
            client.put(f"/v2/shipments/{shipment_id}", json={"is_gift": True}),
        ]
    for answer in answers:
        (error,) = answer.json()["errors"]
        assert answer.status_code == 400
        shipment = account.entity("shipments", shipment_id) if shows else None
        assert error.get("field_value") == shipment
        assert error.get("field_name") == ("shipment" if shows else None)


def test_an_update_refuses_each_option_without_a_value(client: httpx.Client) -> None:
    (made,) = create(client, SHIPMENT)["shipments"]
    options = [{"name": "Gift message", "value": ""}, {"name": "Size", "value": "L"}]
    items = [{"sku": "A", "options": options}, {"sku": "B", "options": options[:1]}]
    answer = client.put(f"/v2/shipments/{made['shipment_id']}", json={"items": items})
    assert answer.status_code == 400
    errors = answer.json()["errors"]
    assert [(e["error_code"], e["field_name"]) for e in errors] == [
        ("field_value_required", "value")
    ] * 2


def test_what_is_on_hold_can_be_listed_and_changed() -> None:
    account = make_account(Options(hold_status="on_hold"), shipments=0)
    with client_of(account) as client:
        until = {"hold_until_date": "2026-04-20T07:00:00Z"}
        held, _ = create(client, {**SHIPMENT, **until}, SHIPMENT)["shipments"]
        found = client.get("/v2/shipments", params={"shipment_status": "on_hold"}).json()
        assert [row["shipment_id"] for row in found["shipments"]] == [held["shipment_id"]]
        path = f"/v2/shipments/{held['shipment_id']}"
        released = client.put(path, json={"hold_until_date": None}).json()
    assert (released["shipment_status"], released["hold_until_date"]) == ("pending", None)
