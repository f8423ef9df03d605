"""Stock rows that cannot be planned get their sentences."""

from __future__ import annotations

import pytest

from reverse.invalid_stock import CASES, Case
from reverse.stock_shop import Shop
from shipsync.reverse.plan.row import Status


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.problem.value)
def test_an_invalid_row_gets_its_sentence(shop: Shop, case: Case) -> None:
    case.prepare(shop)
    plan = shop.plan(case.row, *case.others)
    row = plan.rows[0]
    assert (row.status, row.problem, row.reason) == (Status.INVALID, case.problem, case.sentence)
    assert row.request is None
    assert row not in plan.ready
    assert plan.needs_person
