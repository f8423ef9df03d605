"""A second attempt while the first is still open: what becomes of it says nothing of the first."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from reverse.answering import Scripted, lost, refusal
from reverse.deeds import CANCEL, CREATE, VOID, Deed
from reverse.lost import TO_25
from reverse.office import NOW, open_office
from reverse.shop import BACK, MAIN, Shop
from shipsync.emulator import Fault, FaultKind
from shipsync.errors import KeyRefused, Unavailable
from shipsync.reverse.states import Source, State

repeated = pytest.mark.parametrize("deed", [CREATE, CANCEL, VOID], ids=lambda deed: deed.name)


def land(shop: Shop) -> None:
    shop.account.move_stock("A-1", MAIN, on_hand=25, cause="POST /v2/inventory")


def test_a_refusal_of_the_second_is_no_refusal_of_the_first(shop: Shop) -> None:
    def late_then_refused() -> httpx.Response:
        land(shop)
        return refusal()

    shop.transport = Scripted(shop.account, "POST", lost, late_then_refused)
    shop.apply(shop.plan(TO_25))
    entry = shop.entries()["k"]
    assert (entry.state, entry.source, entry.attempt) == (State.APPLIED, Source.READING, 2)


def test_a_refusal_of_both_is_one(shop: Shop) -> None:
    shop.transport = Scripted(shop.account, "POST", lost, lambda: refusal(400, "Not today."))
    shop.apply(shop.plan(TO_25))
    entry = shop.entries()["k"]
    assert (entry.state, entry.source, entry.reason) == (
        State.REJECTED,
        Source.READING,
        "Not today.",
    )


@pytest.mark.parametrize("status", [401, 429])
def test_an_account_that_closes_leaves_the_first_open(shop: Shop, status: int) -> None:
    plan = shop.plan(TO_25)
    shop.transport = Scripted(shop.account, "POST", lost, *[lambda: refusal(status)] * 90)
    stopped = shop.apply(plan).stopped_by
    assert isinstance(stopped, KeyRefused if status == 401 else Unavailable)
    assert shop.entries()["k"].state is State.UNKNOWN
    other = {"sku": "A-1", "location": "Main", "quantity": 12, "key": "other"}
    assert shop.plan(other).rows[0].problem == "unsettled_place"
    shop.transport = None
    land(shop)
    shop.apply(plan)
    assert (shop.entries()["k"].state, shop.entries()["k"].source) == (
        State.APPLIED,
        Source.READING,
    )
    assert shop.on_hand("A-1") == 25


@repeated
def test_what_was_done_late_is_found_though_the_account_could_not_be_read_at_once(
    tmp_path: Path, deed: Deed
) -> None:
    office = open_office(tmp_path)
    deed.prepare(office)
    key, plan = deed.keys(office)[0], deed.plan(office)

    def late_then_refused() -> httpx.Response:
        deed.do(office, key)
        office.account.faults.add(Fault(FaultKind.UNAVAILABLE, method="GET", count=None))
        return refusal()

    office.transport = Scripted(office.account, deed.method, lost, late_then_refused)
    report = deed.send(office, plan, in_flight=1)
    assert isinstance(report.stopped_by, Unavailable)
    assert office.entries()[key].state is State.UNKNOWN
    office.account.faults.clear()
    office.transport = None
    assert deed.send(office, plan).counts == {State.APPLIED: 3}
    assert office.made()[key] == 1


@repeated
def test_what_lands_after_it_was_given_up_is_told_when_it_is_planned_again(
    tmp_path: Path, deed: Deed
) -> None:
    office = open_office(tmp_path)
    deed.prepare(office)
    key = deed.keys(office)[0]
    office.transport = Scripted(office.account, deed.method, *[lost] * 4)
    plan = deed.plan(office)
    deed.send(office, plan, in_flight=1)
    assert office.entries()[key].state is State.REJECTED
    deed.do(office, key)
    deed.send(office, replace(plan, created_at=NOW.add(hours=1)))
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
    assert shop.entries()["k"].state is State.UNKNOWN
    shop.transport = None
    shop.account.faults.clear()
    # Read as often as a reading is repeated, then for the rows of the plan again.
    shop.account.faults.add(Fault(FaultKind.ACCESS_DENIED, method="GET", count=1))
    report = shop.apply(later, in_flight=1)
    assert [outcome.key for outcome in report.outcomes] == ["plus"]
    assert (report.left, shop.entries()["k"].state) == (1, State.UNKNOWN)
    report = shop.apply(later)
    assert report.counts == {State.APPLIED: 2}
    assert shop.on_hand("A-1", BACK) == 2
