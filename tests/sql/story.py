"""Nine days of a small account, built day by day; every test of the change-sets reads from it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pendulum

from shipsync.warehouse.models import BuildReport, build
from sql.raw_tables import RawTables

Event = dict[str, Any]


def day(number: int, hour: int = 8) -> pendulum.DateTime:
    """An instant in March 2026; runs are at eight."""
    return pendulum.datetime(2026, 3, number, hour)


def midnight(year: int, month: int, number: int) -> pendulum.DateTime:
    """A date as shipments carry it."""
    return pendulum.datetime(year, month, number)


def seven(year: int, month: int, number: int) -> pendulum.DateTime:
    """A date as labels and fulfillments carry it: seven o'clock UTC."""
    return pendulum.datetime(year, month, number, 7)


@dataclass
class Story:
    """``raw`` is what has been loaded, ``appended`` the events that each build added, by its name."""

    database: Path
    raw: RawTables = field(default_factory=RawTables)
    appended: dict[str, list[Event]] = field(default_factory=dict)
    reports: dict[str, BuildReport] = field(default_factory=dict)

    def build(self, name: str, now: datetime, **options: Any) -> None:
        """Save the raw tables, build, and keep what was appended under ``name``."""
        known = sum(map(len, self.appended.values()))
        self.raw.save(self.database)
        self.reports[name] = build(self.database, now=now, **options)
        self.appended[name] = self.events()[known:]

    def events(self) -> list[Event]:
        """Every event, in its order."""
        return self.rows("select * from changes.events order by sequence")

    def rows(self, query: str) -> list[dict[str, Any]]:
        """The rows of ``query``, instants in UTC."""
        with duckdb.connect(str(self.database), read_only=True) as con:
            con.execute("set timezone = 'UTC'")
            return con.sql(query).to_arrow_table().to_pylist()


def shipment(number: int, created: datetime, modified: datetime | None = None, **more: Any) -> Any:
    """A shipment's row."""
    first = {
        "shipment_id": f"se-{number}",
        "shipment_number": f"100{number}",
        "shipment_status": "pending",
        "created_at": created,
        "modified_at": modified or created,
        "ship_date": midnight(2026, 3, 1),
        "items": [{"sku": "MUG", "quantity": 1}],
        "tags": [],
    }
    return first | more


def fulfillment(number: int, created: datetime, ships: int, **more: Any) -> Any:
    """A fulfillment's row; ``ships`` is the day of its ship date in March, below 1 in February."""
    first = {
        "fulfillment_id": f"se-9{number}",
        "shipment_id": f"se-{number}",
        "tracking_number": f"1Z{number}",
        "created_at": created,
        "ship_date": seven(2026, 3, 1).add(days=ships - 1),
        "voided": False,
        "order_source_notified": False,
    }
    return first | more


def scan(key: str, hour: int, city: str | None = None) -> Any:
    """An event of label se-71 on 1 March; carriers repeat one with and without its place."""
    return {
        "label_id": "se-71",
        "event_key": key,
        "occurred_at": day(1, hour),
        "event_code": "U1",
        "city_locality": city,
    }


def level(sku: str, on_hand: int, allocated: int) -> Any:
    """The stock of a SKU in the one place there is."""
    place = {"inventory_location_id": "il-1", "inventory_warehouse_id": "iw-1"}
    amounts = {"on_hand": on_hand, "allocated": allocated, "available": on_hand - allocated}
    return {"sku": sku, **place, **amounts}


def tell(database: Path) -> Story:
    """Live the nine days."""
    story = Story(database)
    raw = story.raw
    old = day(1).subtract(days=9)

    def load(number: int, name: str, *rows: Any, load_id: str | None = None) -> None:
        raw.load(name, *rows, load_id=load_id or f"{number}.0", observed_at=day(number))

    load(1, "shipments", shipment(1, old), shipment(2, old), shipment(3, old))
    load(
        1,
        "fulfillments",
        fulfillment(1, old, ships=-3),
        fulfillment(2, old, ships=3),
        fulfillment(3, old, ships=3),
    )
    load(1, "labels", {"label_id": "se-71", "shipment_id": "se-1", "ship_date": seven(2026, 3, 1)})
    load(1, "tracking", {"label_id": "se-71", "status_code": "IT", "event_count": 3})
    load(1, "tracking_events", scan("k1", 5), scan("k2", 5, city="AUSTIN"), scan("k3", 6))
    load(1, "inventory_levels", level("MUG", 5, 2), level("CUP", 3, 0))
    story.build("first", day(1))

    load(2, "tracking_events", scan("k4", 6, city="DALLAS"), scan("k5", 9))
    load(2, "inventory_levels", level("MUG", 4, 1))
    load(
        2,
        "shipments",
        shipment(4, day(1, 12), day(1, 15)),
        shipment(
            1, old, day(1, 10), shipment_status="cancelled", items=[{"sku": "MUG", "quantity": 2}]
        ),
        shipment(2, old, day(1, 11)),
    )
    load(
        2,
        "fulfillments",
        fulfillment(3, old, ships=3, voided=True, voided_at=day(1, 20)),
        fulfillment(4, day(1, 21), ships=2),
    )
    story.build("second", day(2), select="changes", run_tests=False)
    story.build("full refresh", day(2), full_refresh=True, select="changes", run_tests=False)

    story.build("third", day(3), select="changes", run_tests=False)

    load(4, "shipments", shipment(4, day(1, 12), day(3, 9), tags=[{"name": "gift"}]))
    load(4, "fulfillments", fulfillment(4, day(1, 21), ships=2, order_source_notified=True))
    load(
        5,
        "shipments",
        shipment(4, day(1, 12), day(4, 9), tags=[]),
        shipment(5, day(1).subtract(days=20)),
    )
    load(5, "fulfillments", fulfillment(4, day(1, 21), ships=2))
    story.build("fifth", day(5), select="changes", run_tests=False)

    load(6, "fulfillments", fulfillment(2, old, ships=8), load_id="0.5")
    story.build("ninth", day(9), select="changes", run_tests=False)

    back = day(1).subtract(days=15)
    story.build("looking back", day(9), changes_since=back, select="changes", run_tests=False)
    story.build("last", day(9))
    return story
