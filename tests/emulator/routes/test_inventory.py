"""What POST /v2/inventory does to stock, and what it refuses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from emulator.conftest import client_of, make_account
from shipsync.emulator import Account, Options

HERE, THERE = "se-9001", "se-9002"
SKU = "LAMP-1"

Write = Callable[..., httpx.Response]


def shop(**options: Any) -> Account:
    """An account with one SKU, ten of it here and none there."""
    account = Account(options=Options(**options))
    account.master_data.put_inventory_warehouse(
        {"inventory_warehouse_id": "se-9000", "name": "Barn"}
    )
    for location_id in (HERE, THERE):
        location = {"inventory_location_id": location_id, "inventory_warehouse_id": "se-9000"}
        account.master_data.put_inventory_location({**location, "name": location_id})
    account.master_data.put_product({"product_id": 1, "sku": SKU, "name": "Lamp"})
    account.stock.move(SKU, HERE, on_hand=10, cause="opening")
    return account


@pytest.fixture
def account() -> Account:
    return shop()


@pytest.fixture
def write(account: Account) -> Iterator[Write]:
    with client_of(account) as client:
        yield writer(client)


def writer(client: httpx.Client) -> Write:
    def post(kind: str, quantity: int, **more: Any) -> httpx.Response:
        body = {"transaction_type": kind, "sku": SKU, "quantity": quantity, **more}
        return client.post("/v2/inventory", json={"inventory_location_id": HERE, **body})

    return post


def on_hand(account: Account, location_id: str = HERE) -> int:
    return int(account.stock.level(SKU, location_id)["on_hand"])


def test_increment_adds(account: Account, write: Write) -> None:
    answer = write("increment", 4)
    assert (answer.status_code, answer.content) == (204, b"")
    assert on_hand(account) == 14


def test_decrement_removes_all_or_nothing(account: Account, write: Write) -> None:
    assert write("decrement", 10).status_code == 204
    assert on_hand(account) == 0
    write("increment", 3)
    answer = write("decrement", 4)
    assert answer.status_code == 400
    assert "3 match" in answer.json()["errors"][0]["message"]
    assert on_hand(account) == 3


def test_adjust_sets_on_hand_and_may_be_repeated(account: Account, write: Write) -> None:
    for _ in range(2):
        assert write("adjust", 6).status_code == 204
        assert on_hand(account) == 6
    assert write("adjust", 11).status_code == 204
    assert on_hand(account) == 11


def test_adjust_takes_from_one_condition_only(account: Account, write: Write) -> None:
    write("increment", 5, condition="damaged")
    assert write("adjust", 9, condition="damaged").status_code == 400
    assert on_hand(account) == 15
    assert write("adjust", 12, condition="damaged").status_code == 204
    assert write("decrement", 3, condition="damaged").status_code == 400
    assert write("decrement", 2, condition="damaged").status_code == 204
    assert on_hand(account) == 10


def test_decrement_obeys_its_filters(account: Account, write: Write) -> None:
    cost = {"amount": 2.5, "currency": "USD"}
    write("increment", 3, lot="L1", cost=cost, usable_end_date="2027-01-01T00:00:00Z")
    assert write("decrement", 4, lot="L1").status_code == 400
    assert write("decrement", 1, cost={**cost, "amount": 2.6}).status_code == 400
    assert write("decrement", 1, usable_end_date="2028-01-01T00:00:00Z").status_code == 400
    assert write("decrement", 3, lot="L1", cost=cost).status_code == 204
    assert write("decrement", 1, lot="L1").status_code == 400
    assert on_hand(account) == 10


def test_modify_moves(account: Account, write: Write) -> None:
    assert write("modify", 4, new_inventory_location_id=THERE).status_code == 204
    assert (on_hand(account), on_hand(account, THERE)) == (6, 4)
    assert write("modify", 7, new_inventory_location_id=THERE).status_code == 400
    assert (on_hand(account), on_hand(account, THERE)) == (6, 4)


def test_modify_changes_condition_and_cost(account: Account, write: Write) -> None:
    cost = {"amount": 3, "currency": "usd"}
    assert write("modify", 4, new_condition="qa_hold", new_cost=cost).status_code == 204
    assert on_hand(account) == 10
    assert account.stock.level(SKU, HERE)["average_cost"] == {"amount": 3.0, "currency": "usd"}
    assert write("decrement", 7).status_code == 400
    assert write("decrement", 4, condition="qa_hold").status_code == 204


def test_average_cost_is_weighted(account: Account, write: Write) -> None:
    write("adjust", 0)
    write("increment", 1, cost={"amount": 1, "currency": "usd"})
    write("increment", 3, cost={"amount": 2, "currency": "usd"})
    assert account.stock.level(SKU, HERE)["average_cost"]["amount"] == 1.75


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"inventory_location_id": "se-404"}, "inventory_location_id"),
        ({"new_inventory_location_id": "se-404"}, "inventory_location_id"),
        ({"sku": "NEVER-SEEN"}, "sku"),
        ({"quantity": 0}, "quantity"),
        ({"quantity": -1}, "quantity"),
        ({"quantity": 1.5}, "quantity"),
        ({"condition": "worn"}, "condition"),
    ],
)
def test_refusals_name_the_field(write: Write, body: dict[str, Any], field: str) -> None:
    quantity = body.pop("quantity", 1)
    answer = write("modify", quantity, **{"new_condition": "damaged", **body})
    assert answer.status_code == 400
    assert field in [error["field_name"] for error in answer.json()["errors"]]


def test_modify_needs_something_new(account: Account, write: Write) -> None:
    assert write("modify", 1).status_code == 400
    assert len(account.journal) == 5


def test_a_sku_at_nothing_vanishes_from_the_list(account: Account, write: Write) -> None:
    with client_of(account) as client:
        assert client.get("/v2/inventory").json()["total"] == 1
        write("adjust", 0)
        assert client.get("/v2/inventory").json()["total"] == 0
        assert client.get("/v2/inventory", params={"sku": SKU}).json()["inventory"] == []
        write("increment", 1)
        assert client.get("/v2/inventory", params={"sku": SKU}).json()["total"] == 1


def test_filters_and_groups(account: Account, write: Write) -> None:
    write("modify", 4, new_inventory_location_id=THERE)
    account.stock.move(SKU, THERE, allocated=3)
    with client_of(account) as client:
        rows = client.get("/v2/inventory", params={"inventory_location_id": THERE}).json()
        summed = client.get("/v2/inventory", params={"group_by": "warehouse"}).json()
    assert [(row["on_hand"], row["available"]) for row in rows["inventory"]] == [(4, 1)]
    (row,) = summed["inventory"]
    assert (row["on_hand"], row["allocated"], row["available"]) == (10, 3, 7)
    assert "inventory_location_id" not in row


@pytest.mark.parametrize("kind", ["adjust", "decrement", "modify"])
def test_below_what_is_allocated(kind: str) -> None:
    quantity = {"adjust": 2, "decrement": 8, "modify": 8}[kind]
    more = {"new_inventory_location_id": THERE} if kind == "modify" else {}
    for rule, status, left in (("refuse", 400, 10), ("allow", 204, 2)):
        account = shop(below_allocated=rule)
        account.stock.move(SKU, HERE, allocated=5)
        with client_of(account) as client:
            assert writer(client)(kind, quantity, **more).status_code == status
        assert on_hand(account) == left


def test_the_default_condition_is_an_option() -> None:
    account = shop(default_condition="qa_hold")
    with client_of(account) as client:
        write = writer(client)
        assert write("decrement", 1, condition="sellable").status_code == 400
        assert write("decrement", 1).status_code == 204


def test_unknown_skus_may_be_accepted() -> None:
    account = shop(unknown_sku="accept")
    with client_of(account) as client:
        assert writer(client)("increment", 1, sku="NEW").status_code == 204
    assert account.stock.level("NEW", HERE)["on_hand"] == 1


def test_every_movement_is_in_the_journal(account: Account, write: Write) -> None:
    write("increment", 2)
    write("adjust", 12)
    write("modify", 5, new_inventory_location_id=THERE)
    account.stock.move(SKU, HERE, delta=-9, cause="label se-1")
    entries = list(account.journal.of("inventory_levels"))
    assert [(entry.entity_id, entry.body["on_hand"], entry.cause) for entry in entries] == [
        (f"{SKU}@{HERE}", 10, "opening"),
        (f"{SKU}@{HERE}", 12, "POST /v2/inventory increment"),
        (f"{SKU}@{HERE}", 7, "POST /v2/inventory modify"),
        (f"{SKU}@{THERE}", 5, "POST /v2/inventory modify"),
        (f"{SKU}@{HERE}", 0, "label se-1"),
    ]


def test_uuids_as_inventory_ids() -> None:
    account = make_account(Options(inventory_ids="uuid"), shipments=0)
    with client_of(account) as client:
        for name in ("inventory_warehouse", "inventory_location"):
            row = client.get(f"/v2/{name}s").json()[f"{name}s"][0]
            assert len(row[f"{name}_id"]) == 36
            assert client.get(f"/v2/{name}s/{row[f'{name}_id']}").json() == row
