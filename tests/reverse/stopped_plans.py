"""Plans that a guard rail stops, each with its sentence."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shipsync.reverse.stock.guards import Guards


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
