"""Every mart, row by row, against an independent computation from the account's own journal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pendulum
import pytest

from metrics import expected, expected_journeys, expected_runs, expected_stock
from metrics.account import Told
from metrics.asking_shop import AskingShop
from metrics.expected import Mart
from shipsync.emulator import Account, Options
from shipsync.emulator.simulation.seed import seed_account
from shipsync.emulator.simulation.simulation import Simulation
from shipsync.warehouse import models
from truth.random_faults import faults_of_day
from truth.synced_shop import Shop

pytestmark = pytest.mark.xdist_group("dbt")

# By mart: the columns that identify a row, and the second computation.
MARTS: Mapping[str, tuple[tuple[str, ...], Callable[[Told], Mart]]] = {
    "parcel_delivery": (("parcel_id",), expected.parcel_delivery),
    "carrier_performance": (
        ("week_start", "carrier_code", "service_code", "zone", "warehouse_id", "currency"),
        expected.carrier_performance,
    ),
    "shipping_cost": (("label_id",), expected.shipping_cost),
    "order_margin": (("order_id", "currency"), expected.order_margin),
    "label_money": (("label_id",), expected.label_money),
    "open_orders": (("shipment_id",), expected.open_orders),
    "ship_sla": (("due_date", "store_id"), expected.ship_sla),
    "stock_cover": (("sku",), expected_stock.stock_cover),
    "stock_history": (("sku", "inventory_location_id", "day"), expected_stock.stock_history),
    "stock_unexplained": (("sku", "day"), expected_stock.stock_unexplained),
    "wismo_load": (("carrier_code",), expected_journeys.wismo_load),
    "delivery_exceptions": (("parcel_id",), expected_journeys.delivery_exceptions),
    "delivery_promise": (
        ("warehouse_id", "service_code", "zip3"),
        expected_journeys.delivery_promise,
    ),
    "scan_legs": (("parcel_id", "leg"), expected_journeys.scan_legs),
    "sales_daily": (("ordered_date", "store_id", "sku", "currency"), expected_stock.sales_daily),
    "returns": (("label_id",), expected_journeys.returns),
    "packaging": (("order_id",), expected_journeys.packaging),
    "rate_savings": (("label_id", "rate_id"), expected_runs.rate_savings),
    "pipeline_health": (("run_id", "stream"), expected_runs.pipeline_health),
}
# What a live account does, but that shipments vanish; winter ends on the fifth day.
OPTIONS = Options.observed(
    max_page_size=100, tracks_further_boxes=False, merges=False, deletions=False, return_labels=True
)
START = pendulum.datetime(2026, 3, 4, 9)
SETTINGS = {
    "page_size": 100,
    "checkpoint_pages": 4,
    "tracking_calls_per_run": 5000,
    "tracking_calls_per_day": 100_000,
}


@pytest.fixture(scope="module")
def ten_days(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """Ten days of a shop, synced each day and built twice."""
    return lived(tmp_path_factory.mktemp("ten_days"), days=10, builds=(6, 10))


def lived(
    folder: Path, *, days: int, builds: tuple[int, ...], seed: int = 5, options: Options = OPTIONS
) -> Shop:
    """A shop's life; from the second week on with faults that pass."""
    account = Account(seed=seed, options=options, start=START)
    seed_account(account, shipments=60, days=30)
    simulation = Simulation(account, orders_per_day=6)
    shop = AskingShop(account, folder, SETTINGS)
    for day in range(1, days + 1):
        simulation.run(days=1)
        if day > 10 and day not in builds:
            account.faults.add(*faults_of_day(seed, day, is_calm=True).faults)
        shop.sync()
        account.faults.clear()
        shop.ask_rates()
        if day in builds:
            assert not shop.syncs[-1].report.failed
            models.build(shop.database, now=shop.syncs[-1].at, run_tests=False)
    return shop


@pytest.mark.parametrize("mart", MARTS)
def test_ten_days_equal_what_the_journal_says(ten_days: Shop, mart: str) -> None:
    assert differences(ten_days, mart) == []


@pytest.mark.longest
def test_a_quarter_with_faults_equals_what_the_journal_says(tmp_path: Path) -> None:
    shop = lived(tmp_path, days=91, builds=(1, 12, 25, 40, 41, 60, 75, 91), seed=7)
    for mart in MARTS:
        assert differences(shop, mart) == [], mart
    before = {mart: shop.rows(f"from metrics.{mart} order by all") for mart in MARTS}
    models.build(shop.database, now=shop.syncs[-1].at, run_tests=False, full_refresh=True)
    for mart in MARTS:
        assert shop.rows(f"from metrics.{mart} order by all") == before[mart], mart


def differences(shop: Shop, mart: str) -> list[str]:
    """Where the rows of a mart are not those of the second computation: the first few, as sentences."""
    keys, compute = MARTS[mart]
    wanted = compute(Told.by(shop))
    with shop.opened() as con:
        cursor = con.execute(f"select * from metrics.{mart}")  # noqa: S608
        names = [column[0] for column in cursor.description]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    held = {tuple(row[key] for key in keys): row for row in rows}
    found = [f"{key} is missing" for key in sorted(wanted.keys() - held.keys(), key=str)[:3]]
    found += [f"{key} is too much" for key in sorted(held.keys() - wanted.keys(), key=str)[:3]]
    wrong = [
        f"{key} {column}: {held[key][column]!r} stands for {value!r}"
        for key, row in wanted.items()
        if key in held
        for column, value in row.items()
        if not same(held[key][column], value)
    ]
    if wrong:
        found += [f"{len(wrong)} values of {len(wanted)} rows are wrong", *wrong[:5]]
    if len(held) != len(rows):
        found.append("a key stands twice")
    if not wanted:
        found.append("it is empty and proves nothing")
    return found


def same(told: Any, wanted: Any) -> bool:
    """Whether both say the same, but for the last digits of a computation."""
    if isinstance(wanted, datetime) and isinstance(told, datetime):
        return told == wanted
    if isinstance(wanted, float | Decimal) and isinstance(told, float | Decimal):
        return abs(float(told) - float(wanted)) < 1e-5
    return bool(told == wanted)
