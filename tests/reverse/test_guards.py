"""Guard rails: which plans they stop, with which sentence, and which they let pass."""

from __future__ import annotations

from datetime import timedelta

import pytest

from reverse.shop import MAIN, Shop
from shipsync.errors import UsageError
from shipsync.reverse.guards import Guards


def counts(*quantities: int) -> list[dict[str, object]]:
    return [
        {"sku": f"A-{number}", "location": "Main", "quantity": quantity}
        for number, quantity in enumerate(quantities, start=1)
    ]


STOPS = [
    pytest.param(
        Guards(max_rows=2),
        counts(1, 2, 3),
        "3 rows would be sent; at most 2 are allowed (--max-rows).",
        id="rows",
    ),
    pytest.param(
        Guards(max_change_percent=50),
        counts(14, 16, 3, 11),
        "2 rows change their level by more than 50 % (--max-change-percent): A-3 at Main from 10 to "
        "3; A-2 at Main from 10 to 16.",
        id="change",
    ),
    pytest.param(
        Guards(max_change_percent=1000),
        [{"sku": "A-1", "location": "Attic", "quantity": 1}],
        "1 rows change their level by more than 1000 % (--max-change-percent): A-1 at Attic from 0 "
        "to 1.",
        id="change_from_nothing",
    ),
    pytest.param(
        Guards(max_zeroed=1),
        counts(0, 0, 5),
        "2 levels would go to 0; at most 1 are allowed (--max-zeroed): A-1 at Main from 10 to 0; "
        "A-2 at Main from 10 to 0.",
        id="zeroed",
    ),
    pytest.param(
        Guards(max_observation_age=timedelta(hours=1)),
        counts(11),
        "The stock was last read 2.0 hours ago, 1 are allowed (--max-age); run `shipsync sync` and "
        "plan again.",
        id="age",
    ),
    pytest.param(
        Guards(stop_below_allocated=True),
        counts(11, 12, 13, 14, 15, 2),
        "1 rows ask for less than orders have claimed (--stop-below-allocated), the first on line "
        "7.",
        id="below_allocated",
    ),
]


@pytest.mark.parametrize(("guards", "rows", "sentence"), STOPS)
def test_a_guard_rail_stops_the_whole_plan(
    shop: Shop, guards: Guards, rows: list[dict[str, object]], sentence: str
) -> None:
    shop.account.move_stock("A-6", MAIN, allocated=4)
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
