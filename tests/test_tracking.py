"""Where is my order, asked of raw tables that hold the cases one at a time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from shipsync.errors import DatabaseError, UnknownOrder
from shipsync.sources.tables import TABLES
from shipsync.tracking import Order, answer, track
from shipsync.warehouse.database import connect

Row = dict[str, Any]

MONDAY = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
TUESDAY = datetime(2026, 3, 3, 12, 0, tzinfo=UTC)
WEDNESDAY = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)

SHIPMENT: Row = {
    "shipment_id": "se-1",
    "shipment_number": "10452",
    "external_shipment_id": "shop-77",
    "external_order_id": "gid-5",
    "shipment_status": "label_purchased",
    "created_at": MONDAY,
}
LABEL: Row = {
    "label_id": "se-900",
    "shipment_id": "se-1",
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
    "observed_at": TUESDAY,
}


def scan(event_key: str, occurred_at: datetime | None, description: str) -> Row:
    return {
        "label_id": "se-900",
        "event_key": event_key,
        "occurred_at": occurred_at,
        "carrier_occurred_at": occurred_at and occurred_at.replace(hour=5, tzinfo=None),
        "description": description,
        "city_locality": "Reno",
    }


@pytest.fixture
def database(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with connect(tmp_path / "held.duckdb") as con:
        con.execute("create schema raw")
        yield con


def hold(con: duckdb.DuckDBPyConnection, **rows: list[Row]) -> None:
    """Make every raw table, holding the given rows."""
    valid = [("_dlt_valid_to", pa.timestamp("us", tz="UTC"))]
    for table in TABLES:
        schema = pa.schema([*table.arrow_schema, *(pa.field(*column) for column in valid)])
        content = pa.Table.from_pylist(rows.get(table.name, []), schema=schema)
        con.from_arrow(content).create(f"raw.{table.name}")


@pytest.mark.parametrize(
    "reference",
    ["10452", "#10452", " 10452 ", "se-1", "shop-77", "gid-5", "so-1", "1Z1", "1Z1-box2"],
)
def test_every_reference_of_an_order_finds_it(
    database: duckdb.DuckDBPyConnection, reference: str
) -> None:
    hold(
        database,
        shipments=[SHIPMENT, {"shipment_id": "se-2", "shipment_number": "3", "created_at": MONDAY}],
        shipment_items=[{"shipment_id": "se-1", "sales_order_id": "so-1"}],
        labels=[LABEL],
        label_packages=[{"label_id": "se-900", "tracking_number": "1Z1-box2"}],
    )

    order = track(database, reference)

    assert [shipment.shipment_id for shipment in order.shipments] == ["se-1"]
    assert order.order_id == "10452"


def test_a_number_that_really_begins_with_a_hash_is_found_as_it_is(
    database: duckdb.DuckDBPyConnection,
) -> None:
    hold(
        database,
        shipments=[
            {**SHIPMENT, "shipment_id": "se-1", "shipment_number": "#10"},
            {**SHIPMENT, "shipment_id": "se-2", "shipment_number": "10"},
        ],
    )

    assert track(database, "#10").shipments[0].shipment_id == "se-1"


def test_a_split_order_is_one_order_with_a_shipment_for_each_part(
    database: duckdb.DuckDBPyConnection,
) -> None:
    hold(database, shipments=[{**SHIPMENT, "shipment_id": "se-2", "created_at": TUESDAY}, SHIPMENT])

    assert [s.shipment_id for s in track(database, "10452").shipments] == ["se-1", "se-2"]


def test_events_stand_newest_first_and_undated_ones_last(
    database: duckdb.DuckDBPyConnection,
) -> None:
    events = [scan("a", MONDAY, "first"), scan("b", None, "undated"), scan("c", TUESDAY, "second")]
    hold(database, shipments=[SHIPMENT], labels=[LABEL], tracking=[STATE], tracking_events=events)

    parcel = track(database, "10452").parcel

    assert parcel is not None
    assert [event.description for event in parcel.events] == ["second", "first", "undated"]
    assert (parcel.status_code, parcel.carrier, parcel.known_at) == ("IT", "ups", TUESDAY)


def test_only_current_versions_count(database: duckdb.DuckDBPyConnection) -> None:
    hold(
        database,
        shipments=[
            {**SHIPMENT, "shipment_status": "pending", "_dlt_valid_to": TUESDAY},
            SHIPMENT,
            {**SHIPMENT, "shipment_id": "se-3", "_dlt_valid_to": TUESDAY},
        ],
        labels=[LABEL, {**LABEL, "tracking_number": "OLD", "_dlt_valid_to": TUESDAY}],
        tracking=[{**STATE, "status_code": "AC", "_dlt_valid_to": TUESDAY}, STATE],
    )

    order = track(database, "10452")

    assert [s.shipment_status for s in order.shipments] == ["label_purchased"]
    assert [p.status_code for p in order.shipments[0].parcels] == ["IT"]
    with pytest.raises(UnknownOrder):
        track(database, "OLD")


def test_a_reprinted_label_stands_before_the_voided_one(
    database: duckdb.DuckDBPyConnection,
) -> None:
    voided = {**LABEL, "label_id": "se-901", "voided": True, "created_at": TUESDAY}
    hold(database, shipments=[SHIPMENT], labels=[voided, LABEL])

    order = track(database, "10452")

    assert [p.label_id for p in order.shipments[0].parcels] == ["se-900", "se-901"]
    assert order.parcel is not None
    assert order.parcel.label_id == "se-900"


def test_an_order_whose_only_label_is_voided_has_no_parcel(
    database: duckdb.DuckDBPyConnection,
) -> None:
    hold(database, shipments=[SHIPMENT], labels=[{**LABEL, "voided": True}])

    assert track(database, "10452").parcel is None


def test_a_fulfillment_without_a_label_is_a_parcel_and_one_with_a_label_is_not_another(
    database: duckdb.DuckDBPyConnection,
) -> None:
    elsewhere = {
        "fulfillment_id": "se-f1",
        "shipment_id": "se-1",
        "tracking_number": "JD01",
        "fulfillment_carrier_friendly_name": "DHL",
        "created_at": TUESDAY,
        "delivered_at": WEDNESDAY,
    }
    same = {**elsewhere, "fulfillment_id": "se-f2", "tracking_number": "1Z1"}
    hold(database, shipments=[SHIPMENT], labels=[LABEL], fulfillments=[elsewhere, same])

    parcels = track(database, "JD01").shipments[0].parcels

    assert [(p.tracking_number, p.label_id) for p in parcels] == [("JD01", None), ("1Z1", "se-900")]
    assert parcels[0].status_description == "Delivered"
    assert parcels[0].actual_delivery_date == WEDNESDAY


def test_the_answer_has_the_structure_support_tools_read(
    database: duckdb.DuckDBPyConnection,
) -> None:
    hold(
        database,
        shipments=[SHIPMENT],
        labels=[LABEL],
        tracking=[STATE],
        tracking_events=[scan("a", MONDAY, "Departed")],
    )

    told: Any = answer(track(database, "10452"))["shipstation"]

    assert told["order_id"] == "10452"
    assert list(told["tracking"]) == [
        "tracking_number",
        "tracking_url",
        "status_description",
        "carrier_status_description",
        "ship_date",
        "actual_delivery_date",
        "events",
    ]
    assert list(told["tracking"]["events"][0]) == [
        "carrier_occurred_at",
        "description",
        "city_locality",
        "state_province",
        "postal_code",
        "carrier_status_description",
    ]
    assert told["tracking"]["events"][0]["carrier_occurred_at"] == MONDAY.replace(
        hour=5, tzinfo=None
    )
    assert told["estimated_delivery_date"] == WEDNESDAY
    assert told["shipments"][0]["tracking"] == [told["tracking"]]


def test_an_order_that_has_not_left_is_answered_without_tracking() -> None:
    assert answer(Order("10452", ()))["shipstation"] == {
        "order_id": "10452",
        "tracking": None,
        "carrier": None,
        "estimated_delivery_date": None,
        "exception_description": None,
        "shipments": [],
    }


def test_an_unknown_reference_is_said_with_the_reference(
    database: duckdb.DuckDBPyConnection,
) -> None:
    hold(database)

    with pytest.raises(UnknownOrder, match=r"'nowhere'.*shipsync sync"):
        track(database, "nowhere")


def test_a_database_that_was_never_synced_says_so(database: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(DatabaseError, match="shipsync run"):
        track(database, "10452")
