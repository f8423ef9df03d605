"""What happens beside the ordinary: merges, deletions, rules that run after an import, mass ties."""

from __future__ import annotations

from collections import Counter

import pytest

from emulator.conftest import client_of, make_account
from shipsync.emulator import Account, Options
from shipsync.emulator.simulation.actions import Action
from shipsync.emulator.simulation.simulation import Simulation

DAYS = 9
OPTIONS = Options.observed(mass_ties=60, vanished_are_listed=False)


def simulated(options: Options = OPTIONS, steps: tuple[float, ...] = (DAYS,)) -> Account:
    account = make_account(options, shipments=80)
    simulation = Simulation(account, orders_per_day=20)
    for days in steps:
        simulation.run(days)
    return account


@pytest.fixture(scope="module")
def once() -> Account:
    return simulated()


def test_everything_observed_replays_in_whatever_steps(once: Account) -> None:
    assert list(simulated(steps=(0.5, 4.25, 4.25)).journal) == list(once.journal)


@pytest.mark.parametrize(
    ("options", "action"),
    [
        (Options(merges=True), Action.MERGED),
        (Options(deletions=True), Action.DELETED),
        (Options(rule_runs=True), Action.RULES_RAN),
    ],
    ids=["merges", "deletions", "rule_runs"],
)
def test_each_happens_only_where_it_is_switched_on(
    once: Account, options: Options, action: Action
) -> None:
    others = {Action.MERGED, Action.DELETED, Action.RULES_RAN} - {action}
    causes = {entry.cause for entry in simulated(options, (4,)).journal}
    assert action in causes
    assert not causes & others
    assert action in {entry.cause for entry in once.journal}


def test_what_is_gone_is_gone_within_a_quarter_of_an_hour(once: Account) -> None:
    gone = [entry for entry in once.journal.of("shipments") if entry.removed]
    assert {entry.cause for entry in gone} == {Action.MERGED, Action.DELETED}
    with client_of(once) as client:
        rows = client.get("/v2/shipments", params={"page_size": 500}).json()["shipments"]
        listed = {row["shipment_id"] for row in rows}
        for entry in gone:
            assert entry.entity_id not in listed
            answer = client.get(f"/v2/shipments/{entry.entity_id}")
            other = answer.status_code == 200 and answer.json()["shipment_id"]
            assert answer.status_code == 404 or other != entry.entity_id


def test_sent_and_waiting_shipments_are_deleted(once: Account) -> None:
    last: dict[str, str] = {}
    statuses = set()
    for entry in once.journal.of("shipments"):
        if entry.removed and entry.cause == Action.DELETED:
            statuses.add(last[entry.entity_id])
        elif not entry.removed:
            last[entry.entity_id] = entry.body["shipment_status"]
    assert "label_purchased" in statuses
    assert statuses & {"pending", "on_hold"}


def test_a_merged_order_leaves_its_items_to_another(once: Account) -> None:
    taken_up = [
        entry.body
        for entry in once.journal.of("shipments")
        if entry.cause == Action.MERGED and not entry.removed
    ]
    assert taken_up
    for body in taken_up:
        assert len(body["items"]) > 1
        assert len({item["item_id"] for item in body["items"]}) == len(body["items"])


def test_imports_change_again_four_to_five_minutes_later(once: Account) -> None:
    created = {}
    waits = []
    for entry in once.journal.of("shipments"):
        if entry.cause == Action.RULES_RAN:
            waits.append((entry.micros - created[entry.entity_id]) / 1_000_000)
        elif entry.cause.startswith("order came"):
            created[entry.entity_id] = entry.micros
    assert len(waits) > 0.5 * len(created)
    assert min(waits) >= 240
    assert max(waits) <= 300


def test_many_shipments_share_one_instant(once: Account) -> None:
    bodies = (once.entity("shipments", i) for i in once.ids("shipments"))
    instants = Counter(body["modified_at"] for body in bodies)
    assert instants.most_common(1)[0][1] >= 25


def test_a_release_gives_a_shipment_its_day_back(once: Account) -> None:
    for entry in once.journal.of("shipments"):
        if entry.cause == Action.HOLD_LIFTED:
            assert entry.body["shipment_status"] == "pending"
            assert entry.body["ship_date"] is not None
