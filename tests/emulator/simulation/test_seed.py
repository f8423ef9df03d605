"""A past made to order."""

from __future__ import annotations

import gc
from collections import Counter

import pytest

from emulator.conftest import START, make_account
from shipsync.emulator import Account, Options
from shipsync.emulator.simulation.seed import seed_account, tie_block
from shipsync.emulator.timestamps import of_moment, to_micros
from shipsync.emulator.wallclock import DAY


@pytest.mark.parametrize("count", [0, 1, 7, 250])
@pytest.mark.parametrize("labels", [True, False])
def test_there_are_exactly_as_many_shipments_as_asked_for(count: int, labels: bool) -> None:
    account = Account(start=START)
    seed_account(account, shipments=count, labels=labels)
    assert len(account.ids("shipments")) == count
    assert bool(account.ids("labels")) is (labels and count > 0)


def test_the_same_seed_gives_the_same_journal_and_another_does_not() -> None:
    journals = []
    for seed in (1, 1, 2):
        account = Account(seed=4, start=START)
        seed_account(account, shipments=30, seed=seed)
        journals.append(list(account.journal))
    assert journals[0] == journals[1] != journals[2]


def test_even_a_small_past_holds_some_of_everything() -> None:
    account = make_account(shipments=60)
    bodies = [account.entity("shipments", i) for i in account.ids("shipments")]
    assert {body["shipment_status"] for body in bodies} == {
        "pending",
        "label_purchased",
        "cancelled",
    }
    assert any(body["hold_until_date"] for body in bodies)
    assert max(Counter(body["shipment_number"] for body in bodies).values()) > 1
    labels = [account.entity("labels", i) for i in account.ids("labels")]
    assert {label["voided"] for label in labels} == {True, False}
    assert account.ids("fulfillments")
    statuses = {entry.body["status_code"] for entry in account.journal.of("tracking")}
    assert {"DE", "IT"} <= statuses
    assert account.stock.levels()


def test_everything_happened_inside_the_days_before_the_clock() -> None:
    account = make_account(shipments=120)
    end = of_moment(START)
    for entry in account.journal.of("shipments"):
        created, modified = entry.body["created_at"], entry.body["modified_at"]
        assert end - 30 * DAY <= to_micros(created) <= to_micros(modified) <= end
    for kind in ("labels", "tracking", "fulfillments"):
        assert all(entry.micros <= end for entry in account.journal.of(kind))


def test_a_label_comes_after_its_shipment_and_before_the_shipments_change() -> None:
    account = make_account(shipments=120)
    for label_id in account.ids("labels"):
        label = account.entity("labels", label_id)
        shipment = account.entity("shipments", label["shipment_id"])
        assert shipment["shipment_status"] == "label_purchased"
        bought = to_micros(label["created_at"])
        assert to_micros(shipment["created_at"]) < bought < to_micros(shipment["modified_at"])


def test_the_status_after_a_fulfillment_is_the_accounts_choice() -> None:
    account = make_account(Options(status_after_fulfillment="label_purchased"), shipments=120)
    ids = {account.entity("fulfillments", i)["shipment_id"] for i in account.ids("fulfillments")}
    assert {account.entity("shipments", i)["shipment_status"] for i in ids} == {"label_purchased"}


def test_ties_share_one_instant_and_nothing_else_changes() -> None:
    account = make_account(shipments=40)
    before = {i: account.entity("shipments", i) for i in account.ids("shipments")}
    at = START.add(minutes=5)
    tied = tie_block(account, 25, at)
    assert tied == account.ids("shipments")[:25]
    for shipment_id, old in before.items():
        expected = {**old, "modified_at": "2026-04-06T09:05:00Z"} if shipment_id in tied else old
        assert account.entity("shipments", shipment_id) == expected


def test_more_ties_than_shipments_are_refused() -> None:
    with pytest.raises(ValueError, match=r"50 shipments are wanted .* has 3$"):
        tie_block(make_account(shipments=3), 50)


def test_garbage_collection_is_on_again_afterwards() -> None:
    make_account(shipments=2)
    assert gc.isenabled()


def test_empty_shelves_make_an_empty_stock_list() -> None:
    account = Account(start=START)
    seed_account(account, shipments=5, units_per_shelf=0)
    assert account.stock.levels() == []


def test_a_seeded_account_starts_where_it_was_told(account: Account) -> None:
    assert account.clock.now() == START
