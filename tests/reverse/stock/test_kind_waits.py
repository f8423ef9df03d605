"""Stock that is sold while a change waits: for its turn, for the account, for its answer."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from reverse.changed_answers import Answering, Scripted, lost, refusal
from reverse.stock_rows import A1, PLUS_5, TO_25, lose, meddle
from reverse.stock_shop import MAIN, Shop, open_shop
from shipsync.api.session import Session
from shipsync.emulator import Fault, FaultKind
from shipsync.errors import Unavailable
from shipsync.reverse.applying import Applying, apply_plan
from shipsync.reverse.outbox.states import Source, WriteState
from shipsync.reverse.stock.change import StockLocation
from shipsync.reverse.stock.readings import LISTING_IS_FRESH_FOR, LevelReader

PATH = "/v2/inventory"
RECOUNT = {**A1, "quantity": 11}


def sell(shop: Shop, units: int = 2, sku: str = "A-1") -> None:
    shop.account.stock.move(sku, MAIN, delta=-units, cause="sale")


@pytest.mark.parametrize("pushed_back", ["429", "refused"])
def test_an_adjust_that_was_pushed_back_is_looked_at_again(shop: Shop, pushed_back: str) -> None:
    def push_back() -> httpx.Response:
        sell(shop)
        if pushed_back == "429":
            return refusal(429)
        raise httpx.ConnectError("refused")

    shop.transport = Scripted(shop.account, "POST", push_back)
    shop.apply(shop.plan(TO_25))
    entry = shop.entries()["k"]
    assert (entry.state, entry.source) == (WriteState.REJECTED, Source.CHECK)
    assert "went from 10 to 8 on hand since the plan was made" in (entry.reason or "")
    assert (shop.on_hand("A-1"), shop.writes_sent()) == (8, 0)


@pytest.mark.parametrize("row", [TO_25, PLUS_5], ids=["adjust", "increment"])
def test_what_was_pushed_back_and_still_fits_goes_out(shop: Shop, row: dict[str, object]) -> None:
    shop.transport = Scripted(shop.account, "POST", lambda: refusal(429), lambda: refusal(429))
    shop.apply(shop.plan(row))
    assert shop.entries()["k"].state is WriteState.APPLIED
    assert shop.writes_sent() == 1


def test_only_a_level_that_moved_is_written_down_again(shop: Shop) -> None:
    def put_off() -> httpx.Response:
        if shop.on_hand("A-1") == 10:
            sell(shop)
        return refusal(429)

    shop.transport = Scripted(shop.account, "POST", *[put_off] * 4)
    shop.apply(shop.plan(PLUS_5))
    assert shop.states("k") == ["planned", "sending", "sending", "applied"]


def test_a_429_after_the_change_was_made_does_not_make_it_twice(shop: Shop) -> None:
    def made() -> httpx.Response:
        shop.account.stock.move("A-1", MAIN, delta=5, cause="POST /v2/inventory")
        return refusal(429)

    shop.transport = Scripted(shop.account, "POST", made)
    shop.apply(shop.plan(PLUS_5))
    entry = shop.entries()["k"]
    assert (entry.state, entry.source, shop.on_hand("A-1")) == (
        WriteState.UNKNOWN,
        Source.READING,
        15,
    )
    assert "put it off, and meanwhile the stock moved by just as much" in (entry.reason or "")
    assert shop.writes_sent() == 0


@pytest.mark.parametrize("taken", [5, 3], ids=["as_much", "less"])
def test_a_lost_answer_is_compared_with_the_level_after_the_wait(shop: Shop, taken: int) -> None:
    """Ten; put off; some are sold; five more are made and the answer is lost: no "nothing changed"."""

    def put_off() -> httpx.Response:
        sell(shop, taken)
        return refusal(429)

    shop.transport = Scripted(shop.account, "POST", put_off)
    lose(shop, FaultKind.RESET_AFTER)
    shop.apply(shop.plan(PLUS_5))
    entry = shop.entries()["k"]
    assert (entry.state, entry.source) == (WriteState.APPLIED, Source.READING)
    assert shop.on_hand("A-1") == 15 - taken
    shop.observe()
    assert shop.plan(PLUS_5).rows[0].status == "no_op"


def test_a_row_that_waits_for_another_ones_429_is_looked_at_again(shop: Shop) -> None:
    plan = shop.plan(TO_25)
    sessions: list[Session] = []

    def told_to_wait(request: httpx.Request, response: httpx.Response) -> None:
        if sessions:
            sessions.pop()._budget.push_back(60)  # what another thread's 429 does
            sell(shop)

    shop.transport = Answering(shop.account, told_to_wait)
    with shop.session() as session, shop.connect() as con:
        sessions.append(session)
        apply_plan(con, plan, Applying(session, shop.pacing))
    entry = shop.entries()["k"]
    assert (entry.state, entry.source) == (WriteState.REJECTED, Source.CHECK)
    assert shop.on_hand("A-1") == 8


@pytest.mark.parametrize("source", ["carrier", "order_source", "Order_Source"])
def test_a_429_that_is_passed_on_is_a_lost_answer(shop: Shop, source: str) -> None:
    shop.transport = Scripted(shop.account, "POST", lambda: refusal(429, source=source))
    shop.apply(shop.plan(PLUS_5))
    entry = shop.entries()["k"]
    assert (entry.state, entry.source) == (WriteState.REJECTED, Source.READING)
    assert shop.writes_sent() == 0


def test_an_adjust_goes_out_again_only_where_no_claim_moved(shop: Shop) -> None:
    """Ten before and after: counted up by one, and the one that was claimed went out."""
    shop.account.stock.move("A-1", MAIN, allocated=1)
    shop.observe()
    lose(shop, FaultKind.TIMEOUT_AFTER)
    meddle(shop, lambda account: account.stock.move("A-1", MAIN, delta=-1, allocated=0))
    shop.apply(shop.plan(RECOUNT))
    assert (shop.entries()["k"].state, shop.on_hand("A-1")) == (WriteState.UNKNOWN, 10)
    assert shop.writes_sent() == 1


def test_an_adjust_found_open_days_later_does_not_go_out_again(shop: Shop) -> None:
    plan = shop.plan(RECOUNT)
    lose(shop, FaultKind.TIMEOUT_AFTER)
    shop.account.faults.add(Fault(FaultKind.KEY_REFUSED, PATH, "GET", skip=1, count=None))
    shop.apply(plan)
    shop.account.faults.clear()
    shop.account.clock.advance(days=2)
    sell(shop, 1)
    shop.apply(plan)
    entry = shop.entries()["k"]
    assert (entry.state, shop.on_hand("A-1")) == (WriteState.UNKNOWN, 10)
    assert "2880 minutes apart" in (entry.reason or "")
    assert shop.writes_sent() == 1


def test_an_adjust_that_is_unknown_stays_so(shop: Shop) -> None:
    plan = shop.plan(TO_25)
    lose(shop, FaultKind.TIMEOUT_AFTER)
    meddle(shop, lambda account: account.stock.move("A-1", MAIN, delta=-2))
    shop.apply(plan)
    sell(shop, 13)
    assert shop.on_hand("A-1") == 10
    shop.apply(plan)
    assert (shop.entries()["k"].state, shop.on_hand("A-1")) == (WriteState.UNKNOWN, 10)


def test_a_late_commit_is_waited_for_before_an_adjust_goes_out_again(shop: Shop) -> None:
    lose(shop, FaultKind.TIMEOUT)
    late = Fault(
        FaultKind.CALL,
        PATH,
        "GET",
        skip=2,
        call=lambda account, request: account.stock.move("A-1", MAIN, on_hand=25, cause="POST"),
    )
    shop.account.faults.add(late)
    shop.apply(shop.plan(TO_25))
    entry = shop.entries()["k"]
    assert (entry.state, entry.source, entry.attempt) == (WriteState.APPLIED, Source.READING, 1)
    assert shop.pacing.waits == [2.0, 30.0]


@pytest.mark.parametrize("pause", [timedelta(0), timedelta(hours=1)], ids=["soon", "later"])
def test_a_change_that_lands_after_it_was_found_not_made_is_not_made_again(
    shop: Shop, pause: timedelta
) -> None:
    shop.transport = Scripted(shop.account, "POST", lost)
    shop.apply(shop.plan(PLUS_5))
    assert shop.entries()["k"].state is WriteState.REJECTED
    shop.account.stock.move("A-1", MAIN, delta=5, cause="POST /v2/inventory")
    shop.account.clock.advance(seconds=pause.total_seconds())
    shop.observe()
    shop.apply(shop.plan(PLUS_5))
    entry = shop.entries()["k"]
    assert entry.state is (WriteState.UNKNOWN if pause else WriteState.APPLIED)
    assert shop.on_hand("A-1") == 15
    assert shop.writes_sent() == 0


def test_what_was_truly_not_made_is_sent_when_it_is_planned_again(shop: Shop) -> None:
    shop.transport = Scripted(shop.account, "POST", lost)
    shop.apply(shop.plan(PLUS_5))
    sell(shop, 3)
    shop.observe()
    shop.apply(shop.plan(PLUS_5))
    assert (shop.entries()["k"].state, shop.on_hand("A-1")) == (WriteState.APPLIED, 12)


def test_a_list_is_read_anew_after_half_a_minute(tmp_path: Path) -> None:
    shop = open_shop(tmp_path, skus=60)
    rows = [{"sku": sku, "location": "Main", "quantity": 12, "key": sku} for sku in shop.skus]
    plan = shop.plan(*rows)
    seconds = LISTING_IS_FRESH_FOR.total_seconds()

    def slowly() -> None:
        shop.pacing.sleep(seconds / 10)

    shop.transport = Scripted(shop.account, "POST", *[slowly] * 60)
    fault = Fault(FaultKind.CALL, PATH, "POST", call=lambda account, request: sell(shop, 2, "A-60"))
    shop.account.faults.add(fault)
    report = shop.apply(plan, in_flight=1)
    assert report.counts == {WriteState.APPLIED: 59, WriteState.REJECTED: 1}
    assert shop.on_hand("A-60") == 8
    readings = sum(request.method == "GET" for request in shop.account.requests)
    assert 6 <= readings <= 8


def test_a_list_that_could_not_be_read_anew_is_not_used(shop: Shop) -> None:
    place = StockLocation("A-1", MAIN)
    with shop.session() as session:
        reader = LevelReader(session, shop.pacing)
        assert reader.lately(place).levels[place].on_hand == 10
        shop.pacing.sleep(LISTING_IS_FRESH_FOR.total_seconds() + 1)
        sell(shop)
        shop.account.faults.add(Fault(FaultKind.UNAVAILABLE, PATH, "GET", count=20))
        for _ in range(2):
            with pytest.raises(Unavailable):
                reader.lately(place)
        shop.account.faults.clear()
        assert reader.lately(place).levels[place].on_hand == 8


def test_a_long_list_is_not_read_over_and_over(tmp_path: Path) -> None:
    """At 60 a minute a list of a page each SKU would take most requests: each level is read by itself."""
    shop = open_shop(tmp_path, skus=40)
    shop.requests_per_minute = 60
    shop.page_size = 1
    rows = [{"sku": sku, "location": "Main", "quantity": 12, "key": sku} for sku in shop.skus]
    report = shop.apply(shop.plan(*rows))
    assert report.counts == {WriteState.APPLIED: 40}
    assert report.requests == 80
