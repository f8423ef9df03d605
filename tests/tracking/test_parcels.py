"""What counts as a parcel of an order, and what is known of it, in raw tables made for each case."""

from __future__ import annotations

import duckdb
import pytest

from shipsync.errors import UnknownOrder
from shipsync.tracking import find_order
from tracking.stored_rows import LABEL, MONDAY, SHIPMENT, STATE, TUESDAY, WEDNESDAY, hold, scan


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

    order = find_order(database, "10452")

    assert [s.shipment_status for s in order.shipments] == ["label_purchased"]
    assert [p.status_code for p in order.shipments[0].parcels] == ["IT"]
    with pytest.raises(UnknownOrder):
        find_order(database, "OLD")


def test_a_reprinted_label_stands_before_the_voided_one(
    database: duckdb.DuckDBPyConnection,
) -> None:
    voided = {**LABEL, "label_id": "se-901", "voided": True, "created_at": TUESDAY}
    hold(database, shipments=[SHIPMENT], labels=[voided, LABEL])

    order = find_order(database, "10452")

    assert [p.label_id for p in order.shipments[0].parcels] == ["se-900", "se-901"]
    assert order.parcel is not None
    assert order.parcel.label_id == "se-900"


def test_an_order_whose_only_label_is_voided_has_no_parcel(
    database: duckdb.DuckDBPyConnection,
) -> None:
    hold(database, shipments=[SHIPMENT], labels=[{**LABEL, "voided": True}])

    assert find_order(database, "10452").parcel is None


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

    parcels = find_order(database, "JD01").shipments[0].parcels

    assert [(p.tracking_number, p.label_id) for p in parcels] == [("JD01", None), ("1Z1", "se-900")]
    assert parcels[0].status_description == "Delivered"
    assert parcels[0].actual_delivery_date == WEDNESDAY


def test_a_return_label_is_no_parcel_of_the_order(database: duckdb.DuckDBPyConnection) -> None:
    back = {**LABEL, "label_id": "se-901", "tracking_number": "1Z9", "is_return_label": True}
    hold(database, shipments=[SHIPMENT], labels=[LABEL, back])

    assert [p.label_id for p in find_order(database, "10452").parcels] == ["se-900"]


def test_a_label_that_nobody_scanned_is_a_spare_and_a_box_or_a_fulfillment_is_not(
    database: duckdb.DuckDBPyConnection,
) -> None:
    spare = {**LABEL, "label_id": "se-901", "tracking_number": "1Z9", "created_at": TUESDAY}
    boxes = [{"label_id": "se-900", "tracking_number": number} for number in ("1Z1", "1Z1b")]
    second = {**STATE, "label_id": "se-900/1Z1b", "tracking_number": "1Z1b", "status_code": "NY"}
    elsewhere = {
        "fulfillment_id": "se-f1",
        "shipment_id": "se-1",
        "tracking_number": "JD01",
        "created_at": MONDAY,
    }
    hold(
        database,
        shipments=[SHIPMENT],
        labels=[LABEL, spare],
        label_packages=boxes,
        tracking=[STATE, second],
        tracking_events=[scan("a", MONDAY, "Departed")],
        fulfillments=[elsewhere],
    )

    order = find_order(database, "10452")

    assert {p.tracking_number for p in order.parcels} == {"1Z1", "1Z1b", "JD01"}
    assert len(order.shipments[0].parcels) == 4


def test_a_scan_told_twice_counts_once(database: duckdb.DuckDBPyConnection) -> None:
    first = scan("b", MONDAY, "Departed", event_code="T1", observed_at=MONDAY)
    again = {**first, "event_key": "a", "city_locality": None, "observed_at": TUESDAY}
    hold(
        database,
        shipments=[SHIPMENT],
        labels=[LABEL],
        tracking=[STATE],
        tracking_events=[again, first],
    )

    events = find_order(database, "10452").parcels[0].events

    assert [event.city_locality for event in events] == ["Reno"]


def test_a_time_without_a_zone_stays_without_one(database: duckdb.DuckDBPyConnection) -> None:
    state = {**STATE, "estimated_delivery_date_text": "2026-03-04T12:00:00"}
    hold(database, shipments=[SHIPMENT], labels=[LABEL], tracking=[state])

    parcel = find_order(database, "10452").parcels[0]

    assert parcel.estimated_delivery_date == WEDNESDAY.replace(tzinfo=None)
