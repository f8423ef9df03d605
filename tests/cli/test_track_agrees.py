"""What `track` finds in the raw tables is what the models of the same run tell."""

from __future__ import annotations

from typing import Any

import pytest

from cli.conftest import Demo, Run
from shipsync.emulator import Account
from shipsync.sync.parcel_state import ParcelState
from shipsync.tracking import find_orders
from shipsync.warehouse.database import connect


def test_every_order_has_the_parcels_and_the_deliveries_that_the_models_count(demo: Demo) -> None:
    with connect(demo.database, read_only=True) as con:
        rows: list[Any] = con.execute(
            "select order_id, state, shipment_count, parcel_count, parcels_delivered "
            "from tracking.orders"
        ).fetchall()
        batch = find_orders(con, [order_id for order_id, *_ in rows])

    assert (batch.unknown, batch.ambiguous) == ((), {})
    for order_id, state, shipments, parcels, delivered in rows:
        order = batch.orders[order_id]
        # Boxes that nobody has asked for yet are one parcel here and several there.
        boxes = sum(max(len(parcel.boxes) - 1, 0) for parcel in order.parcels)
        spare = sum(len(live(s)) - len(s.under_way) for s in order.shipments if not s.is_cancelled)
        came = sum(parcel.status_code == "DE" for parcel in order.parcels)
        assert len(order.shipments) == shipments, order_id
        assert len(order.parcels) + boxes + spare == parcels, order_id
        assert came == delivered, order_id
        assert (state == ParcelState.DELIVERED) <= (came == len(order.parcels)), order_id


@pytest.mark.slow
def test_live_asks_the_account_and_the_next_question_needs_none(run: Run, account: Account) -> None:
    label = account.find("labels", account.ids("labels")[-1])
    assert label is not None

    asked = run("track", label["tracking_number"], "--live")
    requests = len(account.requests)
    held = run("track", label["tracking_number"])

    assert (asked.code, held.code) == (0, 0)
    assert requests > 0
    assert len(account.requests) == requests
    assert held.out == asked.out
    assert "Known as of" in asked.err


def live(shipment: Any) -> list[Any]:
    """The parcels of a shipment that are neither voided nor returns."""
    return [p for p in shipment.parcels if not p.is_voided and not p.is_return]
