"""Whole accounts of made-up parcels, and the captured answer, on the way from body to words."""

from __future__ import annotations

from pathlib import Path

import duckdb
import orjson
import pytest

from shipsync.emulator import Account
from shipsync.emulator.simulation.seed import seed_account
from shipsync.sync.parcel_state import ParcelState, state_of
from shipsync.tracking import Situation, find_order, find_orders, situation_of, told
from tracking.cases import Case, add_label, hold_cases, order

OVERLAID = {Situation.LATE, Situation.SILENT, Situation.NEVER_SCANNED, Situation.RETURNED}
"""Situations that time or earlier scans make of a state."""


@pytest.fixture(scope="module")
def account() -> Account:
    """An account with parcels of USPS, UPS and FedEx in every state, delays and returns among them."""
    account = Account(seed=11)
    seed_account(account, shipments=600)
    return account


@pytest.fixture(scope="module")
def whole(account: Account) -> duckdb.DuckDBPyConnection:
    """All of it in tables."""
    case = Case(
        shipments=[account.find("shipments", key) or {} for key in account.ids("shipments")],
        labels=[account.find("labels", key) or {} for key in account.ids("labels")],
        fulfillments=[
            account.find("fulfillments", key) or {} for key in account.ids("fulfillments")
        ],
        tracking={
            key: body for key in account.ids("labels") if (body := account.parcels.tracking_of(key))
        },
    )
    con = duckdb.connect()
    con.execute("set timezone = 'UTC'")
    hold_cases(con, [case], asked=account.clock.now())
    return con


def test_every_order_of_three_carriers_is_told_in_words_that_fit_its_state(
    account: Account, whole: duckdb.DuckDBPyConnection
) -> None:
    now = account.clock.now()
    numbers = {
        (account.find("shipments", key) or {})["shipment_number"]
        for key in account.ids("shipments")
    }
    batch = find_orders(whole, sorted(numbers))
    met: set[tuple[str | None, Situation]] = set()

    assert set(batch.orders) == numbers
    for found in batch.orders.values():
        answer = told(found, now)
        assert found.order_id in answer
        assert "None" not in answer
        for shipment in found.shipments:
            for parcel in shipment.under_way:
                situation = situation_of(shipment, parcel, now)
                met.add((parcel.carrier, situation))
                state = state_of(
                    parcel.status_code, parcel.status_detail_code, parcel.carrier_detail_code
                )
                if situation not in OVERLAID and not shipment.is_cancelled:
                    assert (situation == "delivered") == (state is ParcelState.DELIVERED)
                    assert (situation == "out_for_delivery") == (
                        state is ParcelState.OUT_FOR_DELIVERY
                    )
                    assert (situation == "in_transit") <= (state is ParcelState.IN_TRANSIT)

    carriers = {"stamps_com", "ups", "fedex_walleted"}
    for situation in ("delivered", "in_transit", "announced", "returning"):
        assert {carrier for carrier, met_as in met if met_as == situation} >= carriers, situation
    assert len({situation for _, situation in met}) >= 10


def test_the_captured_answer_of_a_parcel_without_scans_is_told(captures: Path) -> None:
    body = orjson.loads((captures / "tracking.get.usps.no_scans_yet.json").read_bytes())
    body.pop("_captured_at")
    case = order("captured")
    made = "2026-09-02T10:00:00Z"
    label = {"tracking_number": body["tracking_number"], "tracking": body, "created_at": made}
    add_label(case, "se-captured", "se-1", {**label, "tracking_url": body["tracking_url"]})
    con = duckdb.connect()
    con.execute("set timezone = 'UTC'")
    hold_cases(con, [case])
    found = find_order(con, body["tracking_number"])

    # NOW is before the label was made, so that nothing can be said of how long it takes.
    assert found.parcel is not None
    assert situation_of(found.shipments[0], found.parcel, found.parcel.created_at) is (
        Situation.ANNOUNCED
    )
    answer = told(found, found.parcel.created_at)
    assert answer.startswith(
        "A shipping label for your order captured was made on Wednesday 2 September; USPS has not "
        "reported having it yet."
    )
    assert "invalid" not in answer
