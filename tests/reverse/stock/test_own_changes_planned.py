"""Plans know what was applied from here since the stock was read."""

from __future__ import annotations

from pathlib import Path

import pytest

from reverse.stock_rows import A1, MOVE_5, PLUS_5, TO_25, TO_DAMAGED
from reverse.stock_shop import BACK, MAIN, Shop, open_shop
from shipsync.emulator import Fault, FaultKind
from shipsync.reverse import service


@pytest.mark.parametrize(
    ("row", "level", "back"),
    [
        (TO_25, 25, 0),
        (PLUS_5, 15, 0),
        ({**PLUS_5, "action": "decrement"}, 5, 0),
        (MOVE_5, 5, 5),
        (TO_DAMAGED, 10, 0),
    ],
    ids=["adjust", "increment", "decrement", "move", "condition"],
)
def test_a_plan_knows_what_was_applied_since_the_stock_was_read(
    tmp_path: Path, row: dict[str, object], level: int, back: int
) -> None:
    shop = open_shop(tmp_path)
    shop.pacing.sleep(60)
    shop.apply(shop.plan(row))
    here = {"sku": "A-1", "location": "Main", "quantity": 99, "key": "here"}
    there = {**here, "location": "Back room", "key": "there"}
    assert [r.figures.on_hand for r in shop.plan(here, there).rows] == [level, back]
    original = shop.plan({**here, "quantity": 10}).rows[0]
    assert (original.status == "no_op") is (level == 10)
    # Once the stock was read again, that reading is what counts.
    shop.account.stock.move("A-1", MAIN, on_hand=3)
    shop.account.stock.move("A-1", BACK, on_hand=4)
    shop.account.clock.advance(minutes=5)
    shop.observe()
    assert [r.figures.on_hand for r in shop.plan(here, there).rows] == [3, 4]


def test_a_count_that_goes_back_and_forth_is_made_each_time(shop: Shop) -> None:
    for quantity in (7, 10, 7, 10):
        shop.pacing.sleep(60)
        shop.account.clock.advance(seconds=61)
        plan = shop.plan({"sku": "A-1", "location": "Main", "quantity": quantity})
        assert [row.status for row in plan.rows] == ["ready"]
        shop.apply(plan)
        assert shop.on_hand("A-1") == quantity


def test_what_a_person_resolves_later_does_not_stand_over_a_newer_reading(shop: Shop) -> None:
    shop.account.faults.add(
        Fault(FaultKind.RESET_AFTER, "/v2/inventory", "POST"),
        Fault(FaultKind.ACCESS_DENIED, "/v2/inventory", "GET", skip=1, count=None),
    )
    shop.apply(shop.plan(PLUS_5))
    shop.account.faults.clear()
    shop.account.stock.move("A-1", MAIN, on_hand=8)
    shop.account.clock.advance(hours=1)
    shop.observe()
    database = shop.connection.database
    service.resolve(database, "shop", "k", applied=True, because="counted the shelf")
    assert shop.plan({**A1, "quantity": 15, "key": "next"}).rows[0].figures.on_hand == 8
