"""Rates: for shipments that exist or are described, at once or while the carriers still think."""

from __future__ import annotations

import httpx
import pytest

from emulator.conftest import client_of, make_account
from emulator.test_conformance import SHIPMENT
from shipsync.emulator import Account, Options


def test_rates_can_be_narrowed_and_kept(account: Account, client: httpx.Client) -> None:
    shipment_id = account.ids("shipments")[0]
    carrier = account.master_data.items("carriers")[0]
    asked = {
        "shipment_id": shipment_id,
        "rate_options": {
            "carrier_ids": [carrier["carrier_id"]],
            "service_codes": [carrier["services"][0]["service_code"]],
        },
    }
    (rate,) = client.post("/v2/rates", json=asked).json()["rate_response"]["rates"]
    assert client.get(f"/v2/rates/{rate['rate_id']}").json() == rate
    asked["rate_options"]["carrier_ids"] = ["se-404"]
    answer = client.post("/v2/rates", json=asked).json()["rate_response"]
    assert (answer["rates"], answer["status"]) == ([], "error")
    assert answer["errors"][0]["error_code"] == "no_rates_returned"


def test_rates_for_a_shipment_described(account: Account, client: httpx.Client) -> None:
    answer = client.post("/v2/rates", json={"shipment": SHIPMENT}).json()
    assert answer["rate_response"]["shipment_id"] in account.ids("shipments")
    both = {"shipment": SHIPMENT, "shipment_id": account.ids("shipments")[0]}
    assert client.post("/v2/rates", json=both).status_code == 400


def test_rates_may_come_later() -> None:
    account = make_account(Options(rates_pending_for=1))
    shipment_id = account.ids("shipments")[0]
    with client_of(account) as client:
        answer = client.post("/v2/rates", json={"shipment_id": shipment_id}).json()["rate_response"]
        assert (answer["status"], answer["rates"]) == ("working", [])
        path = f"/v2/shipments/{shipment_id}/rates"
        looks = [client.get(path).json() for _ in range(2)]
    assert [look["status"] for look in looks] == ["working", "completed"]
    assert looks[1]["rates"]


@pytest.mark.parametrize("country", ["US", "CA"])
def test_services_fit_where_a_parcel_goes(
    account: Account, client: httpx.Client, country: str
) -> None:
    described = {**SHIPMENT, "ship_to": {**SHIPMENT["ship_to"], "country_code": country}}
    answer = client.post("/v2/rates", json={"shipment": described}).json()
    quoted = {rate["service_code"] for rate in answer["rate_response"]["rates"]}
    services = [s for c in account.master_data.items("carriers") for s in c["services"]]
    assert quoted == {s["service_code"] for s in services if s["domestic"] is (country == "US")}


@pytest.mark.parametrize("needs", [True, False])
def test_options_without_a_value_may_refuse_rates(needs: bool) -> None:
    account = make_account(Options(rates_need_option_values=needs))
    shipment_id = account.ids("shipments")[0]
    options = [{"name": "Gift message", "value": ""}]
    items = account.entity("shipments", shipment_id)["items"]
    account.orders.change(shipment_id, items=[{**items[0], "options": options}])
    with client_of(account) as client:
        answer = client.post("/v2/rates", json={"shipment_id": shipment_id})
    assert answer.status_code == (400 if needs else 200)
