"""Levels that the account does not say plainly: they concern their own rows, and no others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from reverse.changed_answers import Answering, rows
from reverse.stock_shop import MAIN, Shop, open_shop
from shipsync.reverse.outbox.states import WriteState
from shipsync.reverse.plan.row import Status
from shipsync.reverse.stock.change import StockLocation
from shipsync.reverse.stock.readings import LevelReader, ListedLevels, UnclearLevel

ODD = [2.5, None, "10", True, [], {"units": 10}]


def spoilt(shop: Shop, on_hand: object) -> None:
    """Have the account answer with an odd level for A-1."""

    def edit(row: dict[str, Any]) -> None:
        if row["sku"] == "A-1":
            row["on_hand"] = on_hand

    shop.transport = Answering(shop.account, rows("inventory", edit))


def counts(*numbers: int) -> list[dict[str, object]]:
    return [{"sku": f"A-{n}", "location": "Main", "quantity": 25, "key": f"k-{n}"} for n in numbers]


@pytest.mark.parametrize("on_hand", ODD, ids=str)
def test_an_odd_level_is_unclear_and_the_others_are_not(on_hand: object) -> None:
    levels = ListedLevels(
        [
            {"sku": "A-1", "inventory_location_id": MAIN, "on_hand": on_hand},
            {"sku": "A-2", "inventory_location_id": MAIN, "on_hand": 7},
        ]
    )
    with pytest.raises(UnclearLevel, match="without a whole number on_hand"):
        levels.at(StockLocation("A-1", MAIN))
    assert levels.at(StockLocation("A-2", MAIN)).on_hand == 7
    assert levels.at(StockLocation("A-3", MAIN)).on_hand == 0


@pytest.mark.parametrize("on_hand", [2.5, None])
@pytest.mark.parametrize("skus", [6, 600], ids=["whole_list", "one_by_one"])
def test_an_odd_level_stops_its_own_row_alone(tmp_path: Path, skus: int, on_hand: object) -> None:
    shop = open_shop(tmp_path, skus=skus)
    plan = shop.plan(*counts(1, 2, 3))
    spoilt(shop, on_hand)
    report = shop.apply(plan)
    assert [outcome.state for outcome in report.outcomes] == [
        WriteState.REJECTED,
        WriteState.APPLIED,
        WriteState.APPLIED,
    ]
    assert "without a whole number on_hand" in (report.outcomes[0].reason or "")
    assert report.stopped_by is None
    assert shop.writes_sent() == 2


def test_a_level_stored_without_a_number_makes_its_row_invalid_and_no_other(shop: Shop) -> None:
    with shop.connect() as con:
        con.execute("update raw.inventory_levels set on_hand = null where sku = 'A-1'")
    for action in ("adjust", "increment", "decrement"):
        plan = shop.plan(*({**row, "action": action, "quantity": 5} for row in counts(1, 2)))
        assert [row.status for row in plan.rows] == [Status.INVALID, Status.READY]
        assert plan.rows[0].figures.on_hand is None


def test_a_move_to_a_level_without_a_number_is_invalid(shop: Shop) -> None:
    shop.account.stock.move("A-1", "se-902", on_hand=3)
    shop.observe()
    with shop.connect() as con:
        con.execute(
            "update raw.inventory_levels set on_hand = null where inventory_location_id = 'se-902'"
        )
    move = {"action": "modify", "quantity": 5, "new_inventory_location_id": "se-902"}
    assert shop.plan({**counts(1)[0], **move}).rows[0].problem == "unreadable_level"


def test_a_sku_with_blanks_around_it_is_not_asked_for_by_a_filter(shop: Shop) -> None:
    """A server that takes blanks off a filter would answer with another product, or with none."""
    shop.account.master_data.put_product({"product_id": 99, "sku": "A-1 ", "name": "Other"})
    shop.account.stock.move("A-1 ", MAIN, on_hand=4)
    with shop.session() as session:
        reading = LevelReader(session, shop.pacing).now(StockLocation("A-1 ", MAIN))
    assert reading.levels[StockLocation("A-1 ", MAIN)].on_hand == 4
    assert "sku" not in shop.account.requests[-1].query
