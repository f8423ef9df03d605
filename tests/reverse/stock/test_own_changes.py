"""Levels read back after an apply: which are compared, in how many requests, and what counts as drift."""

from __future__ import annotations

from pathlib import Path

import pytest

from reverse.stock_shop import BACK, MAIN, Shop, open_shop
from shipsync.reverse.outbox.finding import Drift, ReadBack
from shipsync.reverse.stock.own_changes import read_back as verify
from shipsync.reverse.stock.readings import LevelReader

ROWS = (
    {"sku": "A-1", "location": "Main", "quantity": 25, "key": "set"},
    {"sku": "A-2", "location": "Main", "quantity": 5, "action": "increment", "key": "add"},
    {"sku": "A-3", "location": "Main", "quantity": 4, "action": "decrement", "key": "take"},
    {
        "sku": "A-4",
        "location": "Main",
        "quantity": 10,
        "action": "modify",
        "new_inventory_location_id": BACK,
        "key": "move",
    },
)
DAMAGED = {
    "sku": "A-5",
    "location": "Main",
    "quantity": 1,
    "action": "modify",
    "new_condition": "damaged",
    "key": "damaged",
}


def apply(shop: Shop, *rows: dict[str, object]) -> None:
    assert not shop.apply(shop.plan(*rows)).needs_person


def read_back(shop: Shop, *, pages: int = 99) -> ReadBack:
    """Verify everything that the outbox says was applied."""
    entries = sorted(shop.entries().values(), key=lambda entry: entry.row_key)
    applied = [entry for entry in entries if entry.is_applied]
    with shop.session() as session:
        return verify(applied, LevelReader(session, shop.pacing), pages)


@pytest.mark.parametrize("pages", [1, 99], ids=["out_of_the_list", "one_by_one"])
def test_every_place_of_every_applied_row_is_compared(shop: Shop, pages: int) -> None:
    apply(shop, *ROWS)
    assert read_back(shop, pages=pages) == ReadBack(checked=5, not_comparable=0, drifts=())


@pytest.mark.parametrize("pages", [1, 99], ids=["out_of_the_list", "one_by_one"])
def test_a_level_that_moved_since_is_drift(shop: Shop, pages: int) -> None:
    apply(shop, *ROWS)
    shop.account.stock.move("A-2", MAIN, delta=-3)
    shop.account.stock.move("A-4", BACK, delta=1)
    assert read_back(shop, pages=pages).drifts == (
        Drift("stock", "add", f"A-2 at {MAIN}", expected=15, found=12),
        Drift("stock", "move", f"A-4 at {BACK}", expected=10, found=11),
    )


def test_a_level_that_vanished_counts_as_nothing(shop: Shop) -> None:
    apply(shop, *ROWS)
    shop.account.stock.move("A-1", MAIN, on_hand=0)
    assert read_back(shop).drifts == (
        Drift("stock", "set", f"A-1 at {MAIN}", expected=25, found=0),
    )


def test_what_need_not_show_in_on_hand_is_counted_apart(shop: Shop) -> None:
    apply(shop, DAMAGED)
    assert read_back(shop) == ReadBack(checked=0, not_comparable=1, drifts=())


def test_many_levels_take_one_list_and_a_request_for_each_that_differs(tmp_path: Path) -> None:
    shop = open_shop(tmp_path, skus=40)
    apply(shop, *({"sku": sku, "location": "Main", "quantity": 25} for sku in shop.skus))
    shop.account.stock.move("A-7", MAIN, delta=-1)
    before = len(shop.account.requests)
    assert [drift.subject for drift in read_back(shop, pages=1).drifts] == [f"A-7 at {MAIN}"]
    assert len(shop.account.requests) - before == 2
