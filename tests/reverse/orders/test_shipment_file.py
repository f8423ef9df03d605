"""Shipments from files: flat lines put together, and ShipStation's own object taken apart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import orjson
import pytest

from shipsync.errors import InputFileError
from shipsync.reverse.orders.shipment_file import GivenShipments, read_shipments
from shipsync.reverse.orders.shipment_row import read_shipment
from shipsync.reverse.plan.problems import InvalidRowError

HEADER = (
    "external_shipment_id,shipment_number,ship_to_name,ship_to_address_line1,ship_to_city_locality,"
    "ship_to_state_province,ship_to_postal_code,ship_to_country_code,warehouse_id,tags,amount_paid,"
    "amount_paid_currency,ship_date,item_sku,item_quantity,item_unit_price,package_number,"
    "package_weight,package_weight_unit,package_length,package_length_unit"
)
LINES = """
W-1,100,Ada Lowe,1 Elm St,Austin,TX,78701,us,se-2,vip; gift,45.50,USD,2026-03-04,MUG,2,12.5,1,14,ounce,9,inch
W-1,,,,,,,,,,,,,TEE,1,20,2,1.5,pound,,
W-2,101,Bo Reed,2 Oak Ave,Boise,ID,83702,US,se-2,,,,,MUG,1.0,,,,,,
"""
NESTED: dict[str, Any] = {
    "external_shipment_id": "W-1",
    "shipment_number": "100",
    "ship_to": {
        "name": "Ada Lowe",
        "address_line1": "1 Elm St",
        "city_locality": "Austin",
        "state_province": "TX",
        "postal_code": "78701",
        "country_code": "US",
        "address_residential_indicator": "unknown",
    },
    "warehouse_id": "se-2",
    "tags": [{"name": "vip"}, {"name": "gift"}],
    "amount_paid": {"amount": 45.5, "currency": "usd"},
    "ship_date": "2026-03-04T00:00:00Z",
    "items": [
        {"sku": "MUG", "quantity": 2, "unit_price": 12.5},
        {"sku": "TEE", "quantity": 1, "unit_price": 20.0},
    ],
    "packages": [
        {
            "weight": {"value": 14.0, "unit": "ounce"},
            "dimensions": {"unit": "inch", "length": 9.0, "width": 0, "height": 0},
        },
        {"weight": {"value": 1.5, "unit": "pound"}},
    ],
}


def read(path: Path, text: str | bytes) -> GivenShipments:
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    with duckdb.connect() as con:
        return read_shipments(con, path)


def bodies(found: GivenShipments) -> list[dict[str, object]]:
    return [read_shipment(shipment) for shipment in found.shipments]


def test_lines_with_one_id_are_one_shipment(tmp_path: Path) -> None:
    found = read(tmp_path / "o.csv", HEADER + LINES)
    assert [shipment.line for shipment in found.shipments] == [2, 4]
    first, second = bodies(found)
    assert first == NESTED
    assert second["items"] == [{"sku": "MUG", "quantity": 1}]
    assert "packages" not in second


def test_the_vendors_object_comes_out_as_it_went_in(tmp_path: Path) -> None:
    customs = {"contents": "gift", "customs_items": [{"value": {"amount": 5, "currency": "usd"}}]}
    given = {**NESTED, "customs": customs, "is_gift": True}
    found = read(tmp_path / "o.jsonl", orjson.dumps(given))
    assert bodies(found) == [given]
    assert found.ignored_columns == ()


def test_flat_and_nested_lines_may_stand_in_one_file(tmp_path: Path) -> None:
    flat = dict(zip(HEADER.split(","), LINES.strip().splitlines()[2].split(","), strict=True))
    lines = [orjson.dumps({**flat, "item_quantity": 1}), orjson.dumps(NESTED)]
    found = read(tmp_path / "o.jsonl", b"\n".join(lines))
    assert [body["external_shipment_id"] for body in bodies(found)] == ["W-2", "W-1"]


def test_parquet_is_read_as_csv_is(tmp_path: Path) -> None:
    csv, parquet = tmp_path / "o.csv", tmp_path / "o.parquet"
    expected = bodies(read(csv, HEADER + LINES))
    with duckdb.connect() as con:
        con.read_csv(str(csv), all_varchar=True).write_parquet(str(parquet))
        assert bodies(read_shipments(con, parquet)) == expected


def test_the_same_contents_get_the_same_id(tmp_path: Path) -> None:
    without = {name: value for name, value in NESTED.items() if name != "external_shipment_id"}
    [one] = bodies(read(tmp_path / "o.jsonl", orjson.dumps(without)))
    [other] = bodies(read(tmp_path / "p.jsonl", orjson.dumps(dict(reversed(without.items())))))
    [third] = bodies(read(tmp_path / "q.jsonl", orjson.dumps({**without, "shipment_number": "2"})))
    assert one["external_shipment_id"] == other["external_shipment_id"]
    assert str(one["external_shipment_id"]).startswith("auto-")
    assert third["external_shipment_id"] != one["external_shipment_id"]


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("o.csv", "external_shipment_id\nW-1\n", "has no column ship_to_name"),
        (
            "o.csv",
            HEADER.replace("ship_to_name", "shipto_name") + LINES,
            "has no column ship_to_name",
        ),
        ("o.csv", HEADER.replace("tags", "tag") + LINES, "did you mean 'tags'"),
        ("o.jsonl", '{"items": {"sku": "A"}}', "holds no list of objects in 'items' on line 1"),
        ("o.jsonl", '{"ship_to": {"name": ["A"]}}', "no plain text or number in 'ship_to_name'"),
        ("o.jsonl", "[1]", "holds no object on line 1"),
        ("o.jsonl", "\n", "holds no rows"),
    ],
)
def test_a_file_that_cannot_be_meant_is_refused_whole(
    tmp_path: Path, name: str, text: str, sentence: str
) -> None:
    with pytest.raises(InputFileError, match=sentence):
        read(tmp_path / name, text)


def test_a_box_that_contradicts_itself_is_refused(tmp_path: Path) -> None:
    lines = LINES.replace(",2,1.5,pound", ",1,1.5,pound")
    first, _ = read(tmp_path / "o.csv", HEADER + lines).shipments
    with pytest.raises(InvalidRowError, match="package_weight is '14' on line 2"):
        read_shipment(first)
