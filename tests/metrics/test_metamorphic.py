"""An order split, printed again, touched or read again changes no number that it should not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from shipsync.warehouse import models
from sql.raw_tables import RawTables, Row
from sql.story import day

pytestmark = pytest.mark.xdist_group("dbt")

NOW = day(20, 20)
STORES = ("plain", "split", "reprinted")
MUGS = {"sku": "MUG", "quantity": 2, "unit_price": 10}
CUP = {"sku": "CUP", "quantity": 1, "unit_price": 5}
DISCOUNT = {"sku": "", "quantity": 1, "unit_price": -3}


class Order:
    """The raw rows of one order."""

    def __init__(self) -> None:
        self.rows: dict[str, list[Row]] = {
            name: [] for name in ("shipments", "shipment_items", "labels", "label_packages")
        }

    def shipment(self, number: int, store: str, *items: Row, paid: int, shipping: int) -> str:
        """A shipment of order 1001 of a store; returns its id."""
        shipment_id = f"se-{number}"
        self.rows["shipments"].append(
            {
                "shipment_id": shipment_id,
                "shipment_number": "1001",
                "store_id": store,
                "shipment_status": "label_purchased",
                "created_at": day(7),
                "modified_at": day(7),
                "ship_to_name": "Ann",
                "ship_to_postal_code": "78701",
                "ship_to_country_code": "US",
                "amount_paid": paid,
                "amount_paid_currency": "usd",
                "shipping_paid": shipping,
                "shipping_paid_currency": "usd",
            }
        )
        lines = [
            {"shipment_id": shipment_id, "item_index": n, **item} for n, item in enumerate(items)
        ]
        self.rows["shipment_items"] += lines
        return shipment_id

    def label(self, number: int, of: str, cost: int, **more: Any) -> None:
        """A label with one box."""
        label_id = f"se-7{number}"
        self.rows["labels"].append(
            {
                "label_id": label_id,
                "shipment_id": of,
                "status": "completed",
                "voided": False,
                "is_return_label": False,
                "tracking_number": f"1Z{number}",
                "carrier_code": "ups",
                "created_at": day(8),
                "shipment_cost": cost,
                "shipment_cost_currency": "usd",
                **more,
            }
        )
        box = {"sequence": 1, "weight_value": 16.0, "weight_unit": "ounce"}
        self.rows["label_packages"].append(
            {"label_id": label_id, "package_index": 0, "tracking_number": f"1Z{number}", **box}
        )


def told() -> Order:
    """The same order three times: as it is, in two shipments, and with a label that was printed again."""
    order = Order()
    plain = order.shipment(1, "plain", MUGS, CUP, DISCOUNT, paid=30, shipping=8)
    order.label(1, plain, 6)
    first = order.shipment(2, "split", MUGS, DISCOUNT, paid=30, shipping=8)
    second = order.shipment(3, "split", CUP, paid=0, shipping=0)
    order.label(2, first, 4)
    order.label(3, second, 2)
    again = order.shipment(4, "reprinted", MUGS, CUP, DISCOUNT, paid=30, shipping=8)
    order.label(4, again, 6, voided=True, status="voided", voided_at=day(8, 9))
    order.label(5, again, 6)
    return order


@pytest.fixture(scope="module")
def shops(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, RawTables]:
    """The three orders, loaded and built."""
    database = tmp_path_factory.mktemp("orders") / "shop.duckdb"
    raw = RawTables()
    for name, rows in told().rows.items():
        raw.load(name, *rows, load_id="1.0", observed_at=day(9))
    raw.save(database)
    models.build(database, now=NOW, select="+metrics", run_tests=False)
    return database, raw


@pytest.mark.parametrize(
    "query",
    [
        "select order_value, charged, cost, net, recovery, units, is_complete from metrics.order_margin",
        "select ordered_date, sku, orders, units, value, discounts from metrics.sales_daily",
        "select units from metrics.packaging",
        "select due_date, sla_rate from metrics.ship_sla",
    ],
)
def test_a_split_and_a_reprint_change_no_sum(shops: tuple[Path, RawTables], query: str) -> None:
    plain, split, reprinted = (
        sorted(rows(shops[0], f"{query} where store_id = ?", store), key=str) for store in STORES
    )

    assert plain
    assert split == plain
    assert reprinted == plain


def test_what_did_change_is_told(shops: tuple[Path, RawTables]) -> None:
    counts = "select store_id, shipments, parcels from metrics.packaging order by store_id"

    assert rows(shops[0], counts) == [("plain", 1, 1), ("reprinted", 1, 1), ("split", 2, 2)]
    assert rows(shops[0], "select label_id, reason, amount from metrics.label_money") == [
        ("se-74", "refund_not_confirmed", 6)
    ]


def test_touches_and_readings_and_full_refreshes_change_nothing(
    shops: tuple[Path, RawTables],
) -> None:
    database, raw = shops
    before = everything(database)
    for number, more in enumerate(({}, {"modified_at": day(12)}, {"modified_at": day(13)}), 2):
        touched = [{**row, **more} for row in told().rows["shipments"]]
        raw.load("shipments", *touched, load_id=f"{number}.0", observed_at=day(12 + number))
    raw.load("labels", *told().rows["labels"], load_id="5.0", observed_at=day(19))
    raw.save(database)
    for full_refresh in (False, True):
        models.build(
            database, now=NOW, select="+metrics", run_tests=False, full_refresh=full_refresh
        )
        assert everything(database) == before


def everything(database: Path) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of all marts but that of the runs, which are another's."""
    names = rows(
        database,
        "select table_name from information_schema.tables where table_schema = 'metrics' order by 1",
    )
    return {name: rows(database, f"from metrics.{name} order by all") for (name,) in names}


def rows(database: Path, query: str, *values: object) -> list[tuple[Any, ...]]:
    """What a query gives."""
    with duckdb.connect(str(database), read_only=True) as con:
        con.execute("set timezone = 'UTC'")
        return con.execute(query, list(values)).fetchall()
