"""Answers as the production API gave them go through the whole sync, typed and with no field lost.

The captures are read where the shared facts are present; bodies of the same shape, made up, always.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from sync.served_bodies import BODIES, synced


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(inner, f"{path}.{key}")
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner, path)
    elif value not in (None, ""):
        yield path, value


def _all_values(con: duckdb.DuckDBPyConnection, table: str) -> set[str]:
    """Every value that stands anywhere in a table, leaves of JSON columns included, as texts."""
    found: set[str] = set()
    for row in con.table(table).to_arrow_table().to_pylist():
        for value in row.values():
            found.add(_as_text(value))
            if isinstance(value, str) and value[:1] in ("{", "["):
                found.update(_as_text(leaf) for _, leaf in _leaves(json.loads(value)))
    return found


def _as_text(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return str(value)
    if isinstance(value, int | float | Decimal):
        return str(float(value))
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return value
    if isinstance(value, datetime):
        return (
            (value.replace(tzinfo=UTC) if value.tzinfo is None else value)
            .astimezone(UTC)
            .isoformat()
        )
    return str(value)


def _check(
    con: duckdb.DuckDBPyConnection, bodies: dict[str, Any], tracking: dict[str, Any]
) -> None:
    for name, body in bodies.items():
        held = _all_values(con, f"raw.{name}")
        lost = [
            leaf for item in body[name] for leaf in _leaves(item) if _as_text(leaf[1]) not in held
        ]
        assert lost == []
        assert con.table(f"raw.{name}").aggregate("count(*)").fetchone() == (len(body[name]),)
    held = _all_values(con, "raw.tracking") | _all_values(con, "raw.tracking_events")
    assert [leaf for leaf in _leaves(tracking) if _as_text(leaf[1]) not in held] == []


def test_made_up_bodies_land_whole(tmp_path: Path) -> None:
    names = ("shipments", "labels", "fulfillments")
    bodies = {name: json.loads((BODIES / f"{name}.json").read_text()) for name in names}
    tracking = json.loads((BODIES / "tracking.json").read_text())
    con = synced(tmp_path, bodies, tracking)
    _check(con, bodies, tracking)
    extras = con.sql("select count(_extra) from raw.shipments").fetchone()
    assert extras == (0,)
    con.close()


@pytest.fixture
def captured(
    tmp_path: Path, captures: Path
) -> Iterator[tuple[duckdb.DuckDBPyConnection, Any, Any]]:
    names = {
        "shipments": "shipments.list.single.json",
        "labels": "labels.list.single.json",
        "fulfillments": "fulfillments.list.external.json",
    }
    bodies = {name: json.loads((captures / file).read_text()) for name, file in names.items()}
    tracking = json.loads((captures / "tracking.get.usps.no_scans_yet.json").read_text())
    con = synced(tmp_path, bodies, tracking)
    yield con, bodies, tracking
    con.close()


def test_the_production_captures_land_whole(
    captured: tuple[duckdb.DuckDBPyConnection, Any, Any],
) -> None:
    con, bodies, tracking = captured
    _check(con, bodies, tracking)
    for name in bodies:
        assert con.sql(f"select count(_extra) from raw.{name}").fetchone() == (0,)  # noqa: S608


def test_the_production_captures_have_the_right_types(
    captured: tuple[duckdb.DuckDBPyConnection, Any, Any],
) -> None:
    con, _, _ = captured
    shipment = con.sql(
        "select shipment_number, created_at, ship_date, amount_paid, amount_paid_currency, is_gift, zone,"
        " total_weight_value, items->0->>'sku' from raw.shipments"
    ).fetchone()
    assert shipment == (
        "LW-TEST1",
        datetime(2026, 8, 12, 19, 44, 39, 447000, tzinfo=UTC),
        datetime(2026, 8, 12, tzinfo=UTC),
        Decimal("218.7300"),
        "usd",
        True,
        1,
        18.0,
        "TEST-BST",
    )
    item = con.sql("select sku, quantity, unit_price from raw.shipment_items").fetchone()
    assert item == ("TEST-BST", 1, Decimal("99.9900"))
    label = con.sql("select shipment_cost, voided, created_at from raw.labels").fetchone()
    assert label == (
        Decimal("21.9600"),
        False,
        datetime(2026, 8, 12, 19, 46, 28, 800000, tzinfo=UTC),
    )
    package = con.sql(
        "select package_id, sequence, dimensions_length from raw.label_packages"
    ).fetchone()
    assert package == (147972534, 1, 10.0)
    assert con.sql("select status_code, event_count from raw.tracking").fetchone() == ("NY", 0)
