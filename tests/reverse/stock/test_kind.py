"""Stock that moved since the plan, and lists that do not show it right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import pytest

from reverse.stock_rows import (
    A1,
    MINUS_5,
    MOVE_5,
    PLUS_5,
    TO_25,
    lose,
)
from reverse.stock_shop import MAIN, Shop, open_shop
from shipsync.emulator import Account, FaultKind, Transport
from shipsync.reverse.outbox.states import Source, WriteState


@dataclass(frozen=True)
class Moved:
    id: str
    row: dict[str, object]
    write_case: Callable[[Account], object]
    reason: str | None


MOVED = [
    Moved(
        "adjust_after_a_sale",
        TO_25,
        lambda account: account.stock.move("A-1", MAIN, delta=-2),
        "A-1 at Main went from 10 to 8 on hand since the plan was made. Run `shipsync sync` and plan "
        "the row again.",
    ),
    Moved(
        "adjust_below_new_claims",
        {**A1, "quantity": 5},
        lambda account: account.stock.move("A-1", MAIN, allocated=6),
        "5 would be less than the 6 that orders have claimed of A-1 at Main; release the orders or "
        "raise the quantity.",
    ),
    Moved(
        "adjust_of_a_sku_that_vanished",
        TO_25,
        lambda account: account.stock.move("A-1", MAIN, on_hand=0),
        "A-1 at Main went from 10 to 0 on hand since the plan was made. Run `shipsync sync` and plan "
        "the row again.",
    ),
    Moved(
        "decrement_beyond_what_is_left",
        MINUS_5,
        lambda account: account.stock.move("A-1", MAIN, delta=-6),
        "5 cannot be taken: 4 of A-1 are available at Main (4 on hand, 0 claimed by orders).",
    ),
    Moved(
        "move_of_claimed_stock",
        MOVE_5,
        lambda account: account.stock.move("A-1", MAIN, allocated=6),
        "5 cannot be taken: 4 of A-1 are available at Main (10 on hand, 6 claimed by orders).",
    ),
    Moved(
        "increment_still_fits",
        PLUS_5,
        lambda account: account.stock.move("A-1", MAIN, delta=-2),
        None,
    ),
    Moved(
        "decrement_still_fits",
        MINUS_5,
        lambda account: account.stock.move("A-1", MAIN, delta=-2),
        None,
    ),
    Moved(
        "adjust_that_somebody_made_already",
        TO_25,
        lambda account: account.stock.move("A-1", MAIN, on_hand=25),
        None,
    ),
]


@pytest.mark.parametrize("moved", MOVED, ids=lambda moved: moved.id)
@pytest.mark.parametrize("company", [0, 3], ids=["alone", "with_others"])
def test_a_row_that_no_longer_fits_is_not_sent(shop: Shop, moved: Moved, company: int) -> None:
    others = [{"sku": f"A-{n}", "location": "Main", "quantity": 12} for n in range(2, 2 + company)]
    plan = shop.plan(moved.row, *others)
    moved.write_case(shop.account)
    shop.apply(plan)
    entry = shop.entries()["k"]
    assert entry.reason == moved.reason
    if moved.reason is None:
        assert entry.state is WriteState.APPLIED
    else:
        assert (entry.state, entry.source) == (WriteState.REJECTED, Source.CHECK)
        assert shop.states("k") == ["planned", "rejected"]
        assert shop.writes_sent() == company


def test_a_page_that_lost_a_row_does_not_make_it_look_sold_out(shop: Shop) -> None:
    """The list says five of six; the one that is missing is asked for by name."""

    class Lossy(Transport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            response = super().handle_request(request)
            if request.method == "GET" and b"sku=" not in request.url.query:
                body = response.json()
                body["inventory"] = body["inventory"][1:]
                body["total"] -= 1
                return httpx.Response(200, json=body)
            return response

    shop.transport = Lossy(shop.account)
    counts = [{"sku": sku, "location": "Main", "quantity": 12} for sku in shop.skus]
    report = shop.apply(shop.plan(*counts))
    assert {outcome.state for outcome in report.outcomes} == {WriteState.APPLIED}


def test_a_server_that_ignores_the_filters_is_read_to_the_end(tmp_path: Path) -> None:
    class Deaf(Transport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            params = request.url.params.remove("sku").remove("inventory_location_id")
            request.url = request.url.copy_with(params=params)
            return super().handle_request(request)

    shop = open_shop(tmp_path, skus=60)
    shop.account.options = replace(shop.account.options, max_page_size=25)
    shop.transport = Deaf(shop.account)
    lose(shop, FaultKind.RESET_AFTER)
    shop.apply(shop.plan({**PLUS_5, "sku": "A-60"}))
    assert shop.entries()["k"].state is WriteState.APPLIED
    assert shop.on_hand("A-60") == 15


def test_a_sku_with_a_comma_is_not_taken_for_a_list(shop: Shop) -> None:
    shop.account.master_data.put_product({"product_id": 99, "sku": "A,1", "name": "Odd"})
    shop.account.stock.move("A,1", MAIN, on_hand=3)
    shop.observe()
    shop.apply(shop.plan({**PLUS_5, "sku": "A,1"}))
    assert shop.on_hand("A,1") == 8
    assert all("sku=" not in request.query for request in shop.account.requests)
    assert shop.entries()["k"].reading_before["levels"][0]["on_hand"] == 3  # type: ignore[index]
