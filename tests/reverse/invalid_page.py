"""The page that lists what cannot be planned, made of the cases that the tests go through.

``python tests/reverse/invalid_page.py`` writes it again.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))

from reverse import invalid_orders, invalid_stock
from reverse.stopped_plans import STOPS

PAGE = Path(__file__).parents[2] / "docs" / "invalid-rows.md"

_HEAD = """# What cannot be planned

Every row is judged by itself. One that cannot be carried out is `invalid` and gets one of these sentences as
its `reason`; the kind stands in `problem` with `--json` and in the plan. The other rows are planned all the
same.

## Stock

`shipsync stock plan`, and `adjust`, `increment`, `decrement` and `modify`. The examples are a shop with ten
units of A-1 at Main.
"""
_ORDERS = """
## Shipments, cancellations, fulfillments

`shipsync shipments create`, `shipments cancel` and `fulfillments create`. A date that is none gets the
sentence of `not_a_date` above.
"""
_STOPS = """
## Plans that are stopped

A guard rail stops the whole plan: nothing of it can be applied. `--max-rows` is there for every kind of
write, the others are for stock.
"""


def page() -> str:
    """The page, from the cases."""
    stock = [
        (f"`{case.problem.value}`", _example(case), case.sentence) for case in invalid_stock.CASES
    ]
    orders = [
        (f"`{case.problem.value}`", case.example, case.sentence) for case in invalid_orders.CASES
    ]
    stops = [
        (f"`{stop.values[2].partition('(')[2].partition(')')[0]}`", stop.values[2])
        for stop in STOPS
    ]
    return "".join(
        (
            _HEAD,
            *_table(("kind", "for example", "sentence"), stock),
            _ORDERS,
            *_table(("kind", "for example", "sentence"), orders),
            _STOPS,
            *_table(("option", "sentence"), stops),
        )
    )


def _table(columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterable[str]:
    yield f"\n| {' | '.join(columns)} |\n|{'---|' * len(columns)}\n"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |\n"


def _example(case: invalid_stock.Case) -> str:
    return ", ".join(f"{column} `{value}`" for column, value in case.row.items())


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
