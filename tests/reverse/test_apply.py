"""Applying a plan: what is sent, what each answer means, and what is never done twice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

import httpx
import pytest

from reverse.shop import BACK, MAIN, Shop, open_shop
from shipsync.emulator import Account, Fault, FaultKind, Options, Request, Transport
from shipsync.errors import ConfigurationError, DatabaseError, KeyRefused, Unavailable, UsageError
from shipsync.reverse import stock
from shipsync.reverse.apply import apply_plan
from shipsync.reverse.rollout import Progress
from shipsync.reverse.states import Source, State

A1 = {"sku": "A-1", "location": "Main", "key": "k"}
TO_25 = {**A1, "quantity": 25}
PLUS_5 = {**A1, "quantity": 5, "action": "increment"}
MINUS_5 = {**A1, "quantity": 5, "action": "decrement"}
MOVE_5 = {**A1, "quantity": 5, "action": "modify", "new_inventory_location_id": BACK}
TO_DAMAGED = {**A1, "quantity": 5, "action": "modify", "new_condition": "damaged"}

LOST_AFTER = [
    FaultKind.RESET_AFTER,
    FaultKind.TIMEOUT_AFTER,
    FaultKind.SERVER_ERROR_AFTER,
]
LOST_BEFORE = [
    FaultKind.RESET,
    FaultKind.TIMEOUT,
    FaultKind.SERVER_ERROR,
    FaultKind.BAD_GATEWAY,
    FaultKind.UNAVAILABLE,
    FaultKind.GATEWAY_TIMEOUT,
]


def lose(shop: Shop, kind: FaultKind, count: int | None = 1) -> None:
    shop.account.faults.add(Fault(kind, path="/v2/inventory", method="POST", count=count))


def meddle(shop: Shop, deed: Callable[[Account], object]) -> None:
    """Have the stock move once, after the first change that we send and before it is read back."""

    def once(account: Account, request: Request) -> None:
        deed(account)

    fault = Fault(FaultKind.CALL, path="/v2/inventory", method="GET", call=once, skip=1)
    shop.account.faults.add(fault)


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
    assert [outcome.state for outcome in report.outcomes] == [State.APPLIED]
    assert shop.states("k") == ["planned", "sending", "applied"]
    assert not report.needs_person


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
    assert (entry.state, entry.source, entry.attempt) == (State.APPLIED, Source.READING, 1)
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
    assert (entry.state, entry.source) == (State.REJECTED, Source.READING)
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
    assert (entry.state, entry.source, entry.attempt) == (State.REJECTED, Source.READING, 4)
    assert shop.pacing.waits == [2.0, 4.0, 8.0, 30.0]


def test_an_adjust_does_not_bring_back_what_was_sold_after_it(shop: Shop) -> None:
    """25 on hand, the answer lost, two sold: a second adjust to 25 would make two out of nothing."""
    lose(shop, FaultKind.TIMEOUT_AFTER)
    meddle(shop, lambda account: account.move_stock("A-1", MAIN, delta=-2))
    shop.apply(shop.plan(TO_25))
    assert shop.on_hand("A-1") == 23
    assert shop.entries()["k"].state is State.UNKNOWN
    assert shop.writes_sent() == 1


@pytest.mark.parametrize(
    "kind", [FaultKind.TIMEOUT, FaultKind.TIMEOUT_AFTER], ids=["not_made", "made"]
)
def test_what_a_reading_cannot_tell_stays_unknown(shop: Shop, kind: FaultKind) -> None:
    lose(shop, kind)
    meddle(shop, lambda account: account.move_stock("A-1", MAIN, delta=-2))
    report = shop.apply(shop.plan(PLUS_5))
    entry = shop.entries()["k"]
    assert entry.state is State.UNKNOWN
    assert entry.reason is not None
    assert "neither outcome explains" in entry.reason
    assert report.needs_person


def test_a_sale_that_hides_a_change_shows_in_the_claims(shop: Shop) -> None:
    """Ten on hand before and after: five came and a claimed five went."""
    shop.account.move_stock("A-1", MAIN, allocated=5)
    shop.observe()
    lose(shop, FaultKind.TIMEOUT_AFTER)
    meddle(shop, lambda account: account.move_stock("A-1", MAIN, delta=-5, allocated=0))
    shop.apply(shop.plan(PLUS_5))
    assert shop.on_hand("A-1") == 10
    assert shop.entries()["k"].state is State.UNKNOWN


def test_a_change_of_condition_leaves_nothing_to_read(shop: Shop) -> None:
    lose(shop, FaultKind.RESET_AFTER)
    shop.apply(shop.plan(TO_DAMAGED))
    assert shop.entries()["k"].state is State.UNKNOWN


def test_a_late_commit_is_waited_for(shop: Shop) -> None:
    """The server is still at work when the level is read first, and through when it is read again."""
    lose(shop, FaultKind.TIMEOUT)
    shop.account.faults.add(
        Fault(
            FaultKind.CALL,
            path="/v2/inventory",
            method="GET",
            skip=2,
            call=lambda account, request: account.move_stock("A-1", MAIN, delta=5, cause="late"),
        )
    )
    shop.apply(shop.plan(PLUS_5))
    assert shop.entries()["k"].state is State.APPLIED
    assert 30.0 in shop.pacing.waits


def test_unknown_stays_unknown_however_often_the_plan_is_applied(shop: Shop) -> None:
    lose(shop, FaultKind.TIMEOUT)
    meddle(shop, lambda account: account.move_stock("A-1", MAIN, delta=-2))
    plan = shop.plan(PLUS_5)
    shop.apply(plan)
    shop.account.move_stock("A-1", MAIN, on_hand=15)
    report = shop.apply(plan)
    assert report.outcomes[0].state is State.UNKNOWN
    assert report.requests == 0


def test_a_reading_that_could_not_be_had_is_had_by_applying_again(shop: Shop) -> None:
    lose(shop, FaultKind.TIMEOUT_AFTER)
    shop.account.faults.add(
        Fault(FaultKind.UNAVAILABLE, path="/v2/inventory", method="GET", skip=1, count=None)
    )
    plan = shop.plan(PLUS_5)
    shop.apply(plan)
    entry = shop.entries()["k"]
    assert entry.state is State.UNKNOWN
    assert entry.reason is not None
    assert entry.reason.endswith("Apply the plan again to settle it.")
    shop.account.faults.clear()
    shop.apply(plan)
    assert shop.entries()["k"].state is State.APPLIED
    assert shop.writes_sent() == 1


def test_a_429_is_waited_for_and_the_change_sent_again(shop: Shop) -> None:
    lose(shop, FaultKind.TOO_MANY_REQUESTS, count=3)
    shop.apply(shop.plan(PLUS_5))
    assert shop.states("k") == ["planned", "sending", "applied"]
    assert shop.on_hand("A-1") == 15
    assert shop.writes_sent() == 4


def test_a_refusal_keeps_the_reason_the_account_gave(tmp_path: object, shop: Shop) -> None:
    plan = shop.plan({**MINUS_5, "condition": "damaged"})
    report = shop.apply(plan)
    entry = shop.entries()["k"]
    assert (entry.state, entry.source, entry.http_status) == (State.REJECTED, Source.ANSWER, 400)
    assert entry.reason == "5 units of A-1 were asked for, 0 match."
    assert entry.request_id
    assert report.needs_person
    assert shop.on_hand("A-1") == 10


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
    assert report.outcomes[0].state is State.REJECTED
    assert report.outcomes[0].reason is not None
    assert "was used for something else" in report.outcomes[0].reason
    assert shop.entries()["k"].state is State.APPLIED
    assert shop.on_hand("A-1") == 17


@dataclass(frozen=True)
class Moved:
    id: str
    row: dict[str, object]
    deed: Callable[[Account], object]
    reason: str | None


MOVED = [
    Moved(
        "adjust_after_a_sale",
        TO_25,
        lambda account: account.move_stock("A-1", MAIN, delta=-2),
        "A-1 at Main went from 10 to 8 on hand since the plan was made. Run `shipsync sync` and plan "
        "the row again.",
    ),
    Moved(
        "adjust_below_new_claims",
        {**A1, "quantity": 5},
        lambda account: account.move_stock("A-1", MAIN, allocated=6),
        "5 would be less than the 6 that orders have claimed of A-1 at Main; release the orders or "
        "raise the quantity.",
    ),
    Moved(
        "adjust_of_a_sku_that_vanished",
        TO_25,
        lambda account: account.move_stock("A-1", MAIN, on_hand=0),
        "A-1 at Main went from 10 to 0 on hand since the plan was made. Run `shipsync sync` and plan "
        "the row again.",
    ),
    Moved(
        "decrement_beyond_what_is_left",
        MINUS_5,
        lambda account: account.move_stock("A-1", MAIN, delta=-6),
        "5 cannot be taken: 4 of A-1 are available at Main (4 on hand, 0 claimed by orders).",
    ),
    Moved(
        "move_of_claimed_stock",
        MOVE_5,
        lambda account: account.move_stock("A-1", MAIN, allocated=6),
        "5 cannot be taken: 4 of A-1 are available at Main (10 on hand, 6 claimed by orders).",
    ),
    Moved(
        "increment_still_fits",
        PLUS_5,
        lambda account: account.move_stock("A-1", MAIN, delta=-2),
        None,
    ),
    Moved(
        "decrement_still_fits",
        MINUS_5,
        lambda account: account.move_stock("A-1", MAIN, delta=-2),
        None,
    ),
    Moved(
        "adjust_that_somebody_made_already",
        TO_25,
        lambda account: account.move_stock("A-1", MAIN, on_hand=25),
        None,
    ),
]


@pytest.mark.parametrize("moved", MOVED, ids=lambda moved: moved.id)
@pytest.mark.parametrize("company", [0, 3], ids=["alone", "with_others"])
def test_a_row_that_no_longer_fits_is_not_sent(shop: Shop, moved: Moved, company: int) -> None:
    others = [{"sku": f"A-{n}", "location": "Main", "quantity": 12} for n in range(2, 2 + company)]
    plan = shop.plan(moved.row, *others)
    moved.deed(shop.account)
    shop.apply(plan)
    entry = shop.entries()["k"]
    assert entry.reason == moved.reason
    if moved.reason is None:
        assert entry.state is State.APPLIED
    else:
        assert (entry.state, entry.source) == (State.REJECTED, Source.CHECK)
        assert shop.states("k") == ["planned", "rejected"]
        assert shop.writes_sent() == company


def test_a_page_that_lost_a_row_does_not_make_it_look_sold_out(shop: Shop) -> None:
    """The list says five of six; the one that is missing is asked for by name."""

    class Lossy(Transport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            response = super().handle_request(request)
            if request.method == "GET" and b"sku=" not in request.url.query:
                body = response.json()
                body["inventory"] = body["inventory"][1:]
                body["total"] -= 1
                return httpx.Response(200, json=body)
            return response

    shop.transport = Lossy(shop.account)
    counts = [{"sku": sku, "location": "Main", "quantity": 12} for sku in shop.skus]
    report = shop.apply(shop.plan(*counts))
    assert {outcome.state for outcome in report.outcomes} == {State.APPLIED}


def test_a_server_that_ignores_the_filters_is_read_to_the_end(tmp_path: object) -> None:
    class Deaf(Transport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            params = request.url.params.remove("sku").remove("inventory_location_id")
            request.url = request.url.copy_with(params=params)
            return super().handle_request(request)

    shop = open_shop(tmp_path, skus=60)  # type: ignore[arg-type]
    shop.account.options = replace(shop.account.options, max_page_size=25)
    shop.transport = Deaf(shop.account)
    lose(shop, FaultKind.RESET_AFTER)
    shop.apply(shop.plan({**PLUS_5, "sku": "A-60"}))
    assert shop.entries()["k"].state is State.APPLIED
    assert shop.on_hand("A-60") == 15


def test_a_sku_with_a_comma_is_not_taken_for_a_list(shop: Shop) -> None:
    shop.account.put_product({"product_id": 99, "sku": "A,1", "name": "Odd"})
    shop.account.move_stock("A,1", MAIN, on_hand=3)
    shop.observe()
    shop.apply(shop.plan({**PLUS_5, "sku": "A,1"}))
    assert shop.on_hand("A,1") == 8
    assert all("sku=" not in request.query for request in shop.account.requests)
    assert shop.entries()["k"].reading_before["levels"][0]["on_hand"] == 3  # type: ignore[index]


def test_nothing_else_is_sent_where_an_outcome_is_unknown(shop: Shop) -> None:
    later = shop.plan({**TO_25, "key": "later"})
    lose(shop, FaultKind.TIMEOUT)
    meddle(shop, lambda account: account.move_stock("A-1", MAIN, delta=-2))
    shop.apply(shop.plan(PLUS_5))
    sent = shop.writes_sent()
    report = shop.apply(later)
    assert report.outcomes[0].state is State.REJECTED
    assert report.outcomes[0].reason is not None
    assert "`shipsync stock resolve k`" in report.outcomes[0].reason
    assert shop.writes_sent() == sent


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
            apply_plan(con, session, plan)
    assert shop.writes_sent() == 0
    assert shop.entries() == {}


def test_a_refused_key_stops_the_run_and_leaves_the_rows_planned(shop: Shop) -> None:
    lose(shop, FaultKind.KEY_REFUSED, count=None)
    rows = [{"sku": sku, "location": "Main", "quantity": 12, "key": sku} for sku in shop.skus]
    plan = shop.plan(*rows)
    report = shop.apply(plan, in_flight=1)
    assert isinstance(report.stopped_by, KeyRefused)
    assert report.left == 6
    assert {entry.state for entry in shop.entries().values()} == {State.PLANNED}
    shop.account.faults.clear()
    assert shop.apply(plan).counts == {State.APPLIED: 6}


def test_an_account_that_cannot_be_read_stops_the_run_before_anything_is_sent(shop: Shop) -> None:
    shop.account.faults.add(Fault(FaultKind.UNAVAILABLE, method="GET", count=None))
    report = shop.apply(shop.plan(PLUS_5))
    assert isinstance(report.stopped_by, Unavailable)
    assert shop.writes_sent() == 0
    assert shop.states("k") == ["planned"]


def test_an_endless_429_leaves_the_row_planned(shop: Shop) -> None:
    lose(shop, FaultKind.TOO_MANY_REQUESTS, count=None)
    plan = shop.plan(PLUS_5)
    report = shop.apply(plan)
    assert isinstance(report.stopped_by, Unavailable)
    assert shop.states("k") == ["planned", "sending", "planned"]
    shop.account.faults.clear()
    shop.apply(plan)
    assert shop.on_hand("A-1") == 15


def test_one_row_first_then_the_others(shop: Shop) -> None:
    rows = [
        {"sku": sku, "location": "Main", "quantity": 1, "action": "increment"} for sku in shop.skus
    ]
    plan = shop.plan(*rows)
    trial = shop.apply(plan, only_first=True)
    assert (len(trial.outcomes), trial.left, shop.writes_sent()) == (1, 5, 1)
    rest = shop.apply(plan)
    assert (len(rest.outcomes), rest.left, shop.writes_sent()) == (6, 0, 6)


def test_an_interruption_begins_nothing_more_and_the_next_run_goes_on(shop: Shop) -> None:
    rows = [
        {"sku": sku, "location": "Main", "quantity": 1, "action": "increment", "key": sku}
        for sku in shop.skus
    ]

    def interrupt(progress: Progress) -> None:
        if progress.done == 2:
            raise KeyboardInterrupt

    plan = shop.plan(*rows)
    report = shop.apply(plan, in_flight=1, progress=interrupt)
    assert report.interrupted
    assert (len(report.outcomes), report.left) == (2, 4)
    assert shop.apply(plan).counts == {State.APPLIED: 6}
    assert [shop.on_hand(sku) for sku in shop.skus] == [11] * 6


def test_nothing_is_sent_that_the_ledger_cannot_take(shop: Shop) -> None:
    """The first row is through when the outbox goes away, as it would on a full disk."""
    rows = [{"sku": sku, "location": "Main", "quantity": 12} for sku in shop.skus]
    plan = shop.plan(*rows)
    with shop.connect() as con, shop.session() as session:

        def lose_the_outbox(progress: Progress) -> None:
            con.execute("drop view ledger.outbox_current")
            con.execute("alter table ledger.outbox rename to outbox_gone")

        report = apply_plan(
            con, session, plan, pacing=shop.pacing, in_flight=1, progress=lose_the_outbox
        )
    assert isinstance(report.stopped_by, DatabaseError)
    assert "nothing more is sent" in str(report.stopped_by)
    assert (len(report.outcomes), report.left, shop.writes_sent()) == (1, 5, 1)


def test_progress_counts_every_row(shop: Shop) -> None:
    seen: list[Progress] = []
    rows = [{"sku": sku, "location": "Main", "quantity": 12} for sku in shop.skus]
    shop.apply(shop.plan(*rows), progress=seen.append)
    assert [progress.done for progress in seen] == [1, 2, 3, 4, 5, 6]
    assert seen[-1].counts == {State.APPLIED: 6}


@pytest.mark.parametrize("applied", [True, False])
def test_a_person_settles_what_is_unknown(shop: Shop, applied: bool) -> None:
    lose(shop, FaultKind.RESET_AFTER if applied else FaultKind.RESET)
    meddle(shop, lambda account: account.move_stock("A-1", MAIN, delta=-2))
    shop.apply(shop.plan(PLUS_5))
    database = shop.connection.database
    entry = stock.resolve(database, "shop", "k", applied=applied, because="counted the shelf")
    assert (entry.state, entry.source, entry.reason) == (
        State.APPLIED if applied else State.REJECTED,
        Source.PERSON,
        "counted the shelf",
    )
    with pytest.raises(UsageError, match="The outcome of k is known"):
        stock.resolve(database, "shop", "k", applied=True, because="again")
    shop.account.clock.advance(minutes=1)
    shop.observe()
    plan = shop.plan(PLUS_5)
    shop.apply(plan)
    assert shop.on_hand("A-1") == 13


def test_resolving_asks_for_a_known_key_and_a_reason(shop: Shop) -> None:
    database = shop.connection.database
    with pytest.raises(UsageError, match="There is no row with the key 'k'"):
        stock.resolve(database, "shop", "k", applied=True, because="seen")
    with pytest.raises(UsageError, match="Say what the decision rests on"):
        stock.resolve(database, "shop", "k", applied=True, because="  ")


def test_the_account_decides_what_the_plan_could_not_know(tmp_path: object) -> None:
    """Ten are on hand and three of them damaged: eight sellable ones cannot be taken."""
    shop = open_shop(tmp_path, options=Options(below_allocated="refuse"))  # type: ignore[arg-type]
    shop.apply(shop.plan({**A1, "quantity": 3, "action": "modify", "new_condition": "damaged"}))
    shop.observe()
    shop.apply(shop.plan({**MINUS_5, "key": "l", "quantity": 8}))
    entry = shop.entries()["l"]
    assert (entry.state, entry.reason) == (
        State.REJECTED,
        "8 units of A-1 were asked for, 7 match.",
    )


def test_waiting_for_a_late_commit_can_be_shortened(shop: Shop) -> None:
    lose(shop, FaultKind.RESET)
    shop.apply(shop.plan(PLUS_5), late_commit_wait=timedelta(seconds=3))
    assert shop.pacing.waits == [3.0]
