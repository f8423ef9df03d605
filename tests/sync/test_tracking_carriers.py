"""Bodies in the ways of USPS, UPS and FedEx, from the answer to the models of parcels."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import duckdb
import pytest

from shipsync.warehouse import database, models
from sync.served_bodies import BODIES, synced

pytestmark = pytest.mark.xdist_group("dbt")

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
    con = synced(
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
