"""Raw tables that hold exactly the rows a test gives, without an account and without a sync."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import duckdb
import pyarrow as pa

from shipsync.sources.tables import TABLES
from shipsync.warehouse.ledger import migrate

Row = dict[str, Any]

MONDAY = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
TUESDAY = datetime(2026, 3, 3, 12, 0, tzinfo=UTC)
WEDNESDAY = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)

SHIPMENT: Row = {
    "shipment_id": "se-1",
    "shipment_number": "10452",
    "external_shipment_id": "shop-77",
    "external_order_id": "gid-5",
    "store_id": "se-9",
    "shipment_status": "label_purchased",
    "created_at": MONDAY,
    "observed_at": MONDAY,
}
LABEL: Row = {
    "label_id": "se-900",
    "shipment_id": "se-1",
    "status": "completed",
    "tracking_number": "1Z1",
    "carrier_code": "ups",
    "voided": False,
    "created_at": MONDAY,
}
STATE: Row = {
    "label_id": "se-900",
    "tracking_number": "1Z1",
    "status_code": "IT",
    "status_description": "In Transit",
    "estimated_delivery_date": WEDNESDAY,
    "estimated_delivery_date_text": "2026-03-04T12:00:00Z",
    "observed_at": TUESDAY,
}


def scan(event_key: str, occurred_at: datetime | None, description: str, **more: Any) -> Row:
    """An event of the label; its place's clock stands at 05:00 whatever the hour."""
    return {
        "label_id": "se-900",
        "event_key": event_key,
        "occurred_at": occurred_at,
        "carrier_occurred_at": occurred_at and occurred_at.replace(hour=5, tzinfo=None),
        "description": description,
        "city_locality": "Reno",
        **more,
    }


def hold(con: duckdb.DuckDBPyConnection, **rows: list[Row]) -> None:
    """Make every raw table, holding the given rows, and an empty ledger."""
    con.execute("create schema if not exists raw")
    valid = [("_dlt_valid_to", pa.timestamp("us", tz="UTC"))]
    for table in TABLES:
        schema = pa.schema([*table.arrow_schema, *(pa.field(*column) for column in valid)])
        content = pa.Table.from_pylist(rows.get(table.name, []), schema=schema)
        con.from_arrow(content).create(f"raw.{table.name}")
    migrate(con)
