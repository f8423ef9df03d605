"""Pages, links, sizes, and how deep one may go."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from emulator.conftest import client_of, make_account
from shipsync.emulator import Account, Options

PAGED = ("shipments", "labels", "fulfillments", "products", "inventory")


def walk(client: httpx.Client, path: str) -> Iterator[dict[str, Any]]:
    """Bodies from the first page on, as the links lead."""
    url: str | None = path
    while url:
        body = client.get(url).raise_for_status().json()
        yield body
        url = body["links"]["next"].get("href")


@pytest.mark.parametrize("name", PAGED)
def test_links_lead_through_every_row_once(client: httpx.Client, name: str) -> None:
    bodies = list(walk(client, f"/v2/{name}?page_size=2"))
    rows = [repr(row) for body in bodies for row in body[name]]
    assert len(rows) == len(set(rows)) == bodies[0]["total"] > 2
    assert [body["page"] for body in bodies] == list(range(1, bodies[0]["pages"] + 1))


def test_links_repeat_the_filters(client: httpx.Client) -> None:
    params = {"created_at_start": "2026-01-01T00:00:00Z", "page": 2, "page_size": 5}
    links = client.get("/v2/shipments", params=params).json()["links"]
    stem = "https://api.shipstation.com/v2/shipments?created_at_start=2026-01-01T00:00:00Z"
    assert links == {
        "first": {"href": f"{stem}&page=1&page_size=5"},
        "last": {"href": f"{stem}&page=12&page_size=5"},
        "prev": {"href": f"{stem}&page=1&page_size=5"},
        "next": {"href": f"{stem}&page=3&page_size=5"},
    }


def test_absent_links_are_empty_objects(client: httpx.Client) -> None:
    links = client.get("/v2/shipments", params={"page_size": 100}).json()["links"]
    assert links["prev"] == links["next"] == {}


def test_the_item_array_comes_first(client: httpx.Client) -> None:
    body = client.get("/v2/shipments").json()
    assert list(body) == ["shipments", "total", "page", "pages", "links"]


def test_a_page_past_the_end_is_empty(client: httpx.Client) -> None:
    body = client.get("/v2/shipments", params={"page": 9}).json()
    assert (body["shipments"], body["page"], body["total"]) == ([], 9, 60)
    assert body["links"]["next"] == {}


@pytest.mark.parametrize(("name", "rows"), [("shipments", 25), ("labels", 25), ("products", 39)])
def test_default_sizes(client: httpx.Client, name: str, rows: int) -> None:
    assert len(client.get(f"/v2/{name}").json()[name]) == rows


@pytest.mark.parametrize("pages", [0, 1])
def test_pages_of_an_empty_list(pages: Any) -> None:
    with client_of(make_account(Options(pages_when_empty=pages), shipments=0)) as client:
        body = client.get("/v2/shipments").json()
    assert (body["pages"], body["total"], body["shipments"]) == (pages, 0, [])
    assert body["links"]["last"]["href"].endswith("page=1&page_size=25")


def test_a_larger_page_is_clamped_or_refused() -> None:
    with client_of(make_account(Options(max_page_size=20))) as client:
        body = client.get("/v2/labels", params={"page_size": 500}).json()
    assert len(body["labels"]) == 20
    assert body["links"]["next"]["href"].endswith("page=2&page_size=20")
    refusing = Options(max_page_size=20, oversized_page="refuse")
    with client_of(make_account(refusing)) as client:
        answer = client.get("/v2/labels", params={"page_size": 500})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field_name"] == "page_size"


def test_products_stop_at_a_hundred() -> None:
    account = make_account(shipments=0)
    for number in range(150):
        account.master_data.put_product({"product_id": 900_000 + number, "sku": f"N{number}"})
    with client_of(account) as client:
        assert len(client.get("/v2/products", params={"page_size": 500}).json()["products"]) == 100


@pytest.mark.parametrize(("deep", "status"), [("not_found", 404), ("refused", 400), ("empty", 200)])
def test_deep_pages(deep: Any, status: int) -> None:
    account = make_account(Options(deepest_row=20, deep_page=deep))
    with client_of(account) as client:
        assert client.get("/v2/shipments", params={"page": 2, "page_size": 10}).json()["shipments"]
        answer = client.get("/v2/shipments", params={"page": 3, "page_size": 10})
    assert answer.status_code == status
    assert answer.json().get("shipments", []) == []


def test_a_refusal_of_a_large_page_may_speak_of_something_else() -> None:
    refusing = Options(max_page_size=20, oversized_page="refuse", oversized_words="odd")
    with client_of(make_account(refusing)) as client:
        answer = client.get("/v2/shipments", params={"page_size": 21})
    assert answer.status_code == 400
    assert "page_size" not in answer.text


def test_bounds_may_be_cut_to_whole_seconds() -> None:
    account = make_account(Options(bounds="seconds"), shipments=0)
    for number, at in enumerate(("10.2", "10.7", "11")):
        body = {"shipment_id": f"se-{number}", "created_at": f"2026-01-05T08:00:{at}Z"}
        account.orders.put({**body, "modified_at": body["created_at"]})
    with client_of(account) as client:

        def found(**bounds: str) -> list[str]:
            params = {
                f"modified_at_{side}": f"2026-01-05T08:00:{at}Z" for side, at in bounds.items()
            }
            rows = client.get("/v2/shipments", params=params).json()["shipments"]
            return [row["shipment_id"] for row in rows]

        assert found(start="10.5") == ["se-0", "se-1", "se-2"]
        assert found(end="10.9") == []
        assert found(start="10.9", end="11.9") == ["se-0", "se-1", "se-2"]


def test_inventory_by_links_alone() -> None:
    account = make_account(Options(inventory_paging="links", default_inventory_page_size=10))
    with client_of(account) as client:
        first = client.get("/v2/inventory").json()
        assert client.get("/v2/inventory", params={"page": 2}).json() == first
        bodies = list(walk(client, "/v2/inventory"))
        assert client.get("/v2/inventory", params={"cursor": "made-up"}).status_code == 400
    assert (
        sum(len(body["inventory"]) for body in bodies)
        == first["total"]
        == len(account.stock.levels())
    )


def test_lists_without_paging_come_whole(account: Account, client: httpx.Client) -> None:
    for index in range(120):
        account.master_data.put_tag({"name": f"tag {index}"})
    assert len(client.get("/v2/tags", params={"page_size": 5}).json()["tags"]) == 125


def test_links_may_name_another_host() -> None:
    with client_of(make_account(Options(public_url="http://127.0.0.1:9"), shipments=1)) as client:
        first = client.get("/v2/shipments").json()["links"]["first"]["href"]
    assert first == "http://127.0.0.1:9/v2/shipments?page=1&page_size=25"


@pytest.mark.parametrize(
    ("path", "unknown"),
    [
        ("/v2/labels", {"label_id": "se-404", "shipment_number": "none"}),
        ("/v2/shipments", {"shipment_id": "se-404", "modified_date_start": "2030-01-01"}),
        ("/v2/fulfillments", {"colour": "red"}),
        ("/v2/inventory", {"condition": "damaged"}),
    ],
)
def test_unknown_parameters_are_repeated_and_ignored(
    client: httpx.Client, path: str, unknown: dict[str, str]
) -> None:
    plain = client.get(path, params={"page_size": 5}).json()
    asked = client.get(path, params={**unknown, "page_size": 5}).json()
    assert asked["total"] == plain["total"] > 0
    for name, value in unknown.items():
        assert f"{name}={value}" in asked["links"]["first"]["href"]
