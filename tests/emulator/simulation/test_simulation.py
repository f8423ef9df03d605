"""Any day that was simulated can be replayed."""

from __future__ import annotations

from collections.abc import Iterable

import httpx
import pendulum
import pytest

from emulator.conftest import START, client_of, make_account
from shipsync.emulator import Account, JournalEntry, Options
from shipsync.emulator.simulation.actions import Action
from shipsync.emulator.simulation.simulation import Simulation

DAYS = 4


def simulated(
    steps: Iterable[float] = (DAYS,), *, seed: int | None = None, orders_per_day: float = 14
) -> Account:
    account = make_account(shipments=80)
    simulation = Simulation(account, seed=seed, orders_per_day=orders_per_day)
    for days in steps:
        simulation.run(days)
    return account


@pytest.fixture(scope="module")
def once() -> list[JournalEntry]:
    return list(simulated().journal)


def test_the_same_seed_gives_the_same_journal(once: list[JournalEntry]) -> None:
    assert list(simulated().journal) == once


def test_another_seed_gives_other_events_from_the_same_past(once: list[JournalEntry]) -> None:
    other = list(simulated(seed=77).journal)
    past = sum(entry.cause not in set(Action) for entry in once)
    assert other[:past] == once[:past]
    assert other[past:] != once[past:]


@pytest.mark.parametrize("steps", [(1,) * DAYS, (0.25, 1.5, 0, 2.25)], ids=["days", "uneven"])
def test_it_makes_no_difference_in_which_steps_time_passes(
    once: list[JournalEntry], steps: tuple[float, ...]
) -> None:
    assert list(simulated(steps).journal) == once


def test_reading_the_account_changes_nothing_in_what_happens(once: list[JournalEntry]) -> None:
    account = make_account(shipments=80)
    simulation = Simulation(account, orders_per_day=14)
    with client_of(account) as client:
        for _ in range(DAYS):
            simulation.run(1)
            for path in ("shipments", "labels", "fulfillments", "inventory"):
                client.get(f"/v2/{path}", params={"page_size": 500}).raise_for_status()
    assert list(account.journal) == once


def test_an_order_goes_on_as_before_when_another_is_cancelled_from_outside() -> None:
    untouched, disturbed = simulated((1,)), simulated((1,))
    victim = next(
        body["shipment_id"]
        for body in (untouched.entity("shipments", i) for i in untouched.ids("shipments")[-9:])
        if body["shipment_status"] == "pending"
    )
    disturbed.orders.cancel(victim)
    for account in (untouched, disturbed):
        Simulation(account, orders_per_day=0).run(2)
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


def test_the_clock_stands_at_the_end_of_what_was_simulated() -> None:
    account = simulated((1, 0.5))
    assert account.clock.now() == START.add(days=1, hours=12)


def test_changes_come_in_order_of_time_and_never_after_the_clock(once: list[JournalEntry]) -> None:
    entries = [entry for entry in once if entry.cause in set(Action)]
    # The parts of a split order carry creation times of a blink before it was entered.
    blink = 1_000_000
    latest = 0
    for entry in entries:
        assert entry.micros >= latest - blink
        latest = max(latest, entry.micros)
    assert entries[-1].at <= START.add(days=DAYS)


def test_what_is_overdue_because_the_clock_was_moved_happens_now() -> None:
    account = make_account(shipments=40)
    simulation = Simulation(account, orders_per_day=10)
    account.clock.advance(hours=9)
    before = len(account.journal)
    simulation.run(0)
    overdue = account.journal[before:]
    assert len(overdue) > 5
    assert account.clock.now() == START.add(hours=9)
    assert max(entry.at for entry in overdue) <= START.add(hours=9, seconds=1)


def test_an_empty_account_is_provisioned_and_simulated() -> None:
    account = Account(seed=3, start=pendulum.datetime(2026, 7, 1, 15))
    Simulation(account, orders_per_day=6).run(2)
    assert len(account.ids("shipments")) > 4
    with client_of(account) as client:
        answer: httpx.Response = client.get("/v2/carriers")
    assert len(answer.json()["carriers"]) == 3


def test_shipments_that_came_through_the_api_go_on_too() -> None:
    account = make_account(shipments=5)
    simulation = Simulation(account, orders_per_day=2)
    address = {
        "name": "Ada Abara",
        "phone": "555-0100",
        "address_line1": "1 Pier Road",
        "city_locality": "Eureka",
        "state_province": "CA",
        "postal_code": "95501",
        "country_code": "US",
    }
    item = {"name": "Lamp", "sku": "no such product", "quantity": 2}
    package = {"weight": {"value": 2.5, "unit": "pound"}}
    wanted = [{"ship_to": address, "items": [item], "packages": [package]} for _ in range(12)]
    with client_of(account) as client:
        answer = client.post("/v2/shipments", json={"shipments": wanted}).raise_for_status().json()
    simulation.run(9)
    ids = [row["shipment_id"] for row in answer["shipments"]]
    labels = [label for shipment_id in ids for label in account.parcels.labels_of(shipment_id)]
    assert len(labels) >= 9
    delivered = [label for label in labels if label["tracking_status"] == "delivered"]
    tracking = account.parcels.tracking_of(delivered[0]["label_id"])
    assert tracking is not None
    assert tracking["events"][0]["city_locality"] in ("Eureka", "EUREKA")


@pytest.mark.parametrize(
    "options",
    [
        Options(inventory_ids="uuid"),
        Options(status_after_void="label_purchased"),
        Options(status_after_fulfillment="label_purchased"),
        Options(fulfillments_include_labels=True, below_allocated="refuse"),
    ],
    ids=["uuids", "void_keeps_status", "fulfillment_is_a_purchase", "labels_listed"],
)
def test_time_passes_under_every_choice_that_concerns_it(options: Options) -> None:
    account = make_account(options, shipments=60)
    Simulation(account, orders_per_day=40).run(7)
    done = {entry.cause for entry in account.journal}
    assert done >= {
        Action.LABEL_BOUGHT,
        Action.LABEL_VOIDED,
        Action.LABEL_PRINTED_AGAIN,
        Action.FULFILLED_OUTSIDE,
        Action.STOCK_SOLD,
        Action.PARCEL_DELIVERED,
    }
