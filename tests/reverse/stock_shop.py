"""A small shop for the tests: an emulated account, and a database that holds its stock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import httpx
import pendulum
import pyarrow as pa

from shipsync.api.session import Session
from shipsync.clock import JumpingPacing
from shipsync.connection import Connection, Secret
from shipsync.emulator import Account, Transport
from shipsync.emulator.options import Options
from shipsync.reverse.applying import Applying, apply_plan
from shipsync.reverse.outbox.apply import ApplyReport
from shipsync.reverse.outbox.owner import ledger_id
from shipsync.reverse.outbox.store import LedgerEntry, all_kinds
from shipsync.reverse.plan.input_files import InputRow, InputRows
from shipsync.reverse.plan.row import Plan
from shipsync.reverse.stock.change import KIND
from shipsync.reverse.stock.guards import Guards
from shipsync.reverse.stock.planner import plan_stock
from shipsync.sources.tables.catalogue import PRODUCTS
from shipsync.sources.tables.stock import INVENTORY_LEVELS, INVENTORY_LOCATIONS
from shipsync.warehouse.ledger import migrate

NOW = pendulum.datetime(2026, 3, 2, 9)
MAIN, BACK, ATTIC = "se-901", "se-902", "se-903"
_TABLES = {table.name: table for table in (INVENTORY_LEVELS, INVENTORY_LOCATIONS, PRODUCTS)}
LOCATIONS = ((MAIN, "Main"), (BACK, "Back room"), (ATTIC, "Attic"))


def given(*rows: Mapping[str, object], source: str = "counts.csv") -> InputRows:
    """Rows as a file would give them, from line 2 on."""
    columns = dict.fromkeys(column for row in rows for column in row)
    columns |= dict.fromkeys(("sku", "location", "quantity"))
    texts = [{name: str(value) for name, value in row.items() if value != ""} for row in rows]
    return InputRows(
        source, tuple(columns), tuple(InputRow(n, cells) for n, cells in enumerate(texts, start=2))
    )


@dataclass
class Shop:
    """An account, the database in ``folder``, and a session between them."""

    folder: Path
    account: Account
    skus: tuple[str, ...]
    transport: httpx.BaseTransport | None = None
    requests_per_minute: int = 1_000_000
    page_size: int = 500
    name: str = "shop"
    pacing: JumpingPacing = field(default_factory=lambda: JumpingPacing(NOW))

    @property
    def connection(self) -> Connection:
        """The account's settings."""
        return Connection(
            name=self.name,
            api_key=Secret("emulator-key"),
            database=self.folder / "shop.duckdb",
            requests_per_minute=self.requests_per_minute,
            page_size=self.page_size,
            give_up_after=timedelta(seconds=60),
        )

    def connect(self) -> duckdb.DuckDBPyConnection:
        """The database, its ledger up to date."""
        con = duckdb.connect(str(self.connection.database))
        migrate(con)
        return con

    def session(self) -> Session:
        """A new session; no socket is opened."""
        transport = self.transport or Transport(self.account)
        return Session(self.connection, transport=transport, pacing=self.pacing)

    def observe(self) -> None:
        """Put the account's stock into the raw tables, as a sync would leave it."""
        with self.connect() as con:
            observe(
                con,
                self.account.stock.levels(),
                self.account.master_data.items("products"),
                self.now,
            )

    @property
    def now(self) -> datetime:
        """The account's clock, which ours agrees with."""
        return self.account.clock.now()

    def plan(self, *rows: Mapping[str, object], guards: Guards | None = None) -> Plan:
        """A plan for the rows against what was observed."""
        with self.connect() as con:
            plan = plan_stock(con, given(*rows), self.connection, now=self.now, guards=guards)
            return replace(plan, ledger_id=ledger_id(con))

    def apply(self, plan: Plan, **options: Any) -> ApplyReport:
        """Apply a plan with a new session on the database as it lies on disk."""
        with self.connect() as con, self.session() as session:
            return apply_plan(con, plan, Applying(session, self.pacing, **options)).reports[-1]

    def entries(self) -> dict[str, LedgerEntry]:
        """The outbox by key."""
        with self.connect() as con:
            found = [entry for entry in all_kinds(con, self.name) if entry.kind == KIND]
            return {entry.row_key: entry for entry in found}

    def states(self, key: str) -> list[str]:
        """Every state that a write went through, in order."""
        with self.connect() as con:
            query = "select state from ledger.outbox where row_key = ? order by sequence"
            return [state for (state,) in con.execute(query, [key]).fetchall()]

    def on_hand(self, sku: str, location: str = MAIN) -> int:
        """Units that the account has."""
        return int(self.account.stock.level(sku, location)["on_hand"])

    def writes_sent(self) -> int:
        """How many changes of stock reached the account or its door."""
        return sum(request.method == "POST" for request in self.account.requests)


def open_shop(
    folder: Path,
    *,
    skus: int = 6,
    on_hand: int = 10,
    options: Options | None = None,
    seed: int = 1,
) -> Shop:
    """A shop with ``on_hand`` units of each SKU (A-1, A-2, ...) in Main, observed."""
    account = Account(seed=seed, options=options, start=NOW)
    account.master_data.put_inventory_warehouse(
        {"inventory_warehouse_id": "se-900", "name": "Home"}
    )
    for location_id, name in LOCATIONS:
        account.master_data.put_inventory_location(
            {
                "inventory_location_id": location_id,
                "name": name,
                "inventory_warehouse_id": "se-900",
            }
        )
    names = tuple(f"A-{number}" for number in range(1, skus + 1))
    for number, sku in enumerate(names, start=1):
        account.master_data.put_product(
            {"product_id": number, "sku": sku, "name": f"Thing {number}"}
        )
        if on_hand:
            account.stock.move(sku, MAIN, on_hand=on_hand, cause="opening stock")
    shop = Shop(folder, account, names)
    shop.observe()
    return shop


def observe(
    con: duckdb.DuckDBPyConnection,
    levels: Iterable[Mapping[str, Any]],
    products: Iterable[Mapping[str, Any]],
    at: datetime,
) -> None:
    """Write the raw tables that planning reads, and the ledger's word that the stock was read."""
    locations = [{"inventory_location_id": i, "name": name} for i, name in LOCATIONS]
    tables = {
        "inventory_levels": [_flat(level) for level in levels],
        "inventory_locations": locations,
        "products": [{"product_id": p["product_id"], "sku": p["sku"]} for p in products],
    }
    con.execute("create schema if not exists raw")
    for name, rows in tables.items():
        current = [{**row, "observed_at": at, "_dlt_valid_from": at} for row in rows]
        _load(con, name, current, at)
    con.execute(
        "insert into ledger.stream_runs (run_id, stream, outcome, read_at, finished_at, rows, unchanged, "
        "stale, caught_late, pages, requests, packages) select 'run-' || count(*), 'inventory_levels', "
        "'loaded', $at, $at, 0, 0, 0, 0, 0, 0, 0 from ledger.stream_runs",
        {"at": at},
    )


def _flat(level: Mapping[str, Any]) -> dict[str, Any]:
    names = ("sku", "inventory_location_id", "inventory_warehouse_id", "on_hand", "allocated")
    return {
        **{name: level[name] for name in names},
        "available": level["available"],
        "average_cost_currency": level["average_cost"]["currency"],
    }


def _load(
    con: duckdb.DuckDBPyConnection, name: str, rows: list[dict[str, Any]], at: datetime
) -> None:
    """Close the current rows and add the new ones: a snapshot, without comparing."""
    instant = pa.timestamp("us", tz="UTC")
    schema = _TABLES[name].arrow_schema
    for column in ("_dlt_valid_from", "_dlt_valid_to"):
        schema = schema.append(pa.field(column, instant))
    con.register("new_rows", pa.Table.from_pylist(rows, schema))
    con.execute(f"create table if not exists raw.{name} as from new_rows limit 0")
    con.execute(f"update raw.{name} set _dlt_valid_to = ? where _dlt_valid_to is null", [at])  # noqa: S608
    con.execute(f"insert into raw.{name} from new_rows")
    con.unregister("new_rows")
