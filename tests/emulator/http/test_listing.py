"""Filters, windows and orders of the three long lists."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pendulum
import pytest

from emulator.conftest import START, client_of, make_account
from shipsync.emulator import Account, Options
from shipsync.emulator.timestamps import to_micros

Rows = Callable[..., list[dict[str, Any]]]


def held(account: Account, kind: Any) -> list[dict[str, Any]]:
    return [account.entity(kind, entity_id) for entity_id in account.ids(kind)]


def pick(rows: list[dict[str, Any]], id_field: str) -> list[str]:
    return [row[id_field] for row in rows]


@pytest.mark.parametrize(
    ("kind", "parameter", "field"),
    [
        ("shipments", "shipment_status", "shipment_status"),
        ("shipments", "shipment_number", "shipment_number"),
        ("shipments", "store_id", "store_id"),
        ("labels", "label_status", "status"),
        ("labels", "service_code", "service_code"),
        ("labels", "carrier_id", "carrier_id"),
        ("labels", "tracking_number", "tracking_number"),
        ("labels", "shipment_id", "shipment_id"),
        ("labels", "batch_id", "batch_id"),
        ("labels", "external_shipment_id", "external_shipment_id"),
        ("fulfillments", "shipment_id", "shipment_id"),
        ("fulfillments", "fulfillment_id", "fulfillment_id"),
        ("fulfillments", "tracking_number", "tracking_number"),
        ("fulfillments", "fulfillment_provider_code", "fulfillment_provider_code"),
    ],
)
def test_exact_filters(
    account: Account, rows_of: Rows, kind: Any, parameter: str, field: str
) -> None:
    all_rows = held(account, kind)
    wanted = all_rows[-1][field]
    found = rows_of(f"/v2/{kind}", page_size=500, **{parameter: wanted})
    id_field = f"{kind.removesuffix('s')}_id"
    expected = [row for row in all_rows if row[field] == wanted]
    assert sorted(pick(found, id_field)) == sorted(pick(expected, id_field))


def test_filters_by_content(account: Account, rows_of: Rows) -> None:
    item = {"sku": "ODD-1", "name": "Brass Lamp", "sales_order_id": "so-9", "quantity": 1}
    shipment_id = account.ids("shipments")[3]
    account.orders.change(shipment_id, items=[item])
    for filters in (
        {"item_keyword": "odd-"},
        {"item_keyword": "brass"},
        {"sales_order_id": "so-9"},
    ):
        assert pick(rows_of("/v2/shipments", **filters), "shipment_id") == [shipment_id]
    assert rows_of("/v2/shipments", sales_order_id="so") == []
    name = account.entity("shipments", shipment_id)["ship_to"]["name"]
    assert shipment_id in pick(rows_of("/v2/shipments", ship_to_name=name), "shipment_id")


def test_filters_by_what_no_field_shows(account: Account, rows_of: Rows) -> None:
    paid_at = START.subtract(days=400)
    body = account.entity("shipments", account.ids("shipments")[0])
    batch = "11111111-2222-4333-8444-555555555555"
    new = {**body, "shipment_id": "se-7"}
    account.orders.put(new, import_batch_id=batch, batch_id="se-8", paid_at=paid_at)
    account.orders.change("se-7", notes_from_buyer="kept through changes")
    for filters in (
        {"import_batch_id": batch},
        {"batch_id": "se-8"},
        {"payment_date_end": paid_at.to_iso8601_string()},
    ):
        assert pick(rows_of("/v2/shipments", **filters), "shipment_id") == ["se-7"]


@pytest.mark.parametrize("direction", ["asc", "desc"])
@pytest.mark.parametrize("field", ["created_at", "modified_at"])
def test_order_of_shipments(rows_of: Rows, field: str, direction: str) -> None:
    rows = rows_of("/v2/shipments", sort_by=field, sort_dir=direction, page_size=500)
    instants = [to_micros(row[field]) for row in rows]
    assert len(instants) == 60
    assert instants == sorted(instants, reverse=direction == "desc")


@pytest.mark.parametrize(
    ("path", "field", "descending"),
    [
        ("/v2/shipments", "created_at", False),
        ("/v2/labels", "created_at", True),
        ("/v2/fulfillments", "created_at", False),
    ],
)
def test_default_orders(rows_of: Rows, path: str, field: str, descending: bool) -> None:
    instants = [to_micros(row[field]) for row in rows_of(path, page_size=500)]
    assert instants == sorted(instants, reverse=descending)
    assert len(set(instants)) > 1


def test_labels_by_void(account: Account, rows_of: Rows) -> None:
    first, second = account.ids("labels")[:2]
    account.orders.void_label(second, at=START.add(hours=1))
    account.orders.void_label(first, at=START.add(hours=2))
    rows = rows_of("/v2/labels", label_status="voided", sort_by="voided_at", sort_dir="desc")
    assert pick(rows, "label_id")[:2] == [first, second]


def test_hidden_modification_orders_labels(account: Account, rows_of: Rows) -> None:
    oldest = account.ids("labels")[0]
    account.clock.advance(seconds=1)
    account.parcels.change_label(oldest, label_image_id="img_1")
    rows = rows_of("/v2/labels", sort_by="modified_at", page_size=1)
    assert pick(rows, "label_id") == [oldest]
    assert "modified_at" not in rows[0]
    entry = account.journal[-1]
    assert (entry.entity_id, entry.at) == (oldest, START.add(seconds=1))


@pytest.mark.parametrize(("sort", "leads"), [("modified", True), ("created", False)])
def test_what_an_unlisted_sort_means(sort: Any, leads: bool) -> None:
    account = make_account(Options(unlisted_modified_sort=sort))
    account.parcels.change_fulfillment(
        account.ids("fulfillments")[0], delivered_at="2026-04-06T09:00:00Z"
    )
    params = {"sort_by": "modified_at", "sort_dir": "desc", "page_size": 1}
    with client_of(account) as client:
        row = client.get("/v2/fulfillments", params=params).json()["fulfillments"][0]
    assert (row["fulfillment_id"] == account.ids("fulfillments")[0]) is leads


def test_a_sort_by_nothing_is_stable_and_meaningless() -> None:
    with client_of(make_account(Options(unlisted_modified_sort="nothing"))) as client:
        params = {"sort_by": "modified_at", "page_size": 100}
        first = client.get("/v2/labels", params=params).json()["labels"]
        assert client.get("/v2/labels", params=params).json()["labels"] == first
    created = [to_micros(row["created_at"]) for row in first]
    assert created not in (sorted(created), sorted(created, reverse=True))


@pytest.mark.parametrize("start_inclusive", [True, False])
@pytest.mark.parametrize("end_inclusive", [True, False])
def test_bounds_of_shipments(start_inclusive: bool, end_inclusive: bool) -> None:
    options = Options(start_is_inclusive=start_inclusive, end_is_inclusive=end_inclusive)
    account = make_account(options, shipments=3)
    instants = [START.add(seconds=second) for second in range(3)]
    for shipment_id, at in zip(account.ids("shipments"), instants, strict=True):
        account.orders.change(shipment_id, at=at)
    params = {
        "modified_at_start": instants[0].to_iso8601_string(),
        "modified_at_end": instants[2].to_iso8601_string(),
        "sort_by": "modified_at",
        "sort_dir": "asc",
    }
    with client_of(account) as client:
        found = pick(client.get("/v2/shipments", params=params).json()["shipments"], "shipment_id")
        params["shipment_status"] = account.entity("shipments", found[0])["shipment_status"]
        assert found[0] in pick(
            client.get("/v2/shipments", params=params).json()["shipments"], "shipment_id"
        )
    assert found == account.ids("shipments")[not start_inclusive : 3 - (not end_inclusive)]


@pytest.mark.parametrize(
    ("path", "stem", "field"),
    [
        ("/v2/labels", "created_at", "created_at"),
        ("/v2/fulfillments", "create_date", "created_at"),
        ("/v2/fulfillments", "ship_date", "ship_date"),
    ],
)
def test_other_bounds_are_inclusive(rows_of: Rows, path: str, stem: str, field: str) -> None:
    instant = rows_of(path, page_size=500)[1][field]
    found = rows_of(path, **{f"{stem}_start": instant, f"{stem}_end": instant})
    assert found
    assert {row[field] for row in found} == {instant}


def test_windows_are_finer_than_the_rows(account: Account, rows_of: Rows) -> None:
    at = pendulum.datetime(2026, 4, 7, 1, 2, 3, microsecond=440_000, tz="UTC")
    account.orders.change(account.ids("shipments")[0], at=at)
    assert rows_of("/v2/shipments", modified_at_start="2026-04-07T01:02:03.44Z")
    assert not rows_of("/v2/shipments", modified_at_start="2026-04-07T01:02:03.440001Z")
    assert rows_of("/v2/shipments", modified_at_start="2026-04-06T18:02:03.44-07:00")


@pytest.mark.parametrize("ties", ["insertion", "reversed", "shuffled"])
def test_ties_cover_every_row_within_a_page(ties: Any) -> None:
    account = make_account(Options(ties=ties), shipments=30)
    for shipment_id in account.ids("shipments"):
        account.orders.change(shipment_id, at=START)
    params = {"sort_by": "modified_at", "sort_dir": "asc", "page_size": 30}
    with client_of(account) as client:
        first = pick(client.get("/v2/shipments", params=params).json()["shipments"], "shipment_id")
        again = pick(client.get("/v2/shipments", params=params).json()["shipments"], "shipment_id")
    inserted = account.ids("shipments")
    assert sorted(first) == sorted(inserted)
    assert (first == inserted) is (ties == "insertion")
    assert (first == inserted[::-1]) is (ties == "reversed")
    assert (first == again) is (ties != "shuffled")


def test_default_sort_can_be_modified_at() -> None:
    account = make_account(
        Options(shipments_sort_by="modified_at", unsorted_shipments="newest_first")
    )
    oldest = account.ids("shipments")[0]
    account.orders.change(oldest, notes_from_buyer="bump")
    with client_of(account) as client:
        row = client.get("/v2/shipments", params={"page_size": 1}).json()["shipments"][0]
    assert row["shipment_id"] == oldest


@pytest.mark.parametrize("direction", ["oldest_first", "newest_first"])
def test_shipments_nobody_sorts_come_in_their_own_order(direction: Any) -> None:
    account = make_account(Options(unsorted_shipments=direction))
    with client_of(account) as client:

        def created(**params: str) -> list[str]:
            rows = client.get("/v2/shipments", params=params).json()["shipments"]
            return [row["created_at"] for row in rows]

        plain, sorted_, ascending = (
            created(),
            created(sort_by="created_at"),
            created(sort_dir="asc"),
        )
    assert plain == (ascending if direction == "oldest_first" else sorted_)
    assert ascending != sorted_
