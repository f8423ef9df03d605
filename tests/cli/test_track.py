"""``shipsync track``: the words it answers in, and that it finds what the models of the same run say."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from shipsync import queries
from shipsync.emulator import Account
from shipsync.sync.parcel_state import ParcelState
from shipsync.tracking import find_orders
from shipsync.warehouse.database import connect

from .conftest import Demo, Run


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
        assert (state == ParcelState.DELIVERED) <= (came == len(order.parcels)), order_id


@pytest.mark.slow
def test_live_asks_the_account_and_the_next_question_needs_none(run: Run, account: Account) -> None:
    label = account.find("labels", account.ids("labels")[-1])
    assert label is not None

    asked = run("track", label["tracking_number"], "--live")
    requests = len(account.requests)
    held = run("track", label["tracking_number"])

    assert (asked.code, held.code) == (0, 0)
    assert requests > 0
    assert len(account.requests) == requests
    assert held.out == asked.out
    assert "Known as of" in asked.err


def live(shipment: Any) -> list[Any]:
    """The parcels of a shipment that are neither voided nor returns."""
    return [p for p in shipment.parcels if not p.is_voided and not p.is_return]


def test_track_answers_in_words_and_in_the_structure_support_reads(run: Run, demo: Demo) -> None:
    with connect(demo.database, read_only=True) as con:
        number = queries.fetch(con, "demo_order").rows[0][0]

    told = run("track", number, "--database", demo.database)
    answer = run("track", f"#{number}", "--database", demo.database, "--json").json["shipstation"]

    assert told.code == 0
    assert f"our order {number} " in told.out
    assert answer["order_id"] == number
    assert answer["tracking"]["tracking_number"] in told.out
    assert answer["tracking"]["events"]


def test_track_needs_neither_dlt_nor_dbt_nor_an_http_client(demo: Demo) -> None:
    heavy = ("dlt", "dbt", "httpx", "pyarrow", "pandas")
    script = (
        "import sys; from shipsync.cli.boundary import run; run(sys.argv[1:]);"
        f"print(sorted(set({heavy}) & set(sys.modules)))"
    )
    words = ["track", "nobody", "--database", str(demo.database)]

    done = subprocess.run(
        [sys.executable, "-c", script, *words], capture_output=True, text=True, check=True
    )

    assert done.stdout == "[]\n"
    assert "No shipment is known as 'nobody'" in done.stderr
