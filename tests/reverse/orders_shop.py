"""A shop that has orders: an emulated account with shipments, and a database that holds them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import httpx
import pendulum
import pyarrow as pa

from reverse.stock_shop import given
from shipsync.api.session import Session
from shipsync.clock import JumpingPacing
from shipsync.connection import Connection, Secret
from shipsync.emulator import Account, Transport
from shipsync.emulator.http.request_bodies import NewShipment
from shipsync.emulator.options import Options
from shipsync.emulator.routes.given_shipment import shipment_from
from shipsync.emulator.simulation.provisioning import provision
from shipsync.reverse.applying import Applied, Applying, apply_plan
from shipsync.reverse.orders.cancel_planner import plan_cancels
from shipsync.reverse.orders.fulfillment_planner import plan_fulfillments
from shipsync.reverse.orders.shipment_file import GivenShipments
from shipsync.reverse.orders.shipment_planner import plan_shipments
from shipsync.reverse.orders.shipment_rows import shipments_of
from shipsync.reverse.outbox.apply import ApplyReport
from shipsync.reverse.outbox.redaction import recorded_under
from shipsync.reverse.outbox.store import LedgerEntry, all_kinds
from shipsync.reverse.plan.row import Plan
from shipsync.sources.tables import catalogue, orders, parcels
from shipsync.warehouse.ledger import migrate

NOW = pendulum.datetime(2026, 3, 2, 9)
Row = Mapping[str, object]

ADDRESS = {
    "ship_to_name": "Ada Lowe",
    "ship_to_address_line1": "1 Elm St",
    "ship_to_city_locality": "Austin",
    "ship_to_state_province": "TX",
    "ship_to_postal_code": "78701",
    "ship_to_country_code": "US",
}
_TABLES = {
    table.name: table
    for table in (
        *(orders.SHIPMENTS, parcels.LABELS, orders.FULFILLMENTS),
        *(catalogue.WAREHOUSES, catalogue.CARRIERS, catalogue.CARRIER_SERVICES),
    )
}


# Databases of offices just opened: making one costs more than what most tests do with it.
_SYNCED: dict[tuple[int, int], bytes] = {}


@dataclass
class Office:
    """An account, the database in ``folder``, and a session between them."""

    folder: Path
    account: Account
    transport: httpx.BaseTransport | None = None
    base_url: str = "https://api.shipstation.com"
    settings: dict[str, Any] = field(default_factory=dict)
    stays_open: bool = False
    pacing: JumpingPacing = field(default_factory=lambda: JumpingPacing(NOW))
    _open: duckdb.DuckDBPyConnection | None = None

    @property
    def connection(self) -> Connection:
        """The account's settings."""
        return Connection(
            name="shop",
            api_key=Secret("emulator-key"),
            database=self.folder / "shop.duckdb",
            base_url=self.base_url,
            requests_per_minute=1_000_000,
            give_up_after=timedelta(seconds=60),
            **self.settings,
        )

    @property
    def warehouse(self) -> str:
        """The first warehouse's id."""
        return str(self.account.master_data.items("warehouses")[0]["warehouse_id"])

    @property
    def carrier(self) -> str:
        """The first carrier's code."""
        return str(self.account.master_data.items("carriers")[0]["carrier_code"])

    @contextmanager
    def connect(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """The database, its ledger up to date; it stays open unless others are to open it too."""
        con = self._open or duckdb.connect(str(self.connection.database))
        if self._open is None:
            con.execute("set timezone = 'UTC'")
            migrate(con)
        self._open = con if self.stays_open else None
        yield con
        if not self.stays_open:
            con.close()

    def session(self) -> Session:
        """A new session; no socket is opened."""
        transport = self.transport or Transport(self.account)
        return Session(self.connection, transport=transport, pacing=self.pacing)

    def sync(self) -> None:
        """Put the account's orders into the raw tables, as a sync would leave them."""
        carriers = self.account.master_data.items("carriers")
        services = [
            {**service, "carrier_id": carrier["carrier_id"]}
            for carrier in carriers
            for service in carrier["services"]
        ]
        held = {
            **{kind: self._bodies(kind) for kind in ("shipments", "labels", "fulfillments")},
            "warehouses": self.account.master_data.items("warehouses"),
            "carriers": carriers,
            "carrier_services": services,
        }
        with self.connect() as con:
            con.execute("create schema if not exists raw")
            for name, bodies in held.items():
                _load(con, name, bodies, NOW)

    def _bodies(self, kind: Any) -> list[dict[str, Any]]:
        return [self.account.entity(kind, entity_id) for entity_id in self.account.ids(kind)]

    def label(self, shipment_id: str, label_id: str = "se-77", **fields: object) -> str:
        """Buy a label for a shipment; returns its id."""
        body = {
            "label_id": label_id,
            "shipment_id": shipment_id,
            "status": "completed",
            "voided": False,
            "voided_at": None,
            "tracking_number": f"1Z-{label_id}",
            **fields,
        }
        self.account.parcels.put_label(body)
        self.account.orders.change(shipment_id, shipment_status="label_purchased")
        return label_id

    def plan_shipments(self, *rows: Row) -> Plan:
        """A plan for rows of a flat file."""
        connection = self.connection
        recorded = recorded_under(connection)
        shipments = GivenShipments("orders.csv", tuple(shipments_of(given(*rows).rows)), ())
        with self.connect() as con:
            return plan_shipments(con, shipments, connection, recorded, now=NOW)

    def plan_cancels(self, *rows: Row, void_labels: bool = False) -> Plan:
        """A plan for rows that name shipments."""
        with self.connect() as con:
            return plan_cancels(
                con, _columns(rows), self.connection, now=NOW, void_labels=void_labels
            )

    def plan_fulfillments(self, *rows: Row) -> Plan:
        """A plan for rows of shipments that went out."""
        with self.connect() as con:
            return plan_fulfillments(con, _columns(rows), self.connection, now=NOW)

    def send(self, plan: Plan, **how: Any) -> ApplyReport:
        """Carry out a plan; the report of its last kind."""
        return self.apply(plan, **how).reports[-1]

    def apply(self, plan: Plan, **how: Any) -> Applied:
        """Carry out a plan; all that became of it."""
        with self.connect() as con, self.session() as session:
            return apply_plan(con, plan, Applying(session, self.pacing, **how))

    def entries(self) -> dict[str, LedgerEntry]:
        """The outbox of every kind, by key."""
        with self.connect() as con:
            return {entry.row_key: entry for entry in all_kinds(con, "shop")}

    def states(self, key: str) -> list[str]:
        """Every state that a write went through, in order."""
        with self.connect() as con:
            query = "select state from ledger.outbox where row_key = ? order by sequence"
            return [state for (state,) in con.execute(query, [key]).fetchall()]

    def writes_sent(self) -> int:
        """How many changes reached the account or its door."""
        return sum(request.method != "GET" for request in self.account.requests)

    def made(self) -> Counter[str]:
        """How often the API did each thing, by the account's own journal, under the outbox's keys."""
        done: Counter[str] = Counter()
        for entry in self.account.journal:
            body = entry.body
            match entry.cause, entry.kind:
                case "POST /v2/shipments", "shipments":
                    done[str(body["external_shipment_id"])] += 1
                case "PUT /v2/shipments/cancel", "shipments":
                    done[entry.entity_id] += 1
                case "PUT /v2/labels/void", "labels":
                    done[entry.entity_id] += 1
                case "POST /v2/fulfillments", "fulfillments":
                    done[f"{body['shipment_id']}:{body['tracking_number']}"] += 1
        return done


def open_office(
    folder: Path,
    *,
    shipments: int = 3,
    options: Options | None = None,
    seed: int = 1,
    stays_open: bool = True,
) -> Office:
    """An office with so many pending shipments, synced.

    Its database ``stays_open`` for speed, unless something else than the office opens it.
    """
    account = Account(seed=seed, options=options, start=NOW)
    provision(account, units_per_shelf=0)
    address = {name.removeprefix("ship_to_"): text for name, text in ADDRESS.items()}
    new = NewShipment.model_validate({"ship_to": address, "items": [{"sku": "MUG"}]})
    for _ in range(shipments):
        account.orders.put(shipment_from(account, new))
    office = Office(folder, account)
    database = office.connection.database
    if (shipments, seed) in _SYNCED:
        database.write_bytes(_SYNCED[shipments, seed])
    else:
        office.sync()
        _SYNCED[shipments, seed] = database.read_bytes()
    office.stays_open = stays_open
    return office


def _columns(rows: Sequence[Row]) -> Any:
    names = dict.fromkeys(column for row in rows for column in row)
    names |= dict.fromkeys(("shipment_id", "tracking_number", "carrier_code"))
    found = given(*rows)
    kept = tuple(name for name in names if name not in ("sku", "location", "quantity"))
    return type(found)(found.source, kept, found.rows)


def _load(
    con: duckdb.DuckDBPyConnection, name: str, bodies: list[dict[str, Any]], at: datetime
) -> None:
    """Put rows in the place of those that are there; columns that the tests don't need stay empty."""
    schema = _TABLES[name].arrow_schema
    plain = [f for f in schema if pa.types.is_string(f.type) or pa.types.is_boolean(f.type)]
    rows = [
        {
            **{
                f.name: body.get(f.name)
                for f in plain
                if not isinstance(body.get(f.name), dict | list)
            },
            **({"created_at": at} if "created_at" in schema.names else {}),
        }
        for body in bodies
    ]
    fields = [f.with_nullable(True) for f in schema]
    valid_to = pa.field("_dlt_valid_to", pa.timestamp("us", tz="UTC"))
    con.register("new_rows", pa.Table.from_pylist(rows, pa.schema([*fields, valid_to])))
    con.execute(f"create or replace table raw.{name} as from new_rows")
    con.unregister("new_rows")
