"""Fulfillments: made row by row, twice or not, and labels among them."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from emulator.conftest import buy_label, client_of, create, make_account, status_of
from emulator.test_conformance import SHIPMENT
from shipsync.emulator import Account, Options


def row(shipment_id: str, **more: Any) -> dict[str, Any]:
    base = {"shipment_id": shipment_id, "tracking_number": "T-1", "carrier_code": "ups"}
    return {**base, **more}


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
