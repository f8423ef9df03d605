"""What two readings prove about a change whose answer was lost, and what they do not."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal

import pytest

from reverse.stock_shop import ATTIC, MAIN, NOW
from shipsync.reverse.outbox.finding import Verdict
from shipsync.reverse.stock.change import Change, Cost, StockAction, StockLocation
from shipsync.reverse.stock.proof import WINDOW, judge
from shipsync.reverse.stock.readings import LevelReading, from_json, to_json
from shipsync.reverse.stock.stored import ABSENT, StoredLevel

HERE, THERE = StockLocation("A-1", MAIN), StockLocation("A-1", ATTIC)
PLUS_5 = StockAction(Change.INCREMENT, "A-1", MAIN, 5)
MINUS_5 = StockAction(Change.DECREMENT, "A-1", MAIN, 5)
TO_25 = StockAction(Change.ADJUST, "A-1", MAIN, 25)
MOVE_5 = StockAction(Change.MODIFY, "A-1", MAIN, 5, new_inventory_location_id=ATTIC)
TWO, THREE = Cost(Decimal("2.00"), "usd"), Cost(Decimal("3.00"), "usd")
ALL_COST_3 = StockAction(Change.MODIFY, "A-1", MAIN, 10, new_cost=THREE)


def level(on_hand: int, allocated: int | None = 2, cost: Cost | None = TWO) -> StoredLevel:
    return StoredLevel(on_hand, allocated, cost)


@dataclass(frozen=True)
class Case:
    id: str
    action: StockAction
    before: StoredLevel
    after: StoredLevel
    verdict: Verdict
    there_before: StoredLevel = ABSENT
    there_after: StoredLevel = ABSENT
    apart: timedelta = timedelta(seconds=20)


MADE, NOT_MADE, UNDECIDED = Verdict.MADE, Verdict.NOT_MADE, Verdict.UNDECIDED
CASES = [
    Case("increment_shows", PLUS_5, level(10), level(15), MADE),
    Case("increment_is_missing", PLUS_5, level(10), level(10), NOT_MADE),
    Case("increment_and_a_sale", PLUS_5, level(10), level(14), UNDECIDED),
    Case("increment_twice", PLUS_5, level(10), level(20), UNDECIDED),
    Case("increment_of_nothing", PLUS_5, ABSENT, level(5), MADE),
    Case("increment_of_nothing_is_missing", PLUS_5, ABSENT, ABSENT, NOT_MADE),
    Case("decrement_shows", MINUS_5, level(10), level(5), MADE),
    Case("decrement_to_nothing_vanishes", MINUS_5, level(5), ABSENT, MADE),
    Case("decrement_is_missing", MINUS_5, level(10), level(10), NOT_MADE),
    Case("adjust_shows", TO_25, level(10), level(25), MADE),
    Case("adjust_is_missing", TO_25, level(10), level(10), NOT_MADE),
    Case("adjust_and_a_sale", TO_25, level(10), level(24), UNDECIDED),
    Case("adjust_to_what_was_there", TO_25, level(25), level(25), UNDECIDED),
    Case("sale_hides_in_the_claims", PLUS_5, level(10, 7), level(10, 2), UNDECIDED),
    Case("claims_moved_though_the_sum_fits", PLUS_5, level(10, 2), level(15, 3), UNDECIDED),
    Case("move_shows_in_both_places", MOVE_5, level(10), level(5), MADE, level(1), level(6)),
    Case("move_is_missing_in_both", MOVE_5, level(10), level(10), NOT_MADE, level(1), level(1)),
    Case("move_to_an_empty_place", MOVE_5, level(10), level(5), MADE, ABSENT, level(5)),
    Case("half_a_move_is_none", MOVE_5, level(10), level(5), UNDECIDED, level(1), level(1)),
    Case("cost_of_all_shows", ALL_COST_3, level(10), level(10, cost=THREE), MADE),
    Case("cost_of_all_is_missing", ALL_COST_3, level(10), level(10), NOT_MADE),
    Case(
        "cost_of_all_was_that_before",
        ALL_COST_3,
        level(10, cost=THREE),
        level(10, cost=THREE),
        UNDECIDED,
    ),
    Case("cost_of_some", replace(ALL_COST_3, quantity=4), level(10), level(10), UNDECIDED),
    Case(
        "condition_leaves_no_trace",
        StockAction(Change.MODIFY, "A-1", MAIN, 5, new_condition="damaged"),
        level(10),
        level(10),
        UNDECIDED,
    ),
    Case(
        "damaged_units_need_not_be_counted",
        replace(PLUS_5, condition="damaged"),
        level(10),
        level(10),
        UNDECIDED,
    ),
    Case(
        "damaged_units_that_are_counted",
        replace(PLUS_5, condition="damaged"),
        level(10),
        level(15),
        MADE,
    ),
    Case(
        "effective_later",
        replace(PLUS_5, effective_at="2026-04-01T00:00:00Z"),
        level(10),
        level(10),
        UNDECIDED,
    ),
    Case("at_the_end_of_the_window", PLUS_5, level(10), level(15), MADE, apart=WINDOW),
    Case(
        "past_the_window",
        PLUS_5,
        level(10),
        level(15),
        UNDECIDED,
        apart=WINDOW + timedelta(seconds=1),
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_reading_proves_this(case: Case) -> None:
    before = LevelReading(NOW, {HERE: case.before, THERE: case.there_before})
    after = LevelReading(NOW + case.apart, {HERE: case.after, THERE: case.there_after})
    finding = judge(case.action, before, after)
    assert finding.verdict is case.verdict
    assert finding.reason.startswith("The answer was lost")


def test_a_reading_is_the_same_when_the_outbox_gives_it_back() -> None:
    reading = LevelReading(NOW, {HERE: level(10), THERE: ABSENT})
    assert from_json(to_json(reading)) == reading
