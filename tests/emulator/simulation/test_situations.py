"""Thirty days hold every situation that a mirror of the account has to get right."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from emulator.conftest import make_account
from shipsync.emulator import Account, JournalEntry, Options
from shipsync.emulator.account.journal import Kind
from shipsync.emulator.simulation.actions import Action
from shipsync.emulator.simulation.simulation import Simulation
from shipsync.emulator.timestamps import to_micros
from shipsync.emulator.wallclock import DAY, SECOND

Versions = dict[str, list[JournalEntry]]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def simulated() -> Account:
    account = make_account(shipments=150)
    Simulation(account).run(30)
    return account


def versions(account: Account, kind: Kind) -> Versions:
    found: Versions = defaultdict(list)
    for entry in account.journal.of(kind):
        found[entry.entity_id].append(entry)
    return found


@pytest.fixture(scope="module")
def shipments(simulated: Account) -> Versions:
    return versions(simulated, "shipments")


@pytest.fixture(scope="module")
def labels(simulated: Account) -> Versions:
    return versions(simulated, "labels")


ORDINARY = set(Action) - {
    Action.MERGED,
    Action.DELETED,
    Action.RULES_RAN,
    Action.RETURN_LABELLED,
}
"""What happens without being switched on; ``test_vanishing`` has the others."""


@pytest.mark.parametrize("action", sorted(ORDINARY))
def test_every_action_is_done_in_thirty_days(simulated: Account, action: Action) -> None:
    assert any(entry.cause == action for entry in simulated.journal)


def without_stamp(entry: JournalEntry) -> dict[str, Any]:
    return {name: value for name, value in entry.body.items() if name != "modified_at"}


def changed(before: JournalEntry, after: JournalEntry) -> set[str]:
    old, new = before.body, after.body
    return {name for name in new if new[name] != old.get(name)}


def test_shipments_are_touched_without_any_other_change(shipments: Versions) -> None:
    touched = [
        after
        for entries in shipments.values()
        for before, after in pairwise(entries)
        if changed(before, after) == {"modified_at"}
    ]
    assert len(touched) > 50


def test_changes_are_taken_back_later(shipments: Versions) -> None:
    reverted = Counter(
        third.cause
        for entries in shipments.values()
        for first, second, third in zip(entries, entries[1:], entries[2:], strict=False)
        if without_stamp(first) == without_stamp(third) != without_stamp(second)
    )
    assert {Action.TAG_TAKEN_OFF, Action.QUANTITY_CHANGED_BACK, Action.NOTE_WIPED} <= set(reverted)


def test_shipments_change_twice_a_day_and_more(shipments: Versions) -> None:
    days = Counter(
        (shipment_id, entry.at.date())
        for shipment_id, entries in shipments.items()
        for entry in entries[1:]
    )
    assert sum(count >= 2 for count in days.values()) > 50
    assert max(days.values()) >= 3


def test_every_version_is_newer_than_the_one_before(shipments: Versions) -> None:
    for entries in shipments.values():
        stamps = [to_micros(entry.body["modified_at"]) for entry in entries]
        assert stamps == sorted(set(stamps))
        assert all(to_micros(entry.body["created_at"]) <= stamps[0] for entry in entries)


def test_many_shipments_share_an_instant(shipments: Versions) -> None:
    stamps = Counter(
        entry.body["modified_at"] for entries in shipments.values() for entry in entries
    )
    assert max(stamps.values()) >= 8


def test_a_shipment_sees_its_label_a_little_later(shipments: Versions, labels: Versions) -> None:
    bought = {
        entries[0].body["shipment_id"]: entries[0]
        for entries in labels.values()
        if entries[0].cause == Action.LABEL_BOUGHT
    }
    delays = [
        entry.micros - bought[shipment_id].micros
        for shipment_id, entries in shipments.items()
        for entry in entries
        if entry.cause == Action.SHIPMENT_SAW_ITS_LABEL and shipment_id in bought
    ]
    fresh = [delay for delay in delays if delay < 10 * SECOND]
    assert len(fresh) > 500
    assert min(fresh) >= 600_000


def test_a_shipment_has_at_most_one_live_label(simulated: Account) -> None:
    live: Counter[str] = Counter()
    state: dict[str, bool] = {}
    for entry in simulated.journal.of("labels"):
        body = entry.body
        now_live = not body["voided"]
        live[body["shipment_id"]] += now_live - state.get(entry.entity_id, False)
        state[entry.entity_id] = now_live
        assert live[body["shipment_id"]] <= 1


def test_a_return_label_names_the_way_out() -> None:
    account = make_account(shipments=0, options=Options(return_labels=True))
    Simulation(account).run(20)
    back = [
        body for entry in account.journal.of("labels") if (body := entry.body)["is_return_label"]
    ]
    assert len({body["label_id"] for body in back}) > 3
    for body in back:
        out = account.entity("labels", body["outbound_label_id"])
        assert (out["shipment_id"], out["is_return_label"]) == (body["shipment_id"], False)
        assert out["created_at"] < body["created_at"]


def test_some_shipments_hold_a_voided_and_a_live_label(labels: Versions) -> None:
    fates: dict[str, set[bool]] = defaultdict(set)
    for entries in labels.values():
        fates[entries[-1].body["shipment_id"]].add(entries[-1].body["voided"])
    assert sum(fate == {True, False} for fate in fates.values()) > 10


def test_voided_labels_say_when_and_get_no_more_scans(simulated: Account, labels: Versions) -> None:
    voided = {
        label_id: entry
        for label_id, entries in labels.items()
        for entry in entries
        if entry.cause == Action.LABEL_VOIDED
    }
    assert len(voided) > 20
    for entry in voided.values():
        assert (entry.body["status"], entry.body["voided"]) == ("voided", True)
        assert to_micros(entry.body["voided_at"]) == entry.micros
    scans = (entry for entry in simulated.journal.of("tracking") if entry.entity_id in voided)
    assert all(entry.sequence < voided[entry.entity_id].sequence for entry in scans)


def parcels(account: Account) -> Iterator[list[JournalEntry]]:
    yield from (entries for entries in versions(account, "tracking").values())


def test_parcels_travel_for_days_and_keep_their_history(simulated: Account) -> None:
    for entries in parcels(simulated):
        for before, after in pairwise(entries):
            told = {event["occurred_at"] for event in before.body["events"]}
            assert told <= {event["occurred_at"] for event in after.body["events"]}
    spans = [entries[-1].micros - entries[0].micros for entries in parcels(simulated)]
    assert sum(span > 3 * DAY for span in spans) > 200


def test_parcels_end_in_every_way(simulated: Account) -> None:
    last = [entries[-1] for entries in parcels(simulated)]
    old = [entry for entry in last if entry.at < simulated.clock.now() - timedelta(days=12)]
    heads = Counter(entry.body["status_code"] for entry in old)
    assert heads["DE"] > 200
    assert heads["NY"] > 2, "some are never scanned"
    assert heads["EX"] > 2, "some go back to the sender"
    assert heads["IT"] + heads["AC"] > 1, "some are lost on the way"
    behind = [{event["status_code"] for event in entry.body["events"]} for entry in last]
    assert any(codes >= {"EX", "DE"} for codes in behind)
    assert any(codes >= {"AT", "DE"} for codes in behind)


def test_a_delivered_parcel_shows_on_its_label_without_a_stamp(labels: Versions) -> None:
    quiet = [
        after
        for entries in labels.values()
        for before, after in pairwise(entries)
        if changed(before, after) == {"tracking_status"}
    ]
    assert len(quiet) > 300


def test_fulfillments_change_long_after_they_were_made(simulated: Account) -> None:
    seen: Counter[str] = Counter()
    for entries in versions(simulated, "fulfillments").values():
        made = to_micros(entries[0].body["created_at"])
        for before, after in pairwise(entries):
            for name in changed(before, after):
                seen[name] += 1
                if name == "delivered_at":
                    assert after.micros - made > DAY
    assert set(seen) == {
        "order_source_notified",
        "notification_error_message",
        "void_requested",
        "voided",
        "voided_at",
        "delivered_at",
    }


def test_fulfillments_are_voided_on_either_side_of_their_day(simulated: Account) -> None:
    for action, is_early in (
        (Action.VOIDED_BEFORE_ITS_DAY, True),
        (Action.VOIDED_AFTER_ITS_DAY, False),
    ):
        voided = [entry for entry in simulated.journal.of("fulfillments") if entry.cause == action]
        assert voided
        for entry in voided:
            assert (entry.micros < to_micros(entry.body["ship_date"])) is is_early


def test_stock_goes_to_nothing_by_sale_and_comes_back(simulated: Account) -> None:
    levels = versions(simulated, "inventory_levels")
    sold_out = {
        name
        for name, entries in levels.items()
        for entry in entries
        if entry.cause == Action.STOCK_SOLD and entry.body["on_hand"] == 0
    }
    back = {
        name
        for name in sold_out
        for before, after in pairwise(levels[name])
        if before.body["on_hand"] == 0 < after.body["on_hand"]
    }
    assert back
    assert all(entry.body["on_hand"] >= 0 for entries in levels.values() for entry in entries)


def test_what_is_allocated_is_what_waits_for_a_label(simulated: Account) -> None:
    waiting: Counter[str] = Counter()
    for shipment_id in simulated.ids("shipments"):
        body = simulated.entity("shipments", shipment_id)
        taken = (
            *simulated.parcels.labels_of(shipment_id),
            *simulated.parcels.fulfillments_of(shipment_id),
        )
        if body["shipment_status"] == "pending" and all(parcel["voided"] for parcel in taken):
            waiting.update({item["sku"]: item["quantity"] for item in body["items"]})
    allocated: Counter[str] = Counter()
    for entries in versions(simulated, "inventory_levels").values():
        allocated[entries[-1].body["sku"]] += entries[-1].body["allocated"]
    assert +allocated == +waiting


def test_slow_lists_gain_lose_and_rename(simulated: Account) -> None:
    tags = list(simulated.journal.of("tags"))
    assert any(entry.removed for entry in tags)
    renamed = versions(simulated, "inventory_locations")
    names = [{entry.body["name"] for entry in entries} for entries in renamed.values()]
    assert any(len(seen) > 1 for seen in names)
