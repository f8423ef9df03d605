"""Lists that are read whole: what they leave out of their rows, and accounts that do not offer them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from shipsync.emulator import Account, Fault, FaultKind
from shipsync.emulator.simulation.provisioning import provision
from shipsync.job import Scope
from truth.comparison import compare_current
from truth.synced_shop import START, Shop

PURCHASING = Scope(only=frozenset({"suppliers", "purchase_orders"}))
ORDERS = Scope(only=frozenset({"purchase_orders"}))
UNSETTLED = 3
"""Purchase orders of the seed that are draft, open or receiving."""


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """An account that has sold nothing yet."""
    account = Account(seed=5, start=START)
    provision(account)
    return Shop(account, tmp_path)


def change(shop: Shop, position: int, **fields: Any) -> dict[str, Any]:
    """Change a purchase order of the seed."""
    order = shop.account.master_data.items("purchase_orders")[position] | fields
    shop.account.master_data.put("purchase_orders", order)
    return order


def asked(shop: Shop, scope: Scope = ORDERS) -> list[str]:
    """Sync, and which purchase orders were asked for by themselves."""
    requests = shop.sync(scope).requests
    paths = [request.path for request in shop.account.requests[requests]]
    return [path.rsplit("/", 1)[-1] for path in paths if path.count("/") == 3]


def test_purchase_orders_come_with_their_lines(shop: Shop) -> None:
    synced = shop.sync(PURCHASING)

    assert [synced.stream(name).outcome for name in PURCHASING.only or ()] == ["loaded"] * 2
    compare_current(shop, "first", ("suppliers", "purchase_orders"))
    assert shop.rows("select count(*) > 6 from raw.purchase_order_items") == [(True,)]


def test_only_what_changed_or_may_change_is_asked_for_by_itself(shop: Shop) -> None:
    assert len(asked(shop)) == 6
    assert len(asked(shop)) == UNSETTLED

    settled = change(shop, 1, status="closed", modify_date="2026-03-01T09:00:00Z")
    again = asked(shop)

    assert len(again) == UNSETTLED + 1
    assert settled["purchase_order_id"] in again
    compare_current(shop, "settled changed", ("purchase_orders",))
    versions = "select count(*) from raw.purchase_orders where purchase_order_id = ?"
    assert shop.rows(versions, settled["purchase_order_id"]) == [(2,)]
    assert shop.rows("select count(*) from raw.purchase_orders") == [(7,)]


def test_goods_that_come_in_without_a_word_in_the_list_are_met(shop: Shop) -> None:
    shop.sync(ORDERS)
    receiving = shop.account.master_data.items("purchase_orders")[2]
    lines = [line | {"received_quantity": line["quantity"]} for line in receiving["products"]]
    change(shop, 2, products=lines)

    assert shop.sync(ORDERS).stream("purchase_orders").outcome == "loaded"
    compare_current(shop, "received", ("purchase_orders",))


def test_an_order_that_is_not_shown_by_itself_keeps_what_is_stored(shop: Shop) -> None:
    shop.sync(ORDERS)
    order = change(shop, 3, reference_number="REF-new")
    path = f"/v2/purchase_orders/{order['purchase_order_id']}"
    shop.account.faults.add(Fault(FaultKind.ACCESS_DENIED, path=path, count=None))

    failed = shop.sync(ORDERS).stream("purchase_orders")

    assert failed.outcome == "failed"
    shop.account.faults.clear()
    assert shop.sync(ORDERS).stream("purchase_orders").outcome == "loaded"
    compare_current(shop, "shown again", ("purchase_orders",))


def test_an_account_without_the_addon_is_told_so_once(shop: Shop) -> None:
    names = ("suppliers", "purchase_orders", "inventory_levels", "tags")
    everything = Scope(only=frozenset(names))
    shop.account.faults.add(
        *(
            Fault(FaultKind.ACCESS_DENIED, path=path, count=None)
            for path in ("/v2/suppliers", "/v2/purchase_orders", "/v2/inventory")
        )
    )
    first = shop.sync(everything)

    assert {name: first.stream(name).outcome for name in names} == {
        "suppliers": "skipped",
        "purchase_orders": "skipped",
        "inventory_levels": "skipped",
        "tags": "loaded",
    }
    assert "Inventory add-on" in (first.stream("suppliers").note or "")
    assert shop.sync(everything).stream("suppliers").note is None
    shop.account.faults.clear()
    assert shop.sync(everything).stream("suppliers").outcome == "loaded"


def test_a_list_that_was_read_before_and_is_refused_fails(shop: Shop) -> None:
    shop.sync(PURCHASING)
    shop.account.faults.add(Fault(FaultKind.ACCESS_DENIED, path="/v2/suppliers", count=None))

    refused = shop.sync(PURCHASING).stream("suppliers")

    assert (refused.outcome, refused.note) == ("failed", None)
    compare_current(shop, "refused", ("suppliers", "purchase_orders"))
