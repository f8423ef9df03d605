"""A second attempt while the first is still open: what becomes of it says nothing of the first."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from reverse.changed_answers import Scripted, lost, refusal
from reverse.orders_shop import NOW, open_office
from reverse.stock_rows import PLUS_5, TO_25
from reverse.stock_shop import BACK, MAIN, Shop
from reverse.write_kinds import CANCEL, CREATE, VOID, WriteCase, cancel_with_labels, with_labels
from shipsync.emulator import Account, Fault, FaultKind, IncomingRequest
from shipsync.errors import KeyRefused, Unavailable
from shipsync.reverse.outbox.states import Source, WriteState

repeated = pytest.mark.parametrize(
    "write_case", [CREATE, CANCEL, VOID], ids=lambda write_case: write_case.name
)


def land(shop: Shop) -> None:
    shop.account.stock.move("A-1", MAIN, on_hand=25, cause="POST /v2/inventory")


def test_a_refusal_of_the_second_is_no_refusal_of_the_first(shop: Shop) -> None:
    def late_then_refused() -> httpx.Response:
        land(shop)
        return refusal()

    shop.transport = Scripted(shop.account, "POST", lost, late_then_refused)
    shop.apply(shop.plan(TO_25))
    entry = shop.entries()["k"]
    assert (entry.state, entry.source, entry.attempt) == (WriteState.APPLIED, Source.READING, 2)


def test_what_is_put_off_while_the_first_lands_is_settled_by_reading(shop: Shop) -> None:
    def late_then_put_off() -> httpx.Response:
        land(shop)
        return refusal(429)

    shop.transport = Scripted(shop.account, "POST", lost, late_then_put_off)
    shop.apply(shop.plan(TO_25))
    entry = shop.entries()["k"]
    assert (entry.state, entry.source, shop.on_hand("A-1")) == (
        WriteState.APPLIED,
        Source.READING,
        25,
    )
    assert shop.writes_sent() == 0


def test_a_refusal_of_both_is_one(shop: Shop) -> None:
    shop.transport = Scripted(shop.account, "POST", lost, lambda: refusal(400, "Not today."))
    shop.apply(shop.plan(TO_25))
    entry = shop.entries()["k"]
    assert (entry.state, entry.source, entry.reason) == (
        WriteState.REJECTED,
        Source.READING,
        "Not today.",
    )


@pytest.mark.parametrize("status", [401, 429])
def test_an_account_that_closes_leaves_the_first_open(shop: Shop, status: int) -> None:
    plan = shop.plan(TO_25)
    shop.transport = Scripted(shop.account, "POST", lost, *[lambda: refusal(status)] * 90)
    stopped = shop.apply(plan).stopped_by
    assert isinstance(stopped, KeyRefused if status == 401 else Unavailable)
    assert shop.entries()["k"].state is WriteState.UNKNOWN
    other = {"sku": "A-1", "location": "Main", "quantity": 12, "key": "other"}
    assert shop.plan(other).rows[0].problem == "unsettled_place"
    shop.transport = None
    land(shop)
    shop.apply(plan)
    assert (shop.entries()["k"].state, shop.entries()["k"].source) == (
        WriteState.APPLIED,
        Source.READING,
    )
    assert shop.on_hand("A-1") == 25


@repeated
def test_what_was_done_late_is_found_though_the_account_could_not_be_read_at_once(
    tmp_path: Path, write_case: WriteCase
) -> None:
    office = open_office(tmp_path)
    write_case.prepare(office)
    key, plan = write_case.keys(office)[0], write_case.plan(office)

    def late_then_refused() -> httpx.Response:
        write_case.do(office, key)
        office.account.faults.add(Fault(FaultKind.UNAVAILABLE, method="GET", count=None))
        return refusal()

    office.transport = Scripted(office.account, write_case.method, lost, late_then_refused)
    report = write_case.send(office, plan, in_flight=1)
    assert isinstance(report.stopped_by, Unavailable)
    assert office.entries()[key].state is WriteState.UNKNOWN
    office.account.faults.clear()
    office.transport = None
    assert write_case.send(office, plan).counts == {WriteState.APPLIED: 3}
    assert office.made()[key] == 1


@repeated
def test_what_lands_after_it_was_given_up_is_told_when_it_is_planned_again(
    tmp_path: Path, write_case: WriteCase
) -> None:
    office = open_office(tmp_path)
    write_case.prepare(office)
    key = write_case.keys(office)[0]
    office.transport = Scripted(office.account, write_case.method, *[lost] * 4)
    plan = write_case.plan(office)
    write_case.send(office, plan, in_flight=1)
    assert office.entries()[key].state is WriteState.REJECTED
    write_case.do(office, key)
    write_case.send(office, replace(plan, created_at=NOW.add(hours=1)))
    assert office.states(key)[-3:] == ["planned", "unknown", "applied"]
    assert office.made()[key] == 1


def test_an_outage_while_settling_leaves_other_rows_for_later(shop: Shop) -> None:
    """A plan that waits behind a row which cannot be read is not rejected for that."""
    move = {
        "sku": "A-1",
        "location": "Main",
        "quantity": 2,
        "action": "modify",
        "new_inventory_location_id": BACK,
        "key": "move",
    }
    plus = {**move, "sku": "A-2", "key": "plus", "action": "increment"}
    del plus["new_inventory_location_id"]
    later = shop.plan(move, plus)
    shop.transport = Scripted(shop.account, "POST", lost)
    shop.account.faults.add(Fault(FaultKind.UNAVAILABLE, method="GET", count=None, skip=1))
    shop.apply(shop.plan(TO_25))
    assert shop.entries()["k"].state is WriteState.UNKNOWN
    shop.transport = None
    shop.account.faults.clear()
    # Read as often as a reading is repeated, then for the rows of the plan again.
    shop.account.faults.add(Fault(FaultKind.ACCESS_DENIED, method="GET", count=1))
    report = shop.apply(later, in_flight=1)
    assert [outcome.key for outcome in report.outcomes] == ["plus"]
    assert (report.left, shop.entries()["k"].state) == (1, WriteState.UNKNOWN)
    report = shop.apply(later)
    assert report.counts == {WriteState.APPLIED: 2}
    assert shop.on_hand("A-1", BACK) == 2


@pytest.mark.parametrize("status", [400, 401, 429])
def test_what_an_answer_denied_is_not_told_made_when_others_do_the_same(
    shop: Shop, status: int
) -> None:
    plan = shop.plan(PLUS_5)
    shop.transport = Scripted(shop.account, "POST", *[lambda: refusal(status)] * 90)
    shop.apply(plan)
    shop.transport = None
    others = {**PLUS_5, "sku": "A-2", "key": "other"}
    if status == 400:
        # A plan that takes the row up and does not come to it.
        shop.apply(shop.plan(others, PLUS_5), only_first=True)
    shop.account.stock.move("A-1", MAIN, delta=5, cause="a colleague")
    shop.observe()
    shop.apply(shop.plan(PLUS_5))
    entry = shop.entries()["k"]
    assert (entry.state, entry.source) == (WriteState.APPLIED, Source.ANSWER)
    assert shop.on_hand("A-1") == 20


def test_a_shipment_that_others_made_is_not_told_ours(tmp_path: Path) -> None:
    office = open_office(tmp_path)
    plan = CREATE.plan(office)
    office.transport = Scripted(office.account, "POST", lambda: refusal(401))
    CREATE.send(office, plan, in_flight=1)
    office.transport = None
    CREATE.do(office, "W-1")
    CREATE.send(office, plan)
    entry = office.entries()["W-1"]
    assert (entry.state, entry.source) == (WriteState.REJECTED, Source.CHECK)


def test_a_key_stands_for_what_was_sent_under_it(shop: Shop) -> None:
    """Five were sent and landed late; under the same key seven are planned now."""
    shop.transport = Scripted(shop.account, "POST", lost)
    shop.apply(shop.plan(PLUS_5))
    shop.account.stock.move("A-1", MAIN, delta=5, cause="POST /v2/inventory")
    shop.observe()
    shop.apply(shop.plan({**PLUS_5, "quantity": 7}))
    entry = shop.entries()["k"]
    assert entry.state is WriteState.UNKNOWN
    assert "(increment 5 A-1 at Main) seems to have been made after that" in (entry.reason or "")
    assert shop.on_hand("A-1") == 15


def test_one_goes_on_past_a_row_that_only_a_person_can_settle(shop: Shop) -> None:
    plan = shop.plan(PLUS_5, {**PLUS_5, "sku": "A-2", "key": "next"})

    def lost_and_sold() -> httpx.Response:
        shop.account.stock.move("A-1", MAIN, delta=-1)
        return lost()

    shop.transport = Scripted(shop.account, "POST", lost_and_sold)
    for left in (1, 0):
        assert shop.apply(plan, only_first=True).left == left
    states = {key: entry.state for key, entry in shop.entries().items()}
    assert states == {"k": WriteState.UNKNOWN, "next": WriteState.APPLIED}


def test_a_kind_that_is_not_begun_is_counted_as_left(tmp_path: Path) -> None:
    office = open_office(tmp_path)
    with_labels(office)
    office.account.faults.add(Fault(FaultKind.KEY_REFUSED, method="PUT", count=None))
    done = office.apply(cancel_with_labels(office), in_flight=1)
    assert [report.left for report in done.reports] == [3, 3]


def test_an_interruption_while_reading_back_keeps_the_report(
    tmp_path: Path,
) -> None:
    office = open_office(tmp_path)
    plan = CREATE.plan(office)

    def interrupt(account: Account, request: IncomingRequest) -> None:
        raise KeyboardInterrupt

    reads = len(plan.ready)
    fault = Fault(FaultKind.CALL, method="GET", skip=reads, call=interrupt)
    office.account.faults.add(fault)
    done = office.apply(plan, reads_back=True, in_flight=1)
    [report] = done.reports
    assert (report.counts, report.interrupted) == ({WriteState.APPLIED: 3}, True)
    assert done.read_back is None
