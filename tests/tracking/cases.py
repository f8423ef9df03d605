"""Orders in the situations that buyers ask about, as the API gives them: bodies, not rows.

Each takes the way of a sync: body, parsed into the raw table's rows, into the table. The carriers'
codes and habits are those of the captures: UPS gives no standard detail code on the way and times without
an offset before, FedEx dates without an offset, USPS no text for an exception.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import duckdb
import pendulum
import pyarrow as pa

from shipsync.sources.canonical import content_hash
from shipsync.sources.rows import to_rows
from shipsync.sources.streams import FULFILLMENTS, LABELS, SHIPMENTS, TRACKING_STREAM
from shipsync.sources.tables import TABLES
from shipsync.sources.tracking import labelled
from shipsync.warehouse.ledger import migrate

Body = dict[str, Any]

NOW = pendulum.datetime(2026, 3, 12, 18, 0)
ASKED = pendulum.datetime(2026, 3, 12, 17, 30)
STATUS = {
    "NY": "Not Yet In System",
    "AC": "Accepted",
    "IT": "In Transit",
    "AT": "Delivery Attempt",
    "EX": "Exception",
    "DE": "Delivered",
    "SP": "Delivered To Service Point",
}


@dataclass
class Case:
    """One order: its shipments, labels and fulfillments, and by label what the carrier says.

    ``gone`` says of shipments that the account knows no more into which they were merged, if that was it.
    """

    shipments: list[Body] = field(default_factory=list)
    labels: list[Body] = field(default_factory=list)
    fulfillments: list[Body] = field(default_factory=list)
    tracking: dict[str, Body] = field(default_factory=dict)
    gone: dict[str, str | None] = field(default_factory=dict)


def order(number: str, *labels: Body, **more: Any) -> Case:
    """An order of one shipment with these labels; ``tracking`` bodies stand in the labels."""
    case = Case()
    shipment_id = f"se-{number}"
    case.shipments.append(shipment(number, shipment_id, bool(labels), **more))
    for index, label in enumerate(labels):
        add_label(case, shipment_id, f"se-9{number}{index}", label)
    return case


def shipment(number: str, shipment_id: str, is_labelled: bool, **more: Any) -> Body:
    """A shipment as the list gives it."""
    return {
        "shipment_id": shipment_id,
        "shipment_number": number,
        "store_id": "se-2481103",
        "shipment_status": "label_purchased" if is_labelled else "pending",
        "created_at": "2026-03-02T10:00:00Z",
        "modified_at": "2026-03-02T10:00:00Z",
        "ship_date": "2026-03-02T00:00:00Z",
        "ship_to": {"name": f"Buyer of {number}", "postal_code": "89501"},
        **more,
    }


def add_label(case: Case, shipment_id: str, label_id: str, label: Body) -> None:
    """Put a label under a shipment, and what the carrier says of it beside it."""
    known = dict(label)
    told = known.pop("tracking", None)
    body = {
        "label_id": label_id,
        "shipment_id": shipment_id,
        "status": "completed",
        "created_at": "2026-03-03T09:00:00Z",
        "ship_date": "2026-03-03T07:00:00Z",
        "voided": False,
        "trackable": True,
        **known,
    }
    case.labels.append(body)
    if told is not None:
        told.update(tracking_number=body["tracking_number"], tracking_url=body.get("tracking_url"))
        case.tracking[label_id] = told


def usps(tracking: Body | None = None, **more: Any) -> Body:
    """A USPS label."""
    return _label("stamps_com", "9400100000000000000001", tracking, **more)


def ups(tracking: Body | None = None, **more: Any) -> Body:
    """A UPS label."""
    return _label("ups", "1Z999AA10123456784", tracking, **more)


def fedex(tracking: Body | None = None, **more: Any) -> Body:
    """A FedEx label."""
    return _label("fedex_walleted", "383144378470", tracking, **more)


def _label(carrier: str, number: str, tracking: Body | None, **more: Any) -> Body:
    told = {} if tracking is None else {"tracking": {"carrier_code": carrier, **tracking}}
    url = f"https://track.example/{more.get('tracking_number', number)}"
    return {
        "carrier_code": carrier,
        "tracking_number": number,
        "tracking_url": url,
        **told,
        **more,
    }


def said(status: str, detail: str | None, words: str, *events: Body, **more: Any) -> Body:
    """What the carrier says: the head of a tracking answer and its events, newest first."""
    return {
        "status_code": status,
        "status_detail_code": detail,
        "status_detail_description": None,
        "carrier_id": 1,
        "carrier_detail_code": None,
        "status_description": STATUS.get(status, "Unknown"),
        "carrier_status_code": "X",
        "carrier_status_description": words,
        "ship_date": None,
        "estimated_delivery_date": None,
        "actual_delivery_date": None,
        "exception_description": None,
        "events": list(events),
        **more,
    }


def seen(local: str, status: str, detail: str | None, words: str, **more: Any) -> Body:
    """An event in Reno, seven hours behind UTC; its local time carries a Z that is not true."""
    moment = pendulum.parse(local)
    assert isinstance(moment, pendulum.DateTime)
    return {
        "occurred_at": moment.add(hours=7).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "carrier_occurred_at": moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "description": words,
        "city_locality": "RENO",
        "state_province": "NV",
        "postal_code": "",
        "country_code": "US",
        "event_code": words[:12],
        "status_code": status,
        "status_description": STATUS.get(status),
        "status_detail_code": detail,
        "carrier_status_description": words,
        **more,
    }


def hold_cases(con: duckdb.DuckDBPyConnection, cases: list[Case], asked: datetime = ASKED) -> None:
    """Make the raw tables, holding the cases as a sync at ``asked`` would have left them."""
    con.execute("create schema raw")
    valid = [pa.field("_dlt_valid_to", pa.timestamp("us", tz="UTC"))]
    rows = _tables(cases, asked)
    for table in TABLES:
        schema = pa.schema([*table.arrow_schema, *valid])
        content = pa.concat_tables(
            [*rows.get(table.name, []), schema.empty_table()], promote_options="default"
        )
        con.from_arrow(content.select(schema.names).cast(schema)).create(f"raw.{table.name}")
    migrate(con)
    for case in cases:
        for shipment_id, merged_into in case.gone.items():
            let_go(con, shipment_id, merged_into, asked)
    con.execute(
        "insert into ledger.stream_runs by name select 'run' as run_id, stream, 'loaded' as outcome, "
        "$asked as read_at, $asked as finished_at, 0 as rows, 0 as unchanged, 0 as stale, "
        "0 as caught_late, 0 as pages, 0 as requests, 0 as packages "
        "from (values ('shipments'), ('labels')) streams(stream)",
        {"asked": asked},
    )


def let_go(
    con: duckdb.DuckDBPyConnection, shipment_id: str, merged_into: str | None, at: datetime
) -> None:
    """Close a shipment as a sync does which finds it gone, or merged into another one."""
    con.execute(
        "update raw.shipments set _dlt_valid_to = ? where shipment_id = ?", [at, shipment_id]
    )
    because = "merged" if merged_into else "gone"
    con.execute(
        "insert into ledger.gone values ('shipments', ?, 1, ?, ?, ?, ?, 'run')",
        [shipment_id, at, at, because, merged_into],
    )


def _tables(cases: list[Case], asked: datetime) -> dict[str, list[pa.Table]]:
    found: dict[str, list[pa.Table]] = {}
    for stream, bodies in _bodies(cases):
        if bodies:
            tables = to_rows(stream, bodies, [content_hash(body) for body in bodies], asked).tables
            for name, table in tables.items():
                found.setdefault(name, []).append(table)
    return found


def _bodies(cases: list[Case]) -> Iterator[tuple[Any, list[Body]]]:
    yield SHIPMENTS, [body for case in cases for body in case.shipments]
    yield LABELS, [body for case in cases for body in case.labels]
    yield FULFILLMENTS, [body for case in cases for body in case.fulfillments]
    yield (
        TRACKING_STREAM,
        [labelled(label_id, body) for case in cases for label_id, body in case.tracking.items()],
    )
