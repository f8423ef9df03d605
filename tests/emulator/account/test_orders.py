"""Orders: held and released, tagged, merged, deleted."""

from __future__ import annotations

from typing import Any

import pytest

from emulator.conftest import START, client_of, make_account
from shipsync.emulator import Account, Fault, FaultKind, Options
from shipsync.emulator.timestamps import to_micros

HOLD = "2026-04-09T07:00:00Z"


def pending(account: Account) -> list[str]:
    waiting = [account.entity("shipments", i) for i in account.ids("shipments")]
    return [body["shipment_id"] for body in waiting if body["shipment_status"] == "pending"]


@pytest.mark.parametrize(("says", "status"), [("on_hold", "on_hold"), ("pending", "pending")])
def test_a_held_shipment_says_so_and_its_release_is_a_change(says: Any, status: str) -> None:
    account = make_account(Options(hold_status=says))
    shipment_id = next(i for i in pending(account))
    before = account.orders.change(shipment_id, hold_until_date=None)
    held = account.orders.change(shipment_id, hold_until_date=HOLD)
    released = account.orders.change(shipment_id, hold_until_date=None)
    assert [body["shipment_status"] for body in (before, held, released)] == [
        "pending",
        status,
        "pending",
    ]
    changed = [to_micros(body["modified_at"]) for body in (before, held, released)]
    assert changed == sorted(set(changed))


def test_on_hold_and_a_hold_date_go_together_in_everything_that_was_seeded() -> None:
    account = make_account(Options(hold_status="on_hold"), shipments=120)
    bodies = [account.entity("shipments", i) for i in account.ids("shipments")]
    on_hold = [body for body in bodies if body["shipment_status"] == "on_hold"]
    assert on_hold
    assert on_hold == [body for body in bodies if body["hold_until_date"] is not None]


@pytest.mark.parametrize("moves", [True, False])
def test_a_change_of_tags_alone_may_leave_modified_at(moves: bool) -> None:
    account = make_account(Options(tags_move_modified=moves))
    shipment_id = pending(account)[0]
    before = account.entity("shipments", shipment_id)
    tagged = account.orders.change(shipment_id, tags=[{"name": "wholesale"}])
    assert (to_micros(tagged["modified_at"]) > to_micros(before["modified_at"])) is moves
    assert account.journal[-1].body["tags"] == [{"name": "wholesale"}]
    assert account.journal[-1].at >= START
    with_note = account.orders.change(shipment_id, tags=[], internal_notes="x")
    assert to_micros(with_note["modified_at"]) > to_micros(tagged["modified_at"])


@pytest.mark.parametrize("answer", ["not_found", "survivor"])
def test_a_merged_shipment_is_gone_a_while_later(answer: Any) -> None:
    account = make_account(Options(merged_shipment=answer))
    first, second = pending(account)[:2]
    merged = account.entity("shipments", second)
    items = [*account.entity("shipments", first)["items"], *merged["items"]]
    account.orders.merge(second, into=first, visible_at=START.add(minutes=15), items=items)
    with client_of(account) as client:
        path = f"/v2/shipments/{second}"
        assert client.get(path).json() == merged
        assert account.entity("shipments", first)["items"] == items
        account.clock.advance(minutes=15)
        gone = client.get(path)
        listed = client.get("/v2/shipments", params={"page_size": 500}).json()
        cancelled = client.put(f"{path}/cancel")
    if answer == "not_found":
        assert gone.status_code == 404
    else:
        assert gone.json()["shipment_id"] == first
    assert cancelled.status_code == 404
    assert second not in {row["shipment_id"] for row in listed["shipments"]}
    assert listed["total"] == len(account.ids("shipments")) == 59
    assert account.journal[-1].removed
    assert account.find("shipments", second) is None


def test_what_took_up_another_may_be_merged_in_its_turn() -> None:
    account = make_account(Options(merged_shipment="survivor"))
    first, second, third = pending(account)[:3]
    account.orders.merge(third, into=second)
    account.orders.merge(second, into=first)
    with client_of(account) as client:
        assert client.get(f"/v2/shipments/{third}").json()["shipment_id"] == first
        account.orders.delete(first)
        assert client.get(f"/v2/shipments/{third}").status_code == 404


@pytest.mark.parametrize("listed", [True, False])
def test_a_deleted_shipment_is_found_by_no_id_and_may_still_be_listed(listed: bool) -> None:
    account = make_account(Options(vanished_are_listed=listed))
    victim = pending(account)[0]
    account.orders.change(victim, external_shipment_id="W-1")
    account.orders.commit_late(victim, modified_at=START, visible_at=START.add(hours=1), zone=4)
    account.orders.delete(victim)
    account.clock.advance(hours=2)
    with client_of(account) as client:
        assert client.get(f"/v2/shipments/{victim}").status_code == 404
        assert client.get("/v2/shipments/external_shipment_id/W-1").status_code == 404
        rows = client.get("/v2/shipments", params={"page_size": 500}).json()["shipments"]
        account.faults.add(Fault(FaultKind.DRIFT, rows=80), Fault(FaultKind.LATE_COMMIT, rows=80))
        assert client.get("/v2/shipments").status_code == 200
    assert (victim in {row["shipment_id"] for row in rows}) is listed
    assert victim not in account.ids("shipments")
    with pytest.raises(KeyError):
        account.orders.change(victim, zone=5)
