"""A lost answer: what is found by reading back, what is sent again, what stays unknown."""

from __future__ import annotations

from datetime import timedelta

import pytest

from reverse.stock_rows import (
    LOST_AFTER,
    LOST_BEFORE,
    MINUS_5,
    MOVE_5,
    PLUS_5,
    TO_25,
    TO_DAMAGED,
    lose,
    meddle,
)
from reverse.stock_shop import BACK, MAIN, Shop
from shipsync.emulator import Fault, FaultKind
from shipsync.errors import UsageError
from shipsync.reverse import service
from shipsync.reverse.outbox.states import Source, WriteState


@pytest.mark.parametrize("kind", LOST_AFTER)
@pytest.mark.parametrize(
    ("row", "levels"),
    [
        pytest.param(TO_25, (25, 0), id="adjust"),
        pytest.param(PLUS_5, (15, 0), id="increment"),
        pytest.param(MINUS_5, (5, 0), id="decrement"),
        pytest.param(MOVE_5, (5, 5), id="move"),
    ],
)
def test_a_change_made_before_its_answer_was_lost_is_found_and_not_sent_again(
    shop: Shop, kind: FaultKind, row: dict[str, object], levels: tuple[int, int]
) -> None:
    lose(shop, kind)
    shop.apply(shop.plan(row))
    entry = shop.entries()["k"]
    assert (entry.state, entry.source, entry.attempt) == (WriteState.APPLIED, Source.READING, 1)
    assert (shop.on_hand("A-1"), shop.on_hand("A-1", BACK)) == levels
    assert shop.writes_sent() == 1


@pytest.mark.parametrize("kind", LOST_BEFORE)
@pytest.mark.parametrize("row", [PLUS_5, MINUS_5, MOVE_5], ids=lambda row: row["action"])
def test_a_change_that_was_not_made_is_rejected_and_not_sent_again(
    shop: Shop, kind: FaultKind, row: dict[str, object]
) -> None:
    lose(shop, kind)
    report = shop.apply(shop.plan(row))
    entry = shop.entries()["k"]
    assert (entry.state, entry.source) == (WriteState.REJECTED, Source.READING)
    assert entry.reason is not None
    assert "shows that nothing was changed: A-1 at se-901 10 before and 10 after" in entry.reason
    assert (shop.on_hand("A-1"), shop.on_hand("A-1", BACK)) == (10, 0)
    assert shop.writes_sent() == 1
    assert report.needs_person


@pytest.mark.parametrize("kind", LOST_BEFORE)
def test_an_adjust_that_was_not_made_is_sent_again(shop: Shop, kind: FaultKind) -> None:
    lose(shop, kind)
    shop.apply(shop.plan(TO_25))
    assert shop.states("k") == ["planned", "sending", "sending", "applied"]
    assert shop.entries()["k"].attempt == 2
    assert shop.on_hand("A-1") == 25


def test_an_adjust_is_not_sent_for_ever(shop: Shop) -> None:
    lose(shop, FaultKind.TIMEOUT, count=None)
    shop.apply(shop.plan(TO_25))
    entry = shop.entries()["k"]
    assert (entry.state, entry.source, entry.attempt) == (WriteState.REJECTED, Source.READING, 4)
    assert shop.pacing.waits == [2.0, 30.0, 4.0, 30.0, 8.0, 30.0, 30.0]


def test_an_adjust_does_not_bring_back_what_was_sold_after_it(shop: Shop) -> None:
    """25 on hand, the answer lost, two sold: a second adjust to 25 would make two out of nothing."""
    lose(shop, FaultKind.TIMEOUT_AFTER)
    meddle(shop, lambda account: account.stock.move("A-1", MAIN, delta=-2))
    shop.apply(shop.plan(TO_25))
    assert shop.on_hand("A-1") == 23
    assert shop.entries()["k"].state is WriteState.UNKNOWN
    assert shop.writes_sent() == 1


@pytest.mark.parametrize(
    "kind", [FaultKind.TIMEOUT, FaultKind.TIMEOUT_AFTER], ids=["not_made", "made"]
)
def test_what_a_reading_cannot_tell_stays_unknown(shop: Shop, kind: FaultKind) -> None:
    lose(shop, kind)
    meddle(shop, lambda account: account.stock.move("A-1", MAIN, delta=-2))
    report = shop.apply(shop.plan(PLUS_5))
    entry = shop.entries()["k"]
    assert entry.state is WriteState.UNKNOWN
    assert entry.reason is not None
    assert "neither outcome explains" in entry.reason
    assert report.needs_person


def test_a_sale_that_hides_a_change_shows_in_the_claims(shop: Shop) -> None:
    """Ten on hand before and after: five came and a claimed five went."""
    shop.account.stock.move("A-1", MAIN, allocated=5)
    shop.observe()
    lose(shop, FaultKind.TIMEOUT_AFTER)
    meddle(shop, lambda account: account.stock.move("A-1", MAIN, delta=-5, allocated=0))
    shop.apply(shop.plan(PLUS_5))
    assert shop.on_hand("A-1") == 10
    assert shop.entries()["k"].state is WriteState.UNKNOWN


def test_a_change_of_condition_leaves_nothing_to_read(shop: Shop) -> None:
    lose(shop, FaultKind.RESET_AFTER)
    shop.apply(shop.plan(TO_DAMAGED))
    assert shop.entries()["k"].state is WriteState.UNKNOWN


def test_a_late_commit_is_waited_for(shop: Shop) -> None:
    """The server is still at work when the level is read first, and through when it is read again."""
    lose(shop, FaultKind.TIMEOUT)
    shop.account.faults.add(
        Fault(
            FaultKind.CALL,
            path="/v2/inventory",
            method="GET",
            skip=2,
            call=lambda account, request: account.stock.move("A-1", MAIN, delta=5, cause="late"),
        )
    )
    shop.apply(shop.plan(PLUS_5))
    assert shop.entries()["k"].state is WriteState.APPLIED
    assert 30.0 in shop.pacing.waits


def test_waiting_for_a_late_commit_can_be_shortened(shop: Shop) -> None:
    lose(shop, FaultKind.RESET)
    shop.apply(shop.plan(PLUS_5), late_commit_wait=timedelta(seconds=3))
    assert shop.pacing.waits == [3.0]


def test_unknown_stays_unknown_however_often_the_plan_is_applied(shop: Shop) -> None:
    lose(shop, FaultKind.TIMEOUT)
    meddle(shop, lambda account: account.stock.move("A-1", MAIN, delta=-2))
    plan = shop.plan(PLUS_5)
    shop.apply(plan)
    shop.account.stock.move("A-1", MAIN, on_hand=15)
    report = shop.apply(plan)
    assert report.outcomes[0].state is WriteState.UNKNOWN
    assert report.requests == 0


def test_a_reading_that_could_not_be_had_is_had_by_applying_again(shop: Shop) -> None:
    lose(shop, FaultKind.TIMEOUT_AFTER)
    shop.account.faults.add(
        Fault(FaultKind.UNAVAILABLE, path="/v2/inventory", method="GET", skip=1, count=None)
    )
    plan = shop.plan(PLUS_5)
    shop.apply(plan)
    entry = shop.entries()["k"]
    assert entry.state is WriteState.UNKNOWN
    assert entry.reason is not None
    assert entry.reason.endswith("Apply the plan again to settle it.")
    shop.account.faults.clear()
    shop.apply(plan)
    assert shop.entries()["k"].state is WriteState.APPLIED
    assert shop.writes_sent() == 1


def test_nothing_else_is_sent_where_an_outcome_is_unknown(shop: Shop) -> None:
    later = shop.plan({**TO_25, "key": "later"})
    lose(shop, FaultKind.TIMEOUT)
    meddle(shop, lambda account: account.stock.move("A-1", MAIN, delta=-2))
    shop.apply(shop.plan(PLUS_5))
    sent = shop.writes_sent()
    report = shop.apply(later)
    assert report.outcomes[0].state is WriteState.REJECTED
    assert report.outcomes[0].reason is not None
    assert "`shipsync writes resolve k`" in report.outcomes[0].reason
    assert shop.writes_sent() == sent


@pytest.mark.parametrize("applied", [True, False])
def test_a_person_settles_what_is_unknown(shop: Shop, applied: bool) -> None:
    lose(shop, FaultKind.RESET_AFTER if applied else FaultKind.RESET)
    meddle(shop, lambda account: account.stock.move("A-1", MAIN, delta=-2))
    shop.apply(shop.plan(PLUS_5))
    database = shop.connection.database
    entry = service.resolve(database, "shop", "k", applied=applied, because="counted the shelf")
    assert (entry.state, entry.source, entry.reason) == (
        WriteState.APPLIED if applied else WriteState.REJECTED,
        Source.PERSON,
        "counted the shelf",
    )
    with pytest.raises(UsageError, match="The outcome of k is known"):
        service.resolve(database, "shop", "k", applied=True, because="again")
    shop.account.clock.advance(minutes=1)
    shop.observe()
    plan = shop.plan(PLUS_5)
    shop.apply(plan)
    assert shop.on_hand("A-1") == 13


def test_resolving_asks_for_a_known_key_and_a_reason(shop: Shop) -> None:
    database = shop.connection.database
    with pytest.raises(UsageError, match="There is no row with the key 'k'"):
        service.resolve(database, "shop", "k", applied=True, because="seen")
    with pytest.raises(UsageError, match="Say what the decision rests on"):
        service.resolve(database, "shop", "k", applied=True, because="  ")
