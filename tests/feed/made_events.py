"""A database with a ledger and events made by hand, in the columns that the models give them."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from shipsync.feed.dead_letters import DeadLetters
from shipsync.warehouse.database import connect, transaction
from shipsync.warehouse.ledger import migrate

START = datetime(2026, 3, 1, 8, tzinfo=UTC)
COLUMNS = {
    "sequence": "BIGINT",
    "event_id": "VARCHAR",
    "trigger": "VARCHAR",
    "entity_id": "VARCHAR",
    "shipment_id": "VARCHAR",
    "occurred_at": "TIMESTAMP WITH TIME ZONE",
    "detected_at": "TIMESTAMP WITH TIME ZONE",
    "load_id": "VARCHAR",
    "is_touch": "BOOLEAN",
    "changed_fields": "VARCHAR[]",
    "before": "JSON",
    "after": "JSON",
}


def open_shop(folder: Path) -> duckdb.DuckDBPyConnection:
    """An empty feed in ``folder``; the ledger is up to date."""
    con = connect(folder / "shop.duckdb")
    migrate(con)
    make_feed(con)
    return con


def make_feed(con: duckdb.DuckDBPyConnection) -> None:
    """Make the table of events, which is empty."""
    con.execute("create schema changes")
    con.execute(
        f"create table changes.events ({', '.join(f'{n} {t}' for n, t in COLUMNS.items())})"
    )


def happen(con: duckdb.DuckDBPyConnection, *shipments: str, hours: int = 1) -> None:
    """Record one event for each of ``shipments``, in that order, ``hours`` apart.

    The first of a shipment is new_shipment, later ones are modifications; a name that ends in ``~``
    is touched only.
    """
    held = con.execute("select shipment_id, count(*) from changes.events group by 1").fetchall()
    seen = Counter(dict(held))
    with transaction(con):
        for name in shipments:
            shipment = name.rstrip("~")
            row = _event(
                1 + seen.total(), shipment, seen[shipment], hours, is_touch=name != shipment
            )
            con.execute(
                "insert into changes.events values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row
            )
            seen[shipment] += 1


def _event(number: int, shipment: str, seen: int, hours: int, *, is_touch: bool) -> list[object]:
    at = START + timedelta(hours=hours * (number - 1))
    is_change = seen > 0 and not is_touch
    return [
        number,
        f"event-{number}",
        "shipment_modified" if seen else "new_shipment",
        shipment,
        shipment,
        at,
        at,
        "1.0",
        is_touch,
        ["zone"] if is_change else [],
        json.dumps({"zone": seen}) if is_change else None,
        json.dumps({"zone": seen + 1}) if is_change else None,
    ]


def ids(*numbers: int) -> list[str]:
    """The ids of the events of these numbers."""
    return [f"event-{number}" for number in numbers]


def dead(con: duckdb.DuckDBPyConnection) -> dict[int, str]:
    """Dead letters of the consumer ``hook``: reason by number."""
    return {letter.sequence: letter.reason for letter in DeadLetters(con, "hook").open()}
