"""Guard rails: which plans they stop, with which sentence, and which they let pass."""

from __future__ import annotations

from datetime import timedelta

import pytest

from reverse.stock_shop import MAIN, Shop
from reverse.stopped_plans import STOPS, counts
from shipsync.errors import UsageError
from shipsync.reverse.stock.guards import Guards


@pytest.mark.parametrize(("guards", "rows", "sentence"), STOPS)
def test_a_guard_rail_stops_the_whole_plan(
    shop: Shop, guards: Guards, rows: list[dict[str, object]], sentence: str
) -> None:
    shop.account.stock.move("A-6", MAIN, allocated=4)
    shop.observe()
    shop.account.clock.advance(hours=2)
    plan = shop.plan(*rows, guards=guards)
    assert plan.stopped_by == (sentence,)
    with pytest.raises(UsageError, match="The plan was stopped"):
        shop.apply(plan)
    assert shop.writes_sent() == 0


@pytest.mark.parametrize(
    ("guards", "rows"),
    [
        pytest.param(Guards(max_rows=2), counts(1, 2, 10), id="no_ops_are_not_sent"),
        pytest.param(Guards(max_change_percent=50), counts(15, 5), id="exactly_the_limit"),
        pytest.param(Guards(max_zeroed=2), counts(0, 0), id="exactly_as_many_zeroed"),
        pytest.param(
            Guards(max_observation_age=timedelta(hours=2)), counts(1), id="exactly_as_old"
        ),
        pytest.param(
            Guards(max_zeroed=0, max_change_percent=0),
            [
                {
                    "sku": "A-1",
                    "location": "Main",
                    "quantity": 10,
                    "action": "modify",
                    "new_inventory_location_id": "Attic",
                }
            ],
            id="a_move_loses_nothing",
        ),
    ],
)
def test_a_guard_rail_lets_pass_what_is_within_it(
    shop: Shop, guards: Guards, rows: list[dict[str, object]]
) -> None:
    shop.account.clock.advance(hours=2)
    assert shop.plan(*rows, guards=guards).stopped_by == ()
