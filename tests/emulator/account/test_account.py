"""The account without HTTP: its journal, ids, late changes."""

from __future__ import annotations

import pytest

from emulator.conftest import START, buy_label, client_of, make_account
from shipsync.emulator import Account, Options
from shipsync.emulator.account.orders import LiveLabelError


def test_the_journal_ends_with_what_is_served(account: Account) -> None:
    account.orders.change(account.ids("shipments")[0], notes_from_buyer="hello")
    account.orders.void_label(account.ids("labels")[0])
    with client_of(account) as client:
        for kind in ("shipments", "labels", "fulfillments"):
            served = client.get(f"/v2/{kind}", params={"page_size": 500}).json()[kind]
            id_field = f"{kind.removesuffix('s')}_id"
            latest = {key: entry.body for key, entry in account.journal.latest(kind).items()}
            assert {row[id_field]: row for row in served} == latest
        levels = client.get("/v2/inventory", params={"page_size": 500}).json()["inventory"]
        present = [entry.body for entry in account.journal.latest("inventory_levels").values()]
        key = ("sku", "inventory_location_id")
        assert {tuple(row[k] for k in key): row for row in levels} == {
            tuple(body[k] for k in key): body for body in present if body["on_hand"]
        }


def test_sequences_have_no_gap(account: Account) -> None:
    assert [entry.sequence for entry in account.journal] == list(range(1, len(account.journal) + 1))
    tail = list(account.journal.of("labels", after=len(account.journal) - 1))
    assert [entry.sequence for entry in tail] in ([], [len(account.journal)])


def test_a_change_is_always_later_than_the_version_before(account: Account) -> None:
    shipment_id = account.ids("shipments")[-1]
    account.orders.change(shipment_id, at=START)
    for _ in range(3):
        account.orders.change(shipment_id, notes_from_buyer="again")
    stamps = [entry.body["modified_at"] for entry in account.journal.of("shipments", shipment_id)]
    assert stamps[-4:] == [
        "2026-04-06T09:00:00Z",
        "2026-04-06T09:00:00.001Z",
        "2026-04-06T09:00:00.002Z",
        "2026-04-06T09:00:00.003Z",
    ]


def test_late_changes_show_when_their_time_has_come(account: Account) -> None:
    shipment_id = account.ids("shipments")[0]
    due = START.add(minutes=5)
    account.orders.commit_late(
        shipment_id, modified_at=START.add(minutes=1), visible_at=due, notes_from_buyer="late"
    )
    entries = len(account.journal)
    account.clock.move_to(due.subtract(seconds=1))
    with client_of(account) as client:
        client.get("/v2/tags")
        assert len(account.journal) == entries
        account.clock.move_to(due)
        client.get("/v2/tags")
    entry = account.journal[-1]
    assert (entry.entity_id, entry.at) == (shipment_id, due)
    assert entry.body["modified_at"] == "2026-04-06T09:01:00Z"


def test_a_late_change_never_goes_behind_the_version_held(account: Account) -> None:
    shipment_id = account.ids("shipments")[0]
    account.orders.change(shipment_id, at=START)
    account.orders.commit_late(
        shipment_id, modified_at=START.subtract(hours=1), notes_from_buyer="late"
    )
    body = account.entity("shipments", shipment_id)
    assert (body["notes_from_buyer"], body["modified_at"]) == ("late", "2026-04-06T09:00:00Z")


def test_what_is_put_again_unchanged_is_no_version(account: Account) -> None:
    label = account.entity("labels", account.ids("labels")[0])
    tracking = account.parcels.tracking_of(label["label_id"])
    assert tracking is not None
    tag = account.master_data.items("tags")[0]
    entries = len(account.journal)
    account.parcels.put_label(label)
    account.parcels.put_tracking(label["label_id"], tracking)
    account.master_data.put_tag(tag)
    account.stock.move("NONE", "se-1", delta=0)
    assert len(account.journal) == entries


def test_a_live_label_keeps_its_shipment(account: Account) -> None:
    shipment_id, label_id = buy_label(account)
    with pytest.raises(LiveLabelError):
        account.orders.cancel(shipment_id)
    account.orders.void_label(label_id)
    account.orders.cancel(shipment_id)
    account.orders.void_label(label_id)
    assert account.entity("shipments", shipment_id)["shipment_status"] == "cancelled"


def test_stock_never_goes_below_nothing(account: Account) -> None:
    row = account.stock.levels()[0]
    left = account.stock.move(row["sku"], row["inventory_location_id"], delta=-(10**6))
    assert left == 0
    assert row["sku"] not in [
        level["sku"]
        for level in account.stock.levels()
        if level["inventory_location_id"] == row["inventory_location_id"]
    ]


def test_unknown_entities_are_key_errors(account: Account) -> None:
    for call in (
        lambda: account.orders.change("se-404"),
        lambda: account.parcels.change_label("se-404"),
        lambda: account.parcels.change_fulfillment("se-404"),
        lambda: account.orders.commit_late("se-404", modified_at=START),
        lambda: account.master_data.remove("tags", "none"),
    ):
        with pytest.raises(KeyError):
            call()


def test_ids_depend_on_the_seed_alone() -> None:
    first, second = (make_account(shipments=20) for _ in range(2))
    with client_of(first) as client:
        client.get("/v2/nowhere")
    assert [first.numbers.new_id("labels"), first.numbers.new_id("batches")] == [
        second.numbers.new_id("labels"),
        second.numbers.new_id("batches"),
    ]
    uuids = [Account(seed=1, options=Options(inventory_ids="uuid")) for _ in range(2)]
    assert uuids[0].numbers.new_id("inventory_locations") == uuids[1].numbers.new_id(
        "inventory_locations"
    )
