"""The streams: which list each reads, and which raw tables its objects become.

A newcomer adds a stream by a table in ``tables.py`` and a row in ``STREAMS``.
"""

from __future__ import annotations

from dataclasses import dataclass

from shipsync.api import endpoints
from shipsync.api.endpoints import Listing
from shipsync.sources import tables
from shipsync.sources.schema import Table

TRACKING = "tracking"


@dataclass(frozen=True)
class Lines:
    """A list inside each object that has a raw table of its own.

    ``index`` names the column that numbers the lines from 0, None where the list has no order.
    """

    table: Table
    list_key: str
    index: str | None = None


@dataclass(frozen=True)
class Stream:
    """One stream: its list (None for tracking, which has none), its table, its lines.

    ``cursor`` is the field that a walk goes along: when an object changed last, or was created.
    ``window`` names the query parameters that bound that field, ``sort_by`` the value that sorts by it.
    """

    name: str
    table: Table
    listing: Listing | None
    lines: tuple[Lines, ...] = ()
    cursor: str | None = None
    window: tuple[str, str] = ("", "")
    is_slow: bool = False

    @property
    def id_key(self) -> str:
        """The first, and for incremental streams only, column of the key."""
        return self.table.key[0]

    @property
    def tables(self) -> tuple[Table, ...]:
        """Every raw table that the stream fills, its own first."""
        return (self.table, *(line.table for line in self.lines))


SHIPMENTS = Stream(
    "shipments",
    tables.SHIPMENTS,
    endpoints.SHIPMENTS,
    lines=(
        Lines(tables.SHIPMENT_ITEMS, "items", "item_index"),
        Lines(tables.SHIPMENT_PACKAGES, "packages", "package_index"),
        Lines(tables.SHIPMENT_TAGS, "tags", "tag_index"),
    ),
    cursor="modified_at",
    window=("modified_at_start", "modified_at_end"),
)
FULFILLMENTS = Stream(
    "fulfillments",
    tables.FULFILLMENTS,
    endpoints.FULFILLMENTS,
    cursor="created_at",
    window=("create_date_start", "create_date_end"),
)
LABELS = Stream(
    "labels",
    tables.LABELS,
    endpoints.LABELS,
    lines=(Lines(tables.LABEL_PACKAGES, "packages", "package_index"),),
    cursor="created_at",
    window=("created_at_start", "created_at_end"),
)
TRACKING_STREAM = Stream(
    TRACKING, tables.TRACKING, None, lines=(Lines(tables.TRACKING_EVENTS, "events"),)
)
INVENTORY_LEVELS = Stream("inventory_levels", tables.INVENTORY_LEVELS, endpoints.INVENTORY_LEVELS)
SLOW_STREAMS = (
    Stream("warehouses", tables.WAREHOUSES, endpoints.WAREHOUSES, is_slow=True),
    Stream(
        "inventory_warehouses",
        tables.INVENTORY_WAREHOUSES,
        endpoints.INVENTORY_WAREHOUSES,
        is_slow=True,
    ),
    Stream(
        "inventory_locations",
        tables.INVENTORY_LOCATIONS,
        endpoints.INVENTORY_LOCATIONS,
        is_slow=True,
    ),
    Stream("products", tables.PRODUCTS, endpoints.PRODUCTS, is_slow=True),
    Stream(
        "carriers",
        tables.CARRIERS,
        endpoints.CARRIERS,
        lines=(Lines(tables.CARRIER_SERVICES, "services"),),
        is_slow=True,
    ),
    Stream("tags", tables.TAGS, endpoints.TAGS, is_slow=True),
)

STREAMS: dict[str, Stream] = {
    stream.name: stream
    for stream in (
        SHIPMENTS,
        FULFILLMENTS,
        LABELS,
        TRACKING_STREAM,
        INVENTORY_LEVELS,
        *SLOW_STREAMS,
    )
}
