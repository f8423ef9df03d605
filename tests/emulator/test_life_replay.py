"""Any day of an account's life can be replayed."""

from __future__ import annotations

from collections.abc import Iterable

import httpx
import pendulum
import pytest

from emulator.conftest import START, client_of, make_account
from shipsync.emulator import Account, Entry
from shipsync.emulator.life import Life
from shipsync.emulator.life_deeds import Deed

DAYS = 4


def lived(
    steps: Iterable[float] = (DAYS,), *, seed: int | None = None, orders_per_day: float = 14
) -> Account:
    account = make_account(shipments=80)
    life = Life(account, seed=seed, orders_per_day=orders_per_day)
    for days in steps:
        life.live(days)
    return account


@pytest.fixture(scope="module")
def once() -> list[Entry]:
    return list(lived().journal)


def test_the_same_seed_gives_the_same_journal(once: list[Entry]) -> None:
    assert list(lived().journal) == once


def test_another_seed_gives_another_life_from_the_same_past(once: list[Entry]) -> None:
    other = list(lived(seed=77).journal)
    past = sum(entry.cause not in set(Deed) for entry in once)
    assert other[:past] == once[:past]
    assert other[past:] != once[past:]


@pytest.mark.parametrize("steps", [(1,) * DAYS, (0.25, 1.5, 0, 2.25)], ids=["days", "uneven"])
def test_it_makes_no_difference_in_which_steps_time_passes(
    once: list[Entry], steps: tuple[float, ...]
) -> None:
    assert list(lived(steps).journal) == once


def test_reading_the_account_changes_nothing_in_its_life(once: list[Entry]) -> None:
    account = make_account(shipments=80)
    life = Life(account, orders_per_day=14)
    with client_of(account) as client:
        for _ in range(DAYS):
            life.live(1)
            for path in ("shipments", "labels", "fulfillments", "inventory"):
                client.get(f"/v2/{path}", params={"page_size": 500}).raise_for_status()
    assert list(account.journal) == once


def test_an_order_lives_on_as_before_when_another_is_cancelled_from_outside() -> None:
    untouched, disturbed = lived((1,)), lived((1,))
    victim = next(
        body["shipment_id"]
        for body in (untouched.entity("shipments", i) for i in untouched.ids("shipments")[-9:])
        if body["shipment_status"] == "pending"
    )
    disturbed.cancel_shipment(victim)
    for account in (untouched, disturbed):
        Life(account, orders_per_day=0).live(2)
    others = [
        {
            i: account.entity("shipments", i)["items"]
            for i in account.ids("shipments")
            if i != victim
        }
        for account in (untouched, disturbed)
    ]
    assert others[0] == others[1]
    assert disturbed.entity("shipments", victim)["shipment_status"] == "cancelled"


def test_the_clock_stands_at_the_end_of_what_was_lived() -> None:
    account = lived((1, 0.5))
    assert account.clock.now() == START.add(days=1, hours=12)


def test_changes_come_in_order_of_time_and_never_after_the_clock(once: list[Entry]) -> None:
    life = [entry for entry in once if entry.cause in set(Deed)]
    # The parts of a split order carry creation times of a blink before it was entered.
    blink = 1_000_000
    latest = 0
    for entry in life:
        assert entry.micros >= latest - blink
        latest = max(latest, entry.micros)
    assert life[-1].at <= START.add(days=DAYS)


def test_what_is_overdue_because_the_clock_was_moved_happens_now() -> None:
    account = make_account(shipments=40)
    life = Life(account, orders_per_day=10)
    account.clock.advance(hours=9)
    before = len(account.journal)
    life.live(0)
    overdue = account.journal[before:]
    assert len(overdue) > 5
    assert account.clock.now() == START.add(hours=9)
    assert max(entry.at for entry in overdue) <= START.add(hours=9, seconds=1)


def test_an_empty_account_is_furnished_and_comes_to_life() -> None:
    account = Account(seed=3, start=pendulum.datetime(2026, 7, 1, 15))
    Life(account, orders_per_day=6).live(2)
    assert len(account.ids("shipments")) > 4
    with client_of(account) as client:
        answer: httpx.Response = client.get("/v2/carriers")
    assert len(answer.json()["carriers"]) == 3
