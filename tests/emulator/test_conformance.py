"""Every answer of every operation against the vendor's OpenAPI document."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from emulator.conftest import KEY, buy_label, make_account
from emulator.documented import Document, Judged
from shipsync.emulator import Account, Fault, FaultKind, Options, Transport
from shipsync.emulator.routes import TABLE, purchasing

NOT_IN_THE_DOCUMENT = {
    # Only refuses.
    ("POST", "/v2/labels"),
    # Documented in 2026, after the document of this folder: routes/test_purchasing.py.
    *((route.method, route.path) for route in purchasing.ROUTES),
}
ROUTES = [route for route in TABLE.paths() if route not in NOT_IN_THE_DOCUMENT]

ADDRESS = {
    "name": "Ada Park",
    "phone": "555-0100",
    "address_line1": "1 Pier Road",
    "city_locality": "Portland",
    "state_province": "OR",
    "postal_code": "97209",
    "country_code": "US",
    "address_residential_indicator": "no",
}
PACKAGE = {"weight": {"value": 12.5, "unit": "ounce"}, "package_code": "package"}
SHIPMENT = {
    "ship_to": ADDRESS,
    "ship_from": ADDRESS,
    "external_shipment_id": "ext-1",
    "packages": [PACKAGE],
    "items": [{"name": "Lamp", "sku": "LAMP", "quantity": 2, "unit_price": 20.5}],
}


@pytest.fixture
def judged(account: Account, document: Document) -> Judged:
    return Judged(Transport(account), document)


def client_through(judged: Judged) -> httpx.Client:
    return httpx.Client(transport=judged, base_url="https://api.shipstation.com", headers=KEY)


def test_routes_are_the_documented_operations(document: Document) -> None:
    assert set(ROUTES) == set(document.operations)


def read_everything(client: httpx.Client, account: Account) -> None:
    for path in ("shipments", "labels", "fulfillments"):
        for sort_by in ("created_at", "modified_at"):
            client.get(f"/v2/{path}", params={"page_size": 500, "sort_by": sort_by})
        client.get(f"/v2/{path}", params={"page": 2, "page_size": 7, "sort_dir": "asc"})
        client.get(f"/v2/{path}", params={"page": 999})
        client.get(f"/v2/{path}", params={"page": 0})
    lists = ("warehouses", "tags", "carriers", "products", "inventory_warehouses")
    for path in (*lists, "inventory_locations", "inventory", "environment/webhooks"):
        client.get(f"/v2/{path}")
    client.get("/v2/carriers", params={"page": 0})
    client.get("/v2/products", params={"page_size": "many"})
    for path in ("inventory", "inventory_warehouses", "inventory_locations"):
        client.get(f"/v2/{path}", params={"page_size": 0})
    client.get("/v2/inventory", params={"group_by": "warehouse"})


def read_one_of_each(client: httpx.Client, account: Account) -> None:
    for label_id in account.ids("labels"):
        client.get(f"/v2/labels/{label_id}/track")
    client.get(f"/v2/labels/{account.ids('labels')[0]}")
    number = account.entity("labels", account.ids("labels")[0])["tracking_number"]
    client.get("/v2/tracking", params={"tracking_number": number})
    client.get("/v2/tracking", params={"tracking_number": "none"})
    client.get("/v2/tracking")
    shipment_id = account.ids("shipments")[0]
    client.get(f"/v2/shipments/{shipment_id}")
    rates = client.get(f"/v2/shipments/{shipment_id}/rates").json()["rates"]
    client.get(f"/v2/rates/{rates[0]['rate_id']}")
    for kind in ("warehouse", "inventory_warehouse", "inventory_location"):
        rows = account.master_data.items(f"{kind}s")  # type: ignore[arg-type]
        client.get(f"/v2/{kind}s/{rows[0][f'{kind}_id']}")


def ask_for_what_is_not_there(client: httpx.Client, account: Account) -> None:
    for path in (
        *("shipments/X", "labels/X", "labels/X/track", "rates/X", "warehouses/X"),
        *("inventory_warehouses/X", "inventory_locations/X", "shipments/X/rates"),
        *("environment/webhooks/X", "shipments/external_shipment_id/X"),
    ):
        assert client.get(f"/v2/{path.replace('X', 'se-7')}").status_code == 404
    for path in ("shipments/X", "labels/X", "labels/X/track", "rates/X", "warehouses/X"):
        assert client.get(f"/v2/{path.replace('X', 'UPPER')}").status_code == 400
    assert client.get("/v2/shipments/UPPER/rates").status_code == 400
    assert client.get("/v2/environment/webhooks/UPPER").status_code == 400
    assert client.put("/v2/shipments/se-7", json={}).status_code == 404
    assert client.put("/v2/shipments/se-7/cancel").status_code == 404
    assert client.put("/v2/shipments/UPPER/cancel").status_code == 400
    assert client.put("/v2/labels/se-7/void").status_code == 404
    assert client.put("/v2/labels/UPPER/void").status_code == 400


def write_stock(client: httpx.Client, account: Account) -> None:
    location_id = account.master_data.items("inventory_locations")[0]["inventory_location_id"]
    body = {
        "transaction_type": "increment",
        "sku": account.master_data.items("products")[0]["sku"],
        "quantity": 4,
        "inventory_location_id": location_id,
        "cost": {"amount": 2.5, "currency": "usd"},
    }
    assert client.post("/v2/inventory", json=body).status_code == 204
    over = {**body, "transaction_type": "decrement", "quantity": 10**6}
    assert client.post("/v2/inventory", json=over).status_code == 400
    client.get("/v2/inventory", params={"sku": body["sku"]})


def write_orders(client: httpx.Client, account: Account) -> None:
    made = client.post("/v2/shipments", json={"shipments": [SHIPMENT]}).json()
    shipment_id = made["shipments"][0]["shipment_id"]
    assert client.post("/v2/shipments", json={"shipments": []}).status_code == 400
    client.get("/v2/shipments/external_shipment_id/ext-1")
    tags = {**SHIPMENT, "tags": [{"name": "vip"}]}
    assert client.put(f"/v2/shipments/{shipment_id}", json=tags).status_code == 200
    asked = {"shipment_id": shipment_id, "rate_options": {"carrier_ids": ["se-2077423"]}}
    assert client.post("/v2/rates", json=asked).status_code == 200
    assert client.post("/v2/rates", json={}).status_code == 400
    row = {"shipment_id": shipment_id, "tracking_number": "1Z", "carrier_code": "ups"}
    for _ in range(2):
        assert client.post("/v2/fulfillments", json={"fulfillments": [row]}).status_code == 200
    assert client.post("/v2/fulfillments", json={"fulfillments": "x"}).status_code == 400
    assert client.put(f"/v2/shipments/{shipment_id}/cancel").status_code == 204
    assert client.put(f"/v2/shipments/{shipment_id}", json=SHIPMENT).status_code == 400


def void_labels(client: httpx.Client, account: Account) -> None:
    buy_label(account)
    codes = set()
    for label_id in account.ids("labels"):
        answer = client.put(f"/v2/labels/{label_id}/void")
        assert answer.status_code == 200
        codes.add(answer.json().get("reason_code"))
    assert {None, "label_already_used", "label_already_voided"} <= codes


def keep_webhooks(client: httpx.Client, account: Account) -> None:
    path = "/v2/environment/webhooks"
    body = {"event": "track", "url": "https://shop.example/hook", "name": "tracking"}
    webhook_id = client.post(path, json=body).json()["webhook_id"]
    assert client.post(path, json=body).status_code == 409
    assert client.post(path, json={"event": "tracks"}).status_code == 400
    assert client.get(f"{path}/{webhook_id}").status_code == 200
    client.get(path)
    assert client.put(f"{path}/{webhook_id}", json={"name": "parcels"}).status_code == 204
    assert client.put(f"{path}/{webhook_id}", json={"url": "no"}).status_code == 400
    assert client.put(f"{path}/se-7", json={}).status_code == 404
    assert client.delete(f"{path}/{webhook_id}").status_code == 204
    assert client.delete(f"{path}/{webhook_id}").status_code == 404
    assert client.delete(f"{path}/UPPER").status_code == 400


def be_refused(client: httpx.Client, account: Account) -> None:
    for method, template in ROUTES:
        path = template.replace("{", "se-1").replace("}", "")
        assert client.request(method, path, headers={"api-key": "no"}).status_code == 401
        account.faults.add(Fault(FaultKind.TOO_MANY_REQUESTS))
        assert client.request(method, path).status_code == 429


def meet_server_errors(client: httpx.Client, account: Account) -> None:
    without = ("/v2/inventory", "/v2/inventory_")
    for method, template in ROUTES:
        if not template.startswith(without):
            account.faults.add(Fault(FaultKind.SERVER_ERROR))
            path = template.replace("{", "se-1").replace("}", "")
            assert client.request(method, path).status_code == 500


SCENES: tuple[Callable[[httpx.Client, Account], None], ...] = (
    read_everything,
    read_one_of_each,
    ask_for_what_is_not_there,
    write_stock,
    write_orders,
    void_labels,
    keep_webhooks,
    be_refused,
    meet_server_errors,
)

NEVER = {
    # A list, or a write without an id, has nothing that could be missing.
    *((("GET", f"/v2/{name}"), 404) for name in ("shipments", "fulfillments", "products")),
    *((("GET", f"/v2/{name}"), 404) for name in ("carriers", "tags", "warehouses")),
    # Nothing can be wrong with a request that has no parameters and no body.
    *((("GET", f"/v2/{name}"), 400) for name in ("tags", "warehouses")),
    (("GET", "/v2/environment/webhooks"), 400),
    (("GET", "/v2/shipments/external_shipment_id/{external_shipment_id}"), 400),
    # Only under Options(carriers_partial=True), which has a test of its own.
    (("GET", "/v2/carriers"), 207),
}
"""Declared answers that no request can bring about."""


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__)
def test_answers_are_as_documented(
    scene: Callable[[httpx.Client, Account], None], account: Account, judged: Judged
) -> None:
    with client_through(judged) as client:
        scene(client, account)
    assert judged.seen


def test_every_documented_answer_was_judged(
    account: Account, judged: Judged, document: Document
) -> None:
    with client_through(judged) as client:
        for scene in SCENES:
            scene(client, account)
    declared = {
        (operation, int(status))
        for operation, details in document.operations.items()
        for status in details["responses"]
    }
    assert declared - judged.seen == NEVER


def test_partial_carriers_are_as_documented(document: Document) -> None:
    judged = Judged(Transport(make_account(Options(carriers_partial=True))), document)
    with client_through(judged) as client:
        answer = client.get("/v2/carriers")
    assert answer.status_code == 207
    assert answer.json()["errors"]


def test_the_judge_finds_a_wrong_type(account: Account, judged: Judged) -> None:
    account.faults.add(Fault(FaultKind.WRONG_TYPE, field="shipment_status", value="lost"))
    with client_through(judged) as client, pytest.raises(AssertionError, match="shipment_status"):
        client.get("/v2/shipments")
