"""A database with one order, its stock and its changes, as an assistant meets it."""

from __future__ import annotations

from pathlib import Path

import pytest

from shipsync.warehouse.database import connect
from tracking.stored_rows import LABEL, MONDAY, SHIPMENT, STATE, TUESDAY, hold, scan


@pytest.fixture(scope="session")
def held(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file; closed, so that it may be opened to read."""
    file = tmp_path_factory.mktemp("assistant") / "held.duckdb"
    with connect(file) as con:
        hold(
            con,
            shipments=[{**SHIPMENT, "ship_to_city_locality": "Reno", "ship_to_name": "Ada Buyer"}],
            shipment_items=[
                {"shipment_id": "se-1", "item_index": 0, "sku": "MUG-BLUE", "quantity": 2}
            ],
            products=[{"product_id": 7, "sku": "SOLD-OUT", "name": "Gone"}],
            labels=[LABEL],
            tracking=[STATE],
            tracking_events=[scan("a", MONDAY, "Departed"), scan("b", TUESDAY, "Arrived")],
            inventory_levels=[_level("se-990100", 5, 4), _level("se-990101", 2, 2)],
            inventory_locations=[
                {"inventory_location_id": "se-990100", "name": "Shelf", "created_at": MONDAY}
            ],
        )
        con.execute("create schema changes")
        con.execute(
            "create table changes.events as select n as sequence, 'new_shipment' as trigger, "
            "'se-' || n as entity_id, 'se-' || n as shipment_id, now() as occurred_at, "
            "now() as detected_at, false as is_touch, ['shipment_status'] as changed_fields, "
            'null::json as before, \'{"shipment_status": "pending"}\'::json as after, '
            "'event-' || n as event_id from range(1, 31) numbers(n)"
        )
    return file


def _level(location: str, on_hand: int, available: int) -> dict[str, object]:
    return {
        "sku": "MUG-BLUE",
        "inventory_location_id": location,
        "inventory_warehouse_id": "se-9",
        "on_hand": on_hand,
        "allocated": on_hand - available,
        "available": available,
    }
