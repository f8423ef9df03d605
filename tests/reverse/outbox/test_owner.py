"""Plans that another one, or another database, has overtaken."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from reverse.stock_rows import A1, MOVE_5, PLUS_5, TO_25, TO_DAMAGED
from reverse.stock_shop import BACK, MAIN, Shop, given, open_shop
from shipsync.emulator import Fault, FaultKind
from shipsync.errors import UsageError
from shipsync.reverse import service
from shipsync.reverse.outbox.states import Source, WriteState
from shipsync.reverse.stock.planner import plan_stock


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


def test_a_database_sends_for_one_connection(shop: Shop) -> None:
    shop.apply(shop.plan(PLUS_5))
    shop.name = "west"
    again = shop.plan(PLUS_5)
    with pytest.raises(UsageError, match="holds the writes of connection 'shop', so 'west' sends"):
        shop.apply(again)
    assert shop.on_hand("A-1") == 15


def test_a_plan_is_applied_through_the_ledger_it_was_made_beside(
    shop: Shop, tmp_path: Path
) -> None:
    plan = shop.plan(PLUS_5)
    shop.apply(plan)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    other = replace(shop, folder=elsewhere)
    other.observe()
    with pytest.raises(UsageError, match=r"made from another database than .*elsewhere"):
        other.apply(plan)
    assert shop.on_hand("A-1") == 15


def test_a_copy_of_a_database_has_its_ledger(shop: Shop) -> None:
    """A database that was moved, or restored, still applies its plans."""
    plan = shop.plan(PLUS_5)
    moved = shop.folder / "moved"
    moved.mkdir()
    shop.connection.database.rename(moved / "shop.duckdb")
    replace(shop, folder=moved).apply(plan)
    assert shop.on_hand("A-1") == 15


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


def test_a_ledger_of_an_older_version_can_be_planned_against(shop: Shop) -> None:
    """Planning only reads, so the ledger is brought up to date by the apply alone."""
    with shop.connect() as con:
        con.execute("drop table ledger.identity")
        con.execute("delete from ledger.migrations where name = '0050_identity'")
    plan = service.planned(
        shop.connection.database,
        lambda con: plan_stock(con, given(PLUS_5), shop.connection, now=shop.now),
    )
    assert plan.ledger_id is None
    shop.apply(plan)
    assert shop.on_hand("A-1") == 15
    assert shop.plan(PLUS_5).ledger_id is not None
