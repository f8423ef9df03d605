# ruff: noqa: S608 - the names in these queries are ours
"""Windows that differ from the account are found and read again, in whatever month they lie."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import duckdb
import httpx
import pytest

from shipsync import job
from shipsync.api.session import Session
from shipsync.clock import JumpingPacing
from shipsync.emulator import Account, Options, Transport
from shipsync.emulator.simulation.seed import seed_account
from shipsync.sync.reconcile import Comparison
from truth.comparison import compare_current
from truth.synced_shop import START, Shop

pytestmark = pytest.mark.xdist_group("reconcile")

MONTHS = ("2026-01", "2026-02", "2026-03", "2026-04")
LISTS = ("shipments", "labels", "fulfillments")
# All that stands on the first day of a month on which anything does.
DELETE_A_DAY = [
    f"""
    delete from raw.{table} where {cursor}::date = (
        select min({cursor}::date) from raw.{table} where strftime({cursor}, '%Y-%m') = ?
    ) returning 1
    """
    for table, cursor in zip(LISTS, ("modified_at", "created_at", "created_at"), strict=True)
]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """Four months of shipments, synced."""
    account = Account(
        seed=3, start=START.add(days=14), options=Options(fulfillments_include_labels=True)
    )
    seed_account(account, shipments=90, days=95)
    shop = Shop(account, tmp_path_factory.mktemp("reconcile"))
    shop.sync()
    return shop


@dataclass(frozen=True)
class Reconciled:
    """What ``reconcile`` said of each window."""

    windows: list[Comparison]

    @property
    def repaired(self) -> int:
        """Rows that were loaded."""
        return sum(window.repaired for window in self.windows)

    @property
    def found(self) -> dict[str, Counter[str]]:
        """What was wrong, by stream and kind; streams in which nothing was are left out."""
        found: dict[str, Counter[str]] = {}
        for window in self.windows:
            if window.found:
                found.setdefault(window.stream, Counter()).update(window.found)
        return found


def reconcile(shop: Shop, *only: str, by_counts: bool = False) -> Reconciled:
    pacing = JumpingPacing(shop.account.clock.now())
    with Session(shop.connection, transport=Transport(shop.account), pacing=pacing) as session:
        streams = frozenset(only) or None
        return Reconciled(
            job.reconcile(shop.connection, session, only=streams, by_counts=by_counts)
        )


@pytest.mark.parametrize("month", MONTHS)
def test_rows_that_are_missing_are_read_again(shop: Shop, month: str) -> None:
    missing = 0
    with shop.opened() as con:
        for query in DELETE_A_DAY:
            missing += len(con.execute(query, [month]).fetchall())
    assert missing > 0

    done = reconcile(shop, *LISTS, by_counts=True)

    assert done.repaired == missing
    assert all(window.agrees for window in done.windows)
    assert any(window.stored < window.stored_after for window in done.windows)
    compare_current(shop, month, LISTS)


def test_tables_that_agree_are_left_alone(shop: Shop) -> None:
    done = reconcile(shop)

    assert done.repaired == 0
    assert {window.stream for window in done.windows} >= {*LISTS, "products", "inventory_levels"}
    assert all(window.agrees and window.stored == window.account for window in done.windows)


CURSORS = {"shipments": "modified_at", "labels": "created_at", "fulfillments": "created_at"}
CHILDREN = {"shipments": "shipment_items", "labels": "label_packages"}
KEYS = {"shipments": "shipment_id", "labels": "label_id", "fulfillments": "fulfillment_id"}
STATUS = {
    "shipments": "shipment_number",
    "labels": "tracking_number",
    "fulfillments": "tracking_number",
}


def spoil(con: duckdb.DuckDBPyConnection, name: str, month: str) -> Counter[str]:
    """Spoil five rows of a month, each in its own way; returns what is to be found."""
    key, cursor, status = KEYS[name], CURSORS[name], STATUS[name]
    rows = con.execute(
        f"select {key} from raw.{name} where strftime({cursor}, '%Y-%m') = ?"
        f" and _dlt_valid_to is null order by {cursor}, {key}",
        [month],
    ).fetchall()
    ids = [row[0] for row in rows]
    assert len(ids) >= 5, (name, month)
    missing, changed, doubled, lines, copied = ids[0], ids[1], ids[2], ids[-2], ids[-1]
    con.execute(f"delete from raw.{name} where {key} = ?", [missing])
    con.execute(f"update raw.{name} set {status} = 'wrong' where {key} = ?", [changed])
    con.execute(f"insert into raw.{name} select * from raw.{name} where {key} = ?", [doubled])
    con.execute(
        f"insert into raw.{name} select * replace ('se-unheard-of-{month}' as {key},"
        f" '{month}' as content_hash) from raw.{name} where {key} = ?",
        [copied],
    )
    expected = Counter({"missing": 1, "changed": 1, "doubled": 1, "extra": 1})
    if name in CHILDREN:
        con.execute(
            f"insert into raw.{CHILDREN[name]} select * from raw.{CHILDREN[name]} where {key} = ?",
            [lines],
        )
        expected["lines"] = 1
    return expected


@pytest.mark.parametrize("month", MONTHS)
def test_whatever_differs_in_a_month_is_put_right_and_told(shop: Shop, month: str) -> None:
    with shop.opened() as con:
        expected = {name: spoil(con, name, month) for name in LISTS}
    done = reconcile(shop, *LISTS)
    assert done.found == expected
    assert done.repaired == sum(map(Counter.total, expected.values()))
    assert all(window.agrees for window in done.windows)
    compare_current(shop, month, LISTS)
    backwards = shop.rows("select count(*) from raw.labels where _dlt_valid_to < _dlt_valid_from")
    assert backwards == [(0,)]
    assert reconcile(shop, *LISTS).found == {}


SNAPSHOTS = {
    "inventory_levels": ("sku", "on_hand", "7777"),
    "warehouses": ("warehouse_id", "name", "'wrong'"),
    "inventory_warehouses": ("inventory_warehouse_id", "name", "'wrong'"),
    "inventory_locations": ("inventory_location_id", "name", "'wrong'"),
    "products": ("product_id", "name", "'wrong'"),
    "carriers": ("carrier_id", "nickname", "'wrong'"),
    "tags": ("name", "color", "'wrong'"),
}


def test_whatever_differs_in_a_list_that_is_read_whole_is_put_right(shop: Shop) -> None:
    with shop.opened() as con:
        for name, (key, column, wrong) in SNAPSHOTS.items():
            [(first,), *_, (last,)] = con.execute(
                f"select {key} from raw.{name} order by {key}"
            ).fetchall()
            con.execute(f"update raw.{name} set {column} = {wrong} where {key} = ?", [first])
            if first != last:
                con.execute(
                    f"insert into raw.{name} select * from raw.{name} where {key} = ?", [last]
                )
        first_code = "select min(service_code) from raw.carrier_services"
        con.execute(f"delete from raw.carrier_services where service_code = ({first_code})")
    done = reconcile(shop, *SNAPSHOTS)
    assert {name for name, kinds in done.found.items() if kinds["changed"]} == SNAPSHOTS.keys()
    assert done.found["carriers"]["missing"] >= 1
    assert done.found["inventory_levels"]["doubled"] >= 1
    assert all(window.agrees for window in done.windows)
    compare_current(shop, "snapshots", [*SNAPSHOTS, "carrier_services"])
    assert reconcile(shop, *SNAPSHOTS).found == {}


def test_rows_that_change_while_they_are_compared_are_not_taken_for_gone(shop: Shop) -> None:
    shop.sync()
    account = shop.account
    oldest = (
        "select shipment_id from raw.shipments where _dlt_valid_to is null"
        " order by modified_at limit 40"
    )
    ids = [shipment_id for (shipment_id,) in shop.rows(oldest)]
    changed: list[str] = []

    class Drifting(Transport):
        """Changes a shipment before each page that is asked for."""

        def handle_request(self, request: httpx.Request) -> httpx.Response:
            if request.url.path == "/v2/shipments" and len(changed) < len(ids):
                account.clock.advance(seconds=2)
                changed.append(ids[len(changed)])
                account.orders.change(changed[-1], internal_notes=f"change {len(changed)}")
            return super().handle_request(request)

    pacing = JumpingPacing(account.clock.now())
    with Session(shop.connection, transport=Drifting(account), pacing=pacing) as session:
        windows = job.reconcile(shop.connection, session, only=frozenset({"shipments"}))
    assert changed
    assert all(not window.found.get("extra") for window in windows)
    shop.sync()
    compare_current(shop, "drift", ["shipments"])
    assert reconcile(shop, "shipments").found == {}
