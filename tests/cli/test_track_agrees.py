"""What `track` finds in the raw tables is what the models of the same run tell."""

from __future__ import annotations

from typing import Any

from cli.conftest import Demo
from shipsync.parcel_state import State
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
        assert (state == State.DELIVERED) <= (came == len(order.parcels)), order_id


def live(shipment: Any) -> list[Any]:
    """The parcels of a shipment that are neither voided nor returns."""
    return [p for p in shipment.parcels if not p.is_voided and not p.is_return]
