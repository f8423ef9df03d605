"""A few rows for each place where Spark, or sqlglot's Spark, gives another value without an error.

Clocks go forward on 8 March 2026, at seven o'clock UTC in New York, at ten in Los Angeles.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pendulum

from shipsync.warehouse.database import connect
from shipsync.warehouse.ledger import migrate
from shipsync.warehouse.models import build
from sql.raw_tables import RawTables, Row

NOW = pendulum.datetime(2026, 3, 9, 20)
_NUMBERS = (
    "#10452",
    "\uff21\uff11\uff12\uff0d\uff17",
    "\u0661\u0660\u0660\u0661",
    "LW-1001-EU",
    "LW-1002-EU",
    "LW-1003-EU",
    "00012",
    "00013",
    "12\n",
    "A 12\u00a07\u200b",
    "it's \\d {% raw %} $1",
    "\u0130-\u00df-9",
    "\u039f\u0394\u039f\u03a3-7",
    "...",
    None,
)
_DAYS = (
    *("2026", "2026-03", "2026-3-5", "2026/03/05", "2026-03-05T10:00:00+09:00", "2026-03-05 x"),
    *("1970-01-01", "9999-12-31", "2026-02-30", " 2026-03-05", "tomorrow", ""),
)
_DELIVERED = (
    *(
        "2026-03-05T10:00:00Z",
        "2026-03-05 10:00",
        "2026-03-05",
        "2026",
        "10:00",
        "2026-03-05T10:00:00.25",
    ),
)


def at(day: int, hour: int = 8, minute: int = 0, second: int = 0) -> datetime:
    """An instant in March 2026."""
    return pendulum.datetime(2026, 3, day, hour, minute, second)


def shipment(number: int, created: datetime, **more: Any) -> Row:
    first = {
        "shipment_id": f"se-{number}",
        "shipment_number": f"9{number}",
        "store_id": "shop",
        "shipment_status": "pending",
        "created_at": created,
        "modified_at": created,
        "warehouse_id": "wh",
        "zone": 5,
        "ship_to_country_code": "US",
        "ship_to_postal_code": "78701-1234",
    }
    return first | more


def label(number: int, created: datetime, **more: Any) -> Row:
    first = {
        "label_id": f"la-{number}",
        "shipment_id": f"se-{number}",
        "status": "completed",
        "tracking_number": f"1Z{number}",
        "carrier_code": "ups",
        "service_code": "ups_ground",
        "created_at": created,
        "shipment_cost": Decimal("7.1"),
        "shipment_cost_currency": "usd",
    }
    return first | more


def scan(number: int, key: str, moment: datetime | None, code: str | None, **more: Any) -> Row:
    first = {
        "label_id": f"la-{number}",
        "event_key": key,
        "occurred_at": moment,
        "status_code": code,
    }
    return first | more


def shipments() -> list[Row]:
    numbered = [
        shipment(100 + n, at(1, 8, n), shipment_number=number, external_order_id=number)
        for n, number in enumerate(_NUMBERS)
    ]
    # Around 48, 72 and 120 hours before the build, counted across the change of clocks.
    waiting = [
        shipment(200 + n, NOW.subtract(hours=hours, minutes=30 * part))
        for n, (hours, part) in enumerate(
            (hours, part) for hours in (48, 72, 120) for part in (-3, -1, 0, 1, 3)
        )
    ]
    # Midnights of several zones, nights of the change, and what stands for an unknown day.
    dated = [
        shipment(300 + n, at(2), ship_date=instant, ship_by_date=instant, deliver_by_date=instant)
        for n, instant in enumerate(
            (
                at(7, 0),
                at(8, 8),
                at(8, 7, 30),
                at(8, 6, 59, 59),
                at(9, 7),
                at(9, 12),
                pendulum.datetime(1970, 1, 1),
            )
        )
    ]
    # One number, several buyers: a postal code of nine digits is that of five.
    buyers = [
        shipment(
            400 + n, at(3), shipment_number="7777", ship_to_name=name, ship_to_postal_code=code
        )
        for n, (name, code) in enumerate(
            (
                ("Ann O'Hara", "787011234"),
                ("ann ohara", "78701"),
                ("Änne", "78701"),
                (None, "78701"),
            )
        )
    ]
    return [*numbered, *waiting, *dated, *buyers]


def tracking(raw: RawTables) -> None:
    """Answers with texts of days, scans at the change of clocks, codes that nobody knows."""
    answers = [
        {"label_id": f"la-{500 + n}", "status_code": "IT", "estimated_delivery_date_text": text}
        for n, text in enumerate(_DAYS)
    ]
    answers += [
        {
            "label_id": f"la-{530 + n}",
            "status_code": "DE",
            "actual_delivery_date": at(5, 18),
            "actual_delivery_date_text": text,
        }
        for n, text in enumerate(_DELIVERED)
    ]
    raw.load("tracking", *answers, load_id="2.0", observed_at=at(6))
    scans = [
        # The same scan told again within a minute, and one after it; New York's clocks jump in between.
        scan(500, "a", at(8, 6, 59, 40), "IT", event_code="X", city_locality="AUSTIN"),
        scan(500, "b", at(8, 7, 0, 20), "IT", event_code="X", city_locality="AUSTIN"),
        scan(500, "c", at(8, 7, 1, 21), "IT", event_code="X", city_locality="AUSTIN"),
        # Only the carrier's own time, in an hour that Los Angeles and New York do not have.
        scan(
            501,
            "a",
            None,
            "IT",
            carrier_occurred_at=pendulum.naive(2026, 3, 8, 2, 30),
            description="In",
        ),
        scan(
            501,
            "b",
            None,
            "DE",
            carrier_occurred_at=pendulum.naive(2026, 3, 8, 3, 0, 0, 5),
            signer="B",
        ),
        # One instant, two scans: with and without a city, in either order of their keys.
        scan(502, "a", at(4), "IT", event_code="Y", city_locality=None),
        scan(502, "b", at(4), "IT", event_code="Y", city_locality="DALLAS"),
        scan(502, "c", at(4), "AT", status_detail_code="NEVER_HEARD_OF"),
        scan(502, "d", at(5), None, status_detail_code="NEVER_HEARD_OF"),
        scan(503, "a", at(4), "DE", event_code=None, description="Left at door"),
        scan(503, "b", at(7, 20), "IT", event_code="Z"),
        scan(504, "a", NOW.subtract(hours=72, minutes=30), "IT"),
        scan(505, "a", NOW.subtract(hours=72), "IT"),
        scan(506, "a", NOW.subtract(hours=71, minutes=30), "IT"),
    ]
    raw.load("tracking_events", *scans, load_id="2.0", observed_at=at(6))


def parcels(raw: RawTables) -> None:
    """Labels with odd boxes, bills, refunds and returns, and enough old ones for quantiles."""
    labels = [label(500 + n, at(1 + n % 6, 8, n)) for n in range(len(_DAYS))]
    labels += [label(530 + n, at(2)) for n in range(len(_DELIVERED))]
    bill = [
        {"rate_detail_type": "shipping", "amount": {"amount": 6.10}},
        {"rate_detail_type": "fuel_surcharge", "amount": {"amount": 1.005}},
        {"rate_detail_type": None, "amount": {"amount": "0.5000"}},
        {"amount": None},
    ]
    labels += [
        label(600, at(1), rate_details=bill),
        label(601, at(1), rate_details=[]),
        label(
            602, at(1), voided=True, status="voided", refund_details={"refund_status": "approved"}
        ),
        label(603, at(1), voided=True, status="voided", refund_details={"refund_status": None}),
        label(604, at(1), is_return_label=True, outbound_label_id="la-503", rma_number="R1"),
    ]
    old = pendulum.datetime(2026, 2, 2, 9)
    labels += [label(700 + n, old.add(hours=n)) for n in range(12)]
    raw.load("labels", *labels, load_id="1.0", observed_at=at(6))
    sent = [
        shipment(int(one["label_id"][3:]), one["created_at"], shipment_status="label_purchased")
        for one in labels
    ]
    raw.load("shipments", *shipments(), *sent, load_id="1.0", observed_at=at(6))
    delivered = [
        scan(700 + n, key, old.add(hours=n, days=1, minutes=minutes), code, event_code=key)
        for n in range(12)
        for key, minutes, code in (("p", 17, "AC"), ("q", 24 * 60 + n * n * 37, "DE"))
    ]
    raw.load("tracking_events", *delivered, load_id="3.0", observed_at=at(7))
    answered = [{"label_id": f"la-{700 + n}", "status_code": "DE"} for n in range(12)]
    raw.load("tracking", *answered, load_id="3.0", observed_at=at(7))
    boxes = [
        box(600, 0, weight_value=1, weight_unit="kilogram", dimensions_unit="centimeter"),
        box(600, 1, weight_value=3.3333333, weight_unit="ounce", tracking_number="1Z600B"),
        box(600, 2, weight_value=0.0000005, weight_unit="pound", tracking_number=None),
        box(601, 0, weight_value=453.59237, weight_unit="gram"),
        box(700, 0, weight_value=7, weight_unit="stone"),
    ]
    raw.load("label_packages", *boxes, load_id="1.0", observed_at=at(6))


def box(number: int, index: int, **more: Any) -> Row:
    sides = {"dimensions_length": 10.1, "dimensions_width": 7.7, "dimensions_height": 3.3}
    first = {"label_id": f"la-{number}", "package_index": index, "dimensions_unit": "inch"}
    return first | sides | {"tracking_number": f"1Z{number}"} | more


def goods(raw: RawTables) -> None:
    """Lines, stock that ends and begins again, and what is on its way."""
    lines = [
        {
            "shipment_id": f"se-{number}",
            "item_index": n,
            "sku": sku,
            "quantity": count,
            "unit_price": Decimal(price),
        }
        for number in (200, 204, 210, 500, 503, 600, 601, 705)
        for n, (sku, count, price) in enumerate(
            (("MUG", 3, "9.99"), ("CUP", 1, "0.005"), ("", 1, "-2.5"))
        )
    ]
    raw.load("shipment_items", *lines, load_id="1.0", observed_at=at(6))
    place = {"inventory_location_id": "il", "inventory_warehouse_id": "iw"}
    for day, hour, mugs in ((6, 8, 5), (8, 6, 2), (8, 10, 0), (9, 19, 7)):
        levels = [{"sku": "MUG", "on_hand": mugs, "allocated": 1, "available": mugs - 1, **place}]
        if day != 8:
            levels.append({"sku": "CUP", "on_hand": None, "allocated": 0, "available": 4, **place})
        raw.load("inventory_levels", *levels, load_id=f"{day}.{hour}", observed_at=at(day, hour))


_LEDGER = """
insert into ledger.gone (stream, entity_id, times, closed_at, found_at, closed_because, merged_into,
    run_id) values
    ('shipments', 'se-100', 1, '2026-03-06 08:00:00+00', '2026-03-07 09:00:00+00', 'gone', null, 'r1'),
    ('shipments', 'se-101', 1, '2026-03-06 08:00:00+00', '2026-03-07 09:00:00+00', 'merged', 'se-102',
        'r1');
insert into ledger.rates (asked_at, connection, shipment_id, rate_id, carrier_code, service_code,
    delivery_days, total_amount, total_amount_currency, is_usable)
select timestamptz '2026-02-20 08:00:00+00', 'default', 'se-600', 'r' || n, 'ups', 's' || n % 3,
    nullif(n, 2), 5 + n * 0.7, 'usd', n <> 5
from range(7) as numbers(n);
insert into ledger.rates (asked_at, connection, shipment_id, rate_id, carrier_code, service_code,
    delivery_days, total_amount, total_amount_currency, is_usable)
values ('2026-02-21 08:00:00+00', 'default', 'se-600', 'x', 'ups', 'ups_ground', null, 6.2, 'usd', true),
    ('2026-02-21 08:00:00+00', 'default', 'se-600', 'y', 'usps', 'ground', 3, 5.55, 'usd', true);
"""


def odd_shop(database: Path) -> None:
    """All of it, loaded and built as of ``NOW``."""
    raw = RawTables()
    parcels(raw)
    tracking(raw)
    goods(raw)
    raw.save(database)
    with connect(database) as con:
        migrate(con)
        con.execute(_LEDGER)
    build(database, now=NOW, changes_since=pendulum.datetime(2026, 1, 1), run_tests=False)
