"""What is sent, what its answer means, and what is never done twice."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from reverse.stock_rows import (
    A1,
    MINUS_5,
    MOVE_5,
    PLUS_5,
    TO_25,
    TO_DAMAGED,
    lose,
)
from reverse.stock_shop import BACK, Shop, open_shop
from shipsync.emulator import FaultKind, Options
from shipsync.errors import ConfigurationError, UsageError
from shipsync.reverse.applying import Applying, apply_plan
from shipsync.reverse.outbox.rollout import WriteProgress
from shipsync.reverse.outbox.states import Source, WriteState


@pytest.mark.parametrize(
    ("row", "levels"),
    [
        pytest.param(TO_25, (25, 0), id="adjust"),
        pytest.param(PLUS_5, (15, 0), id="increment"),
        pytest.param(MINUS_5, (5, 0), id="decrement"),
        pytest.param(MOVE_5, (5, 5), id="move"),
        pytest.param(TO_DAMAGED, (10, 0), id="condition"),
    ],
)
def test_an_answered_change_is_applied(
    shop: Shop, row: dict[str, object], levels: tuple[int, int]
) -> None:
    report = shop.apply(shop.plan(row))
    assert (shop.on_hand("A-1"), shop.on_hand("A-1", BACK)) == levels
    assert [outcome.state for outcome in report.outcomes] == [WriteState.APPLIED]
    assert shop.states("k") == ["planned", "sending", "applied"]
    assert not report.needs_person


def test_a_429_is_waited_for_and_the_change_sent_again(shop: Shop) -> None:
    lose(shop, FaultKind.TOO_MANY_REQUESTS, count=3)
    shop.apply(shop.plan(PLUS_5))
    assert shop.states("k") == ["planned", "sending", "applied"]
    assert shop.on_hand("A-1") == 15
    assert shop.writes_sent() == 4


def test_a_refusal_keeps_the_reason_the_account_gave(shop: Shop) -> None:
    plan = shop.plan({**MINUS_5, "condition": "damaged"})
    report = shop.apply(plan)
    entry = shop.entries()["k"]
    assert (entry.state, entry.source, entry.http_status) == (
        WriteState.REJECTED,
        Source.ANSWER,
        400,
    )
    assert entry.reason == "5 units of A-1 were asked for, 0 match."
    assert entry.request_id
    assert report.needs_person
    assert shop.on_hand("A-1") == 10


def test_the_account_decides_what_the_plan_could_not_know(tmp_path: Path) -> None:
    """Ten are on hand and three of them damaged: eight sellable ones cannot be taken."""
    shop = open_shop(tmp_path, options=Options(below_allocated="refuse"))
    shop.apply(shop.plan({**A1, "quantity": 3, "action": "modify", "new_condition": "damaged"}))
    shop.observe()
    shop.apply(shop.plan({**MINUS_5, "key": "l", "quantity": 8}))
    entry = shop.entries()["l"]
    assert (entry.state, entry.reason) == (
        WriteState.REJECTED,
        "8 units of A-1 were asked for, 7 match.",
    )


def test_applying_a_plan_again_does_nothing_again(shop: Shop) -> None:
    plan = shop.plan(PLUS_5, {**MINUS_5, "sku": "A-2", "key": "l", "condition": "damaged"})
    first = shop.apply(plan)
    again = shop.apply(plan)
    assert [o.state for o in first.outcomes] == [o.state for o in again.outcomes]
    assert all(outcome.is_earlier for outcome in again.outcomes)
    assert again.requests == 0
    assert shop.on_hand("A-1") == 15


def test_two_plans_of_the_same_rows_make_the_change_once(shop: Shop) -> None:
    first, second = shop.plan(PLUS_5), shop.plan(PLUS_5, guards=None)
    shop.apply(first)
    report = shop.apply(second)
    assert report.outcomes[0].is_earlier
    assert shop.on_hand("A-1") == 15


def test_a_rejected_row_is_sent_again_by_a_new_plan_only(shop: Shop) -> None:
    lose(shop, FaultKind.RESET)
    plan = shop.plan(PLUS_5)
    shop.apply(plan)
    shop.apply(plan)
    assert shop.writes_sent() == 1
    shop.account.clock.advance(minutes=1)
    shop.apply(shop.plan(PLUS_5))
    assert shop.states("k")[-3:] == ["planned", "sending", "applied"]
    assert shop.on_hand("A-1") == 15


def test_a_key_that_was_used_meanwhile_for_something_else_is_not_sent(shop: Shop) -> None:
    plan, other = shop.plan(PLUS_5), shop.plan({**PLUS_5, "quantity": 7})
    shop.apply(other)
    report = shop.apply(plan)
    assert report.outcomes[0].state is WriteState.REJECTED
    assert report.outcomes[0].reason is not None
    assert "was used for something else" in report.outcomes[0].reason
    assert shop.entries()["k"].state is WriteState.APPLIED
    assert shop.on_hand("A-1") == 17


def test_one_row_first_then_the_others(shop: Shop) -> None:
    rows = [
        {"sku": sku, "location": "Main", "quantity": 1, "action": "increment"} for sku in shop.skus
    ]
    plan = shop.plan(*rows)
    trial = shop.apply(plan, only_first=True)
    assert (len(trial.outcomes), trial.left, shop.writes_sent()) == (1, 5, 1)
    rest = shop.apply(plan)
    assert (len(rest.outcomes), rest.left, shop.writes_sent()) == (6, 0, 6)


def test_progress_counts_every_row(shop: Shop) -> None:
    seen: list[WriteProgress] = []
    rows = [{"sku": sku, "location": "Main", "quantity": 12} for sku in shop.skus]
    shop.apply(shop.plan(*rows), progress=seen.append)
    assert [progress.done for progress in seen] == [1, 2, 3, 4, 5, 6]
    assert seen[-1].counts == {WriteState.APPLIED: 6}


def test_a_plan_for_another_connection_is_refused(shop: Shop) -> None:
    plan = replace(shop.plan(TO_25), connection="west")
    with pytest.raises(UsageError, match="for connection 'west', not 'shop'"):
        shop.apply(plan)


def test_a_plan_with_a_place_twice_is_refused(shop: Shop) -> None:
    plan = shop.plan(TO_25)
    twice = replace(plan, rows=(*plan.rows, replace(plan.rows[0], key="l")))
    with pytest.raises(UsageError, match="The plan holds A-1 at se-901 twice"):
        shop.apply(twice)
    assert shop.writes_sent() == 0


def test_a_read_only_connection_changes_nothing(shop: Shop) -> None:
    plan = shop.plan(TO_25)
    with shop.connect() as con, shop.session() as session:
        session.connection = replace(shop.connection, read_only=True)
        with pytest.raises(ConfigurationError, match="read_only; nothing was sent"):
            apply_plan(con, plan, Applying(session))
    assert shop.writes_sent() == 0
    assert shop.entries() == {}
