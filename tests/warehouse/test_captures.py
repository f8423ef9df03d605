"""Answers as the production API gave them go through the whole sync, typed and with no field lost.

The captures are read where the shared facts are present; bodies of the same shape, made up, always.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import httpx
import pytest

from shipsync.api.session import Session
from shipsync.clock import JumpingPacing
from shipsync.connection import Connection, Secret
from shipsync.warehouse import database, ledger, models
from shipsync.warehouse.sync import run_sync

BODIES = Path(__file__).parents[1] / "sources" / "bodies"
EMPTY = {
    "total": 0,
    "page": 1,
    "pages": 0,
    "links": {"first": {}, "last": {}, "prev": {}, "next": {}},
}
LISTS = {
    "/v2/shipments": "shipments",
    "/v2/labels": "labels",
    "/v2/fulfillments": "fulfillments",
    "/v2/inventory": "inventory",
    "/v2/inventory_warehouses": "inventory_warehouses",
    "/v2/inventory_locations": "inventory_locations",
    "/v2/warehouses": "warehouses",
    "/v2/products": "products",
    "/v2/carriers": "carriers",
    "/v2/tags": "tags",
}


def _sync(folder: Path, bodies: dict[str, Any], tracking: Any) -> duckdb.DuckDBPyConnection:
    """A database that has read an account which answers with ``bodies``, as they are.

    ``tracking`` is told of every label, or of each its own, by its id.
    """

    def answer(request: httpx.Request) -> httpx.Response:
        path = request.url.path
        headers = {"date": "Thu, 01 Oct 2026 00:00:00 GMT"}
        if path.endswith("/track"):
            told = tracking.get(path.split("/")[3], tracking)
            return httpx.Response(200, json=told, headers=headers)
        body = bodies.get(LISTS[path], {LISTS[path]: [], **EMPTY})
        return httpx.Response(200, json=body, headers=headers)

    file = folder / "captures.duckdb"
    connection = Connection("default", Secret("k"), file)
    con = database.connect(file)
    ledger.migrate(con)
    with Session(
        connection, transport=httpx.MockTransport(answer), pacing=JumpingPacing()
    ) as session:
        report = run_sync(con, connection, session)
    assert report.failed == []
    return con


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
    con = _sync(tmp_path, bodies, tracking)
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
    con = _sync(tmp_path, bodies, tracking)
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


CARRIERS = ("usps", "ups", "fedex")


@pytest.fixture(scope="module")
def carriers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """The models of three orders, one with each carrier, each in the carrier's own way of telling."""
    made_up = {
        name: json.loads((BODIES / f"{name}.json").read_text()) for name in ("shipments", "labels")
    }
    told = {name: json.loads((BODIES / f"tracking_{name}.json").read_text()) for name in CARRIERS}
    shipment, label = made_up["shipments"]["shipments"][0], made_up["labels"]["labels"][0]
    shipments = [
        {**shipment, "shipment_id": f"se-{name}", "shipment_number": name} for name in CARRIERS
    ]
    labels = [
        {
            **label,
            "label_id": f"se-label-{name}",
            "shipment_id": f"se-{name}",
            "tracking_number": told[name]["tracking_number"],
            "carrier_code": told[name]["carrier_code"],
            "packages": [
                {**label["packages"][0], "tracking_number": told[name]["tracking_number"]}
            ],
        }
        for name in CARRIERS
    ]
    folder = tmp_path_factory.mktemp("carriers")
    counts = {"total": 3, "pages": 1, "page": 1}
    con = _sync(
        folder,
        {
            "shipments": {**made_up["shipments"], **counts, "shipments": shipments},
            "labels": {**made_up["labels"], **counts, "labels": labels},
        },
        {f"se-label-{name}": body for name, body in told.items()},
    )
    con.close()
    database_file = folder / "captures.duckdb"
    models.build(
        database_file,
        now=datetime(2026, 3, 4, 22, tzinfo=UTC),
        select="+parcels +timeline",
        run_tests=False,
    )
    with database.connect(database_file, read_only=True) as held:
        yield held


def _row(con: duckdb.DuckDBPyConnection, query: str, order: str) -> Any:
    return con.execute(query, [order]).fetchone()


def test_each_carrier_is_understood(carriers: duckdb.DuckDBPyConnection) -> None:
    states = carriers.execute(
        "select order_id, state, status_detail_code, event_count, last_event_local_at, is_late"
        " from tracking.parcels order by order_id"
    ).fetchall()
    at_the_door = datetime.fromisoformat("2026-03-04T15:40")
    assert states == [
        ("fedex", "delivered", "DELIVERED", 6, at_the_door, False),
        # UPS says it in a code of its own.
        ("ups", "out_for_delivery", None, 5, datetime.fromisoformat("2026-03-04T10:00"), False),
        # Of eight events one is told twice.
        ("usps", "delivered", "DELIVERED", 7, at_the_door, False),
    ]


def test_dates_without_offset_do_not_move_a_delivery(
    carriers: duckdb.DuckDBPyConnection,
) -> None:
    query = (
        "select delivered_at, delivered_local_at, shipped_at, signer, estimated_delivery_date"
        " from tracking.parcels where order_id = ?"
    )
    delivered = datetime(2026, 3, 4, 19, 40, tzinfo=UTC)
    # FedEx writes its own dates without an offset; the scan knows better.
    assert _row(carriers, query, "fedex") == (
        delivered,
        datetime.fromisoformat("2026-03-04T15:40"),
        datetime(2026, 3, 1, 9, tzinfo=UTC),
        "J. DOE",
        None,
    )
    # The first of the two deliveries that USPS tells, a minute apart.
    first = delivered - timedelta(minutes=1)
    assert _row(carriers, query, "usps")[:2] == (
        first,
        datetime.fromisoformat("2026-03-04T15:39"),
    )
    assert _row(carriers, query, "ups")[4] == date(2026, 3, 5)


def test_a_timeline_is_in_the_order_of_the_scans(carriers: duckdb.DuckDBPyConnection) -> None:
    for order, first, scans in (("usps", "GX", 6), ("ups", "M", 5), ("fedex", "OC", 6)):
        told = carriers.execute(
            "select event_code, moment, carrier_occurred_at, carrier_occurred_at_text, is_known_code"
            " from tracking.timeline where order_id = ? order by moment",
            [order],
        ).fetchall()
        # The second of two deliveries a minute apart is left out.
        assert (told[0][0], len(told)) == (first, scans)
        for _, moment, local, text, is_known in told:
            assert is_known
            # The Z behind it is false: it is some hours from the instant.
            assert text.removesuffix("Z") == local.isoformat()
            assert timedelta(hours=4) <= moment - local.replace(tzinfo=UTC) <= timedelta(hours=7)
