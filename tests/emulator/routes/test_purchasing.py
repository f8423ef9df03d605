"""Suppliers and purchase orders are served with the fields that the documentation of 2026 names."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from shipsync.emulator import Account, Transport
from shipsync.emulator.simulation.provisioning import provision

SUPPLIER = (
    *("supplier_id", "supplier_name", "supplier_email", "address_line_1", "address_line_2"),
    *("city", "state", "postal_code", "country_code", "contact_name", "contact_phone"),
)
IN_THE_LIST = (
    *("purchase_order_id", "order_number", "supplier_id", "supplier_name", "status", "order_date"),
    *("expected_delivery_date", "create_date", "modify_date", "reference_number", "warehouse_id"),
)
BY_ITSELF = (
    *("payment_terms", "payment_status", "currency_code", "shipping_carrier", "tracking_number"),
    *("note_to_supplier", "products"),
)


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    """A client of an account that has sold nothing yet."""
    account = Account(seed=1)
    provision(account)
    key = {"api-key": "emulator-key"}
    with httpx.Client(
        transport=Transport(account), base_url="http://127.0.0.1", headers=key
    ) as client:
        yield client


def test_suppliers_have_the_documented_fields(client: httpx.Client) -> None:
    listed = client.get("/v2/suppliers", params={"page_size": 2}).json()
    assert [tuple(row) for row in listed["suppliers"]] == [SUPPLIER] * 2
    assert (listed["total"], listed["page"], listed["pages"]) == (3, 1, 2)
    assert client.get(f"/v2/suppliers/{listed['suppliers'][0]['supplier_id']}").is_success
    assert client.get("/v2/suppliers/se-0").status_code == 404


def test_suppliers_are_found_by_a_part_of_the_name(client: httpx.Client) -> None:
    found = client.get("/v2/suppliers", params={"supplier_name": "LUMEN"}).json()["suppliers"]
    assert [row["supplier_name"] for row in found] == ["Atelier Lumen"]


def test_the_list_of_purchase_orders_leaves_out_their_products(client: httpx.Client) -> None:
    (first, *_) = client.get("/v2/purchase_orders").json()["purchase_orders"]
    assert tuple(first) == IN_THE_LIST
    whole = client.get(f"/v2/purchase_orders/{first['purchase_order_id']}").json()
    assert set(whole) == {*IN_THE_LIST, *BY_ITSELF}
    assert {"sku", "supplier_sku", "quantity", "cost"} <= set(whole["products"][0])


@pytest.mark.parametrize(
    ("params", "count"),
    [
        ({"status": "open"}, 1),
        ({"order_number": "02022026-01"}, 1),
        ({"reference_number": "REF-003"}, 1),
        ({"warehouse_id": "se-0"}, 0),
        ({"create_date_start": "2026-02-16T00:00:00Z"}, 3),
    ],
    ids=str,
)
def test_purchase_orders_are_filtered(
    client: httpx.Client, params: dict[str, str], count: int
) -> None:
    assert client.get("/v2/purchase_orders", params=params).json()["total"] == count


def test_a_status_that_there_is_none_of_is_refused(client: httpx.Client) -> None:
    assert client.get("/v2/purchase_orders", params={"status": "lost"}).status_code == 400
