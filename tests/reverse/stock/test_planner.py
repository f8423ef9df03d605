"""What a plan says of rows that can be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from reverse.stock_shop import ATTIC, BACK, MAIN, Shop, open_shop
from shipsync.errors import UsageError
from shipsync.reverse.plan.row import Status
from shipsync.reverse.stock.change import Change, from_request

A1 = {"sku": "A-1", "location": "Main"}


def test_each_action_shows_on_hand_wanted_and_difference(shop: Shop) -> None:
    plan = shop.plan(
        {"sku": "A-1", "location": "Main", "quantity": 25},
        {"sku": "A-2", "location": "main", "quantity": "5.0", "action": "Increment"},
        {"sku": "A-3", "inventory_location_id": MAIN, "quantity": 4, "action": "decrement"},
        {
            "sku": "A-4",
            "location": "Main",
            "quantity": 3,
            "action": "modify",
            "new_inventory_location_id": "Back room",
        },
        {
            "sku": "A-5",
            "location": "Main",
            "quantity": 10,
            "action": "modify",
            "new_cost_amount": "2.50",
            "new_cost_currency": "usd",
        },
    )
    assert [
        (r.status, r.figures.on_hand, r.figures.wanted, r.figures.difference, r.calls)
        for r in plan.rows
    ] == [
        (Status.READY, 10, 25, 15, 1),
        (Status.READY, 10, 15, 5, 2),
        (Status.READY, 10, 6, -4, 2),
        (Status.READY, 10, 7, -3, 3),
        (Status.READY, 10, 10, 0, 2),
    ]
    assert not plan.needs_person


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        pytest.param({"quantity": 10}, "10 are on hand already.", id="adjust_to_what_is_there"),
        pytest.param(
            {"quantity": 0, "action": "increment"}, "A quantity of 0 changes nothing.", id="plus_0"
        ),
        pytest.param(
            {"quantity": 0, "action": "decrement"}, "A quantity of 0 changes nothing.", id="minus_0"
        ),
        pytest.param(
            {"quantity": 0, "location": "Attic"}, "0 are on hand already.", id="absent_means_0"
        ),
    ],
)
def test_what_changes_nothing_costs_no_call(
    shop: Shop, row: dict[str, object], reason: str
) -> None:
    plan = shop.plan({**A1, **row})
    assert (plan.rows[0].status, plan.rows[0].reason) == (Status.NO_OP, reason)
    assert plan.calls == 0
    assert shop.apply(plan).requests == 0


def test_a_sku_that_vanished_from_the_list_is_still_known(shop: Shop) -> None:
    shop.account.stock.move("GONE", MAIN, on_hand=4)
    shop.observe()
    shop.account.stock.move("GONE", MAIN, on_hand=0)
    shop.observe()
    row = shop.plan({"sku": "GONE", "location": "Main", "quantity": 4}).rows[0]
    assert (row.status, row.figures.on_hand, row.figures.wanted) == (Status.READY, 0, 4)


def test_a_product_without_stock_is_known(tmp_path: Path) -> None:
    shop = open_shop(tmp_path, on_hand=0)
    assert shop.plan({**A1, "quantity": 4}).rows[0].status is Status.READY


def test_without_a_sync_there_is_nothing_to_compare_with(shop: Shop) -> None:
    with shop.connect() as con:
        con.execute("delete from ledger.stream_runs")
    with pytest.raises(UsageError, match="run `shipsync sync` first"):
        shop.plan({**A1, "quantity": 4})


def test_the_plan_counts_the_calls_that_applying_takes(shop: Shop) -> None:
    plan = shop.plan(
        {"sku": "A-1", "location": "Main", "quantity": 25},
        {"sku": "A-2", "location": "Main", "quantity": 26},
        {"sku": "A-3", "location": "Main", "quantity": 27},
        {"sku": "A-4", "location": "Main", "quantity": 5, "action": "increment"},
        {
            "sku": "A-5",
            "location": "Main",
            "quantity": 5,
            "action": "modify",
            "new_inventory_location_id": ATTIC,
        },
    )
    # One reading of the list for three adjusts, which it is cheaper than; the others read their own.
    assert plan.calls == 1 + 3 + 2 + 3
    assert shop.apply(plan).requests == plan.calls


def test_few_adjusts_against_a_long_list_read_their_own_level(tmp_path: Path) -> None:
    shop = open_shop(tmp_path, skus=600)
    plan = shop.plan({**A1, "quantity": 25})
    assert plan.calls == 2
    assert shop.apply(plan).requests == 2


def test_minutes_are_those_of_the_account_rate(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    shop.requests_per_minute = 4
    plan = shop.plan(
        *(
            {"sku": sku, "location": "Main", "quantity": 1, "action": "increment"}
            for sku in shop.skus
        )
    )
    assert (plan.calls, plan.minutes) == (12, 3.0)


def test_the_age_of_the_observation_is_shown(shop: Shop) -> None:
    shop.account.clock.advance(hours=3)
    assert shop.plan({**A1, "quantity": 4}).observation.minutes == 180


def test_an_increment_given_again_is_the_same_row_even_after_a_new_observation(shop: Shop) -> None:
    delivery = {**A1, "quantity": 5, "action": "increment"}
    shop.apply(shop.plan(delivery))
    shop.account.clock.advance(days=1)
    shop.observe()
    row = shop.plan(delivery).rows[0]
    assert row.status is Status.NO_OP
    assert row.reason is not None
    assert row.reason.startswith("Already carried out under this key on 2026-03-02 09:00.")
    assert shop.plan({**delivery, "key": "second-delivery"}).rows[0].status is Status.READY


def test_an_adjust_to_the_same_figure_is_a_new_row_after_a_new_observation(shop: Shop) -> None:
    count = {**A1, "quantity": 12}
    shop.apply(shop.plan(count))
    assert shop.plan(count).rows[0].status is Status.NO_OP
    shop.account.stock.move("A-1", MAIN, on_hand=3)
    shop.account.clock.advance(days=30)
    shop.observe()
    shop.apply(shop.plan(count))
    assert shop.on_hand("A-1") == 12


def test_a_row_applied_before_does_not_stand_in_the_way_of_a_new_one(shop: Shop) -> None:
    first = {**A1, "quantity": 5, "action": "increment", "key": "monday"}
    shop.apply(shop.plan(first))
    shop.observe()
    plan = shop.plan(first, {**first, "key": "tuesday"})
    assert [row.status for row in plan.rows] == [Status.NO_OP, Status.READY]


def test_a_request_holds_everything_that_was_given(shop: Shop) -> None:
    row = shop.plan(
        {
            **A1,
            "quantity": 4,
            "action": "increment",
            "cost_amount": "12.50",
            "cost_currency": "USD",
            "condition": "qa_hold",
            "lot": "L-7",
            "usable_start_date": "2026-01-01",
            "usable_end_date": "2026-12-31T12:00:00+02:00",
            "effective_at": "2026-03-02T08:00Z",
            "reason": "delivery",
            "notes": "two boxes",
        }
    ).rows[0]
    assert row.request == {
        "transaction_type": "increment",
        "sku": "A-1",
        "quantity": 4,
        "inventory_location_id": MAIN,
        "cost": {"amount": 12.5, "currency": "USD"},
        "condition": "qa_hold",
        "lot": "L-7",
        "usable_start_date": "2026-01-01T00:00:00Z",
        "usable_end_date": "2026-12-31T10:00:00Z",
        "effective_at": "2026-03-02T08:00:00Z",
        "reason": "delivery",
        "notes": "two boxes",
    }
    assert from_request(row.request).request() == row.request


def test_both_places_of_a_move_are_taken(shop: Shop) -> None:
    move = {**A1, "quantity": 3, "action": "modify", "new_inventory_location_id": BACK}
    plan = shop.plan(move, {"sku": "A-1", "location": "Back room", "quantity": 8})
    assert [row.status for row in plan.rows] == [Status.INVALID, Status.INVALID]
    assert plan.rows[0].figures.action is Change.MODIFY
