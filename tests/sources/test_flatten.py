"""Every value lands in its column with the right type, or in ``_extra``; none is lost, none is bent."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from shipsync.sources.flatten import flatten
from shipsync.sources.schema import ColumnKind
from shipsync.sources.sound import TOO_DEEP
from shipsync.sources.tables import TABLES
from shipsync.sources.tables.orders import SHIPMENT_ITEMS, SHIPMENTS
from shipsync.sources.tables.parcels import TRACKING_EVENTS

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)


def _row(table: Any = SHIPMENTS, **fields: Any) -> dict[str, Any]:
    """The one row that an object with ``fields`` becomes."""
    rows: list[dict[str, Any]] = flatten(table, [fields], ["hash"], NOW).table.to_pylist()
    return rows[0]


def _extra(row: dict[str, Any]) -> dict[str, Any]:
    return dict(json.loads(row["_extra"])) if row["_extra"] else {}


def test_each_kind_has_its_type() -> None:
    row = _row(
        shipment_id="se-1",
        zone=4,
        is_gift=True,
        amount_paid={"amount": 218.73, "currency": "usd"},
        created_at="2026-08-12T19:46:28.8Z",
        total_weight={"value": 18.0, "unit": "ounce"},
        tags=[{"name": "b"}],
        ship_to={"name": "Ada", "geolocation": None},
    )
    assert row["zone"] == 4
    assert row["is_gift"] is True
    assert row["amount_paid"] == Decimal("218.7300")
    assert row["amount_paid_currency"] == "usd"
    assert row["created_at"] == datetime(2026, 8, 12, 19, 46, 28, 800000, tzinfo=UTC)
    assert (row["total_weight_value"], row["total_weight_unit"]) == (18.0, "ounce")
    assert json.loads(row["tags"]) == [{"name": "b"}]
    assert row["ship_to_name"] == "Ada"
    assert row["_extra"] is None
    assert (row["content_hash"], row["observed_at"]) == ("hash", NOW)


@pytest.mark.parametrize(
    ("fields", "column", "path", "kept"),
    [
        ({"zone": "5a"}, "zone", "zone", "5a"),
        ({"zone": 5.5}, "zone", "zone", 5.5),
        ({"zone": True}, "zone", "zone", True),
        ({"zone": 2**63}, "zone", "zone", 2**63),
        ({"is_gift": "yes"}, "is_gift", "is_gift", "yes"),
        ({"service_code": {"a": 1}}, "service_code", "service_code", {"a": 1}),
        ({"service_code": False}, "service_code", "service_code", False),
        ({"created_at": "soon"}, "created_at", "created_at", "soon"),
        ({"created_at": 17}, "created_at", "created_at", 17),
        ({"amount_paid": {"amount": 1e15}}, "amount_paid", "amount_paid.amount", 1e15),
        ({"amount_paid": [9.5]}, "amount_paid", "amount_paid", [9.5]),
        ({"total_weight": {"value": "x"}}, "total_weight_value", "total_weight.value", "x"),
        ({"ship_to": "somewhere"}, "ship_to_name", "ship_to", "somewhere"),
        ({"ship_to": {"floor": 3}}, "ship_to_name", "ship_to.floor", 3),
        ({"brand_new": [1, {"a": None}]}, "zone", "brand_new", [1, {"a": None}]),
    ],
)
def test_what_does_not_fit_goes_to_extra_and_its_column_stays_empty(
    fields: dict[str, Any], column: str, path: str, kept: Any
) -> None:
    flat = flatten(SHIPMENTS, [fields], ["hash"], NOW)
    row = flat.table.to_pylist()[0]
    assert row[column] is None
    assert _extra(row) == {path: kept}
    assert flat.extras == {path: 1}
    assert flat.table.schema == SHIPMENTS.arrow_schema


@pytest.mark.parametrize(
    ("fields", "column", "value"),
    [
        ({"store_id": 2481946}, "store_id", "2481946"),
        ({"zone": 5.0}, "zone", 5),
        ({"total_weight": {"value": 18}}, "total_weight_value", 18.0),
        ({"amount_paid": {"amount": 5}}, "amount_paid", Decimal("5.0000")),
        ({"amount_paid": 9.5}, "amount_paid", Decimal("9.5000")),
        ({"amount_paid": [{"amount": "9.50"}]}, "amount_paid", Decimal("9.5000")),
        ({"total_weight": "18"}, "total_weight_value", 18.0),
        ({"Ship_To": {"NAME": "Ada"}}, "ship_to_name", "Ada"),
        ({"ZONE": "4"}, "zone", 4),
    ],
)
def test_the_same_value_written_otherwise_still_fits(
    fields: dict[str, Any], column: str, value: Any
) -> None:
    row = _row(**fields)
    assert row[column] == value
    assert row["_extra"] is None


def test_a_key_is_taken_for_another_only_where_one_alone_can_be_meant() -> None:
    row = _row(SHIP_TO={"name": "a"}, Ship_To={"name": "b"}, zone=4, Zone=5)
    assert (row["ship_to_name"], row["zone"]) == (None, 4)
    assert _extra(row) == {"SHIP_TO": {"name": "a"}, "Ship_To": {"name": "b"}, "Zone": 5}


def test_our_own_column_names_are_ordinary_unknown_keys_in_an_answer() -> None:
    names = ("is_removed", "content_hash", "observed_at", "_extra", "_dlt_load_id", "_dlt_valid_to")
    for table in (SHIPMENTS, SHIPMENT_ITEMS):
        row = _row(table, **dict.fromkeys(names, "theirs"))
        assert _extra(row) == dict.fromkeys(names, "theirs")
        assert row["content_hash"] == "hash"
        assert row.get("is_removed") is None


def test_what_no_store_can_hold_is_put_so_that_it_can() -> None:
    deep: Any = "bottom"
    for _ in range(600):
        deep = [deep]
    row = _row(
        tags=[{"name": "Ann \ud83d"}],
        items=deep,
        service_code="half \ude00 a character",
        zone=10**30,
        total_weight={"value": float("nan")},
        amount_paid={"amount": float("inf")},
        ship_date="9999-12-31T23:59:59.9999999-08:00",
        brand_new=float("-inf"),
    )
    assert json.loads(row["tags"]) == [{"name": "Ann \ufffd"}]
    assert TOO_DEEP in row["items"]
    assert row["service_code"] == "half \ufffd a character"
    assert _extra(row) == {
        "service_code": "half \ufffd a character",
        "zone": "1000000000000000000000000000000",
        "total_weight.value": "NaN",
        "amount_paid.amount": "Infinity",
        "ship_date": "9999-12-31T23:59:59.9999999-08:00",
        "brand_new": "-Infinity",
    }
    empty = ("zone", "total_weight_value", "amount_paid", "ship_date")
    assert [row[name] for name in empty] == [None] * 4


def test_one_bad_value_leaves_its_neighbours_alone() -> None:
    objects = [{"zone": 1}, {"zone": "five"}, {"zone": None}, {}, {"zone": 2}]
    rows = flatten(SHIPMENTS, objects, ["h"] * 5, NOW).table.to_pylist()
    assert [row["zone"] for row in rows] == [1, None, None, None, 2]
    assert [_extra(row) for row in rows] == [{}, {"zone": "five"}, {}, {}, {}]


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-08-12T19:46:28.1234567Z", datetime(2026, 8, 12, 19, 46, 28, 123456, tzinfo=UTC)),
        ("2026-08-12T12:47:30-07:00", datetime(2026, 8, 12, 19, 47, 30, tzinfo=UTC)),
        ("2026-08-12T12:47:30", datetime(2026, 8, 12, 12, 47, 30, tzinfo=UTC)),
        ("2026-08-12", datetime(2026, 8, 12, tzinfo=UTC)),
        ("", None),
        (None, None),
    ],
)
def test_times_as_carriers_write_them(text: str | None, instant: datetime | None) -> None:
    row = _row(created_at=text)
    assert row["created_at"] == instant
    assert row["_extra"] is None


def test_the_carriers_clock_is_kept_as_it_showed_and_as_it_was_written() -> None:
    row = _row(TRACKING_EVENTS, carrier_occurred_at="2026-08-12T12:47:30Z", label_id="se-1")
    assert row["carrier_occurred_at"] == datetime(2026, 8, 12, 12, 47, 30)  # noqa: DTZ001 - wall clock
    assert row["carrier_occurred_at_text"] == "2026-08-12T12:47:30Z"


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_no_objects_make_an_empty_table_of_the_same_schema(table: Any) -> None:
    flat = flatten(table, [], [], NOW)
    assert flat.table.num_rows == 0
    assert flat.table.schema == table.arrow_schema
    assert len({column.name for column in table.columns}) == len(table.columns)
    assert all(column.kind in ColumnKind for column in table.columns)
