"""Places that another write has changed since the plan was made."""

from __future__ import annotations

from reverse.stock_rows import A1, PLUS_5
from reverse.stock_shop import MAIN, Shop
from shipsync.reverse.outbox.states import Source, WriteState


def test_a_level_that_came_back_by_chance_is_not_the_one_of_the_plan(shop: Shop) -> None:
    """Two plans from 10 to 11; the first is applied and one is sold: it is 10 again, and should be."""
    first = shop.plan({**A1, "quantity": 11, "key": "first"})
    second = shop.plan({**A1, "quantity": 11, "key": "second"})
    shop.pacing.sleep(60)
    shop.apply(first)
    shop.account.stock.move("A-1", MAIN, delta=-1)
    shop.apply(second)
    entry = shop.entries()["second"]
    assert (entry.state, entry.source) == (WriteState.REJECTED, Source.CHECK)
    assert "The row first made a change there after this plan was made" in (entry.reason or "")
    assert shop.on_hand("A-1") == 10


def test_increments_of_several_plans_add_up(shop: Shop) -> None:
    plans = [shop.plan({**PLUS_5, "key": key}) for key in ("a", "b")]
    for plan in plans:
        shop.pacing.sleep(60)
        shop.apply(plan)
    assert shop.on_hand("A-1") == 20


def test_a_plan_that_is_applied_in_parts_is_not_overtaken_by_itself(shop: Shop) -> None:
    plan = shop.plan(*({**A1, "sku": f"A-{n}", "key": f"k-{n}", "quantity": 12} for n in (1, 2)))
    for _ in range(2):
        shop.pacing.sleep(60)
        shop.apply(plan, only_first=True)
    assert (shop.on_hand("A-1"), shop.on_hand("A-2")) == (12, 12)
