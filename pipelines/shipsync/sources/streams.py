"""The streams: which list each reads, and which raw tables its objects become.

``docs/adding-a-stream.md`` tells how one is added: a table in ``tables/`` and a row in ``STREAMS``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from shipsync.api import endpoints
from shipsync.api.endpoints import Listing
from shipsync.sources.schema import OBSERVED_AT, Table
from shipsync.sources.tables import catalogue, orders, parcels, stock

TRACKING = "tracking"


class ReadsBy(StrEnum):
    """How a run reads a stream.

    ``KEYSET``: along the time of change, which rows show and which the list filters by.
    ``NEWEST_FIRST``: once along creation, then the newest change first, for rows that do not show when
    they changed. ``SNAPSHOT``: the list whole. ``PER_PARCEL``: one request for each parcel that is due.
    """

    KEYSET = "keyset"
    NEWEST_FIRST = "newest_first"
    SNAPSHOT = "snapshot"
    PER_PARCEL = "per_parcel"


@dataclass(frozen=True)
class Lines:
    """A list inside each object that has a raw table of its own.

    ``index`` names the column that numbers the lines from 0, None where the list has no order.
    ``in_details``: only the object by itself holds them, its row in the list does not (``Details``).
    """

    table: Table
    list_key: str
    index: str | None = None
    in_details: bool = False


@dataclass(frozen=True)
class Details:
    """What the list leaves out of its rows: ``path`` gives the address of one object by its id.

    An object is asked for when its row in the list changed, and each time until the field ``status``
    says one of ``settled``, for what is left out may change without its row.
    """

    path: Callable[[str], str]
    status: str
    settled: frozenset[str]


@dataclass(frozen=True)
class OpenSet:
    """The rows that may change or vanish unseen by the cursor, and how they are listed.

    ``filter`` is the parameter and the field of a row that hold one of ``statuses``, ``along`` the field
    that no change moves, ``window`` the parameters that bound it.
    """

    filter: str
    statuses: tuple[str, ...]
    along: str
    window: tuple[str, str]


@dataclass(frozen=True)
class Stream:
    """One stream: its list (None where it has none), how it is read, its table, its lines.

    ``cursor`` is the field that a walk goes along: when an object changed last, or was created.
    ``window`` names the query parameters that bound that field. ``voids_by`` holds the parameters that
    list voided rows, the latest first, where the list offers that. ``is_slow``: the list changes so
    seldom that it is read on the longer interval. ``details``: the list leaves something out.
    ``needs_addon``: an account without the Inventory add-on refuses the list, and that is no failure.
    ``dated_by`` is the column that says when a row came about or changed; left out, it is the cursor,
    or when the row was seen. ``open_set``: rows that each run lists whole, whatever the cursor says.
    """

    name: str
    table: Table
    listing: Listing | None
    reads_by: ReadsBy = ReadsBy.SNAPSHOT
    lines: tuple[Lines, ...] = ()
    cursor: str | None = None
    window: tuple[str, str] = ("", "")
    voids_by: Mapping[str, str] = field(default_factory=dict, hash=False)
    is_slow: bool = False
    details: Details | None = None
    needs_addon: bool = False
    dated_by: str = ""
    open_set: OpenSet | None = None

    @property
    def id_key(self) -> str:
        """The first, and for incremental streams only, column of the key."""
        return self.table.key[0]

    @property
    def is_incremental(self) -> bool:
        """Whether a run reads what is new, along a cursor, and not the list whole."""
        return self.reads_by in (ReadsBy.KEYSET, ReadsBy.NEWEST_FIRST)

    @property
    def changes_by(self) -> str | None:
        """The column that says when a row changed last; None where rows do not show it."""
        return self.cursor if self.reads_by is ReadsBy.KEYSET else None

    @property
    def newest_by(self) -> str:
        """The column whose latest value says how new the newest row is."""
        return self.dated_by or self.cursor or OBSERVED_AT

    @property
    def tables(self) -> tuple[Table, ...]:
        """Every raw table that the stream fills, its own first."""
        return (self.table, *(line.table for line in self.lines))


SHIPMENTS = Stream(
    "shipments",
    orders.SHIPMENTS,
    endpoints.SHIPMENTS,
    ReadsBy.KEYSET,
    lines=(
        Lines(orders.SHIPMENT_ITEMS, "items", "item_index"),
        Lines(orders.SHIPMENT_PACKAGES, "packages", "package_index"),
        Lines(orders.SHIPMENT_TAGS, "tags", "tag_index"),
    ),
    cursor="modified_at",
    window=("modified_at_start", "modified_at_end"),
    open_set=OpenSet(
        "shipment_status",
        ("pending", "on_hold", "processing"),
        along="created_at",
        window=("created_at_start", "created_at_end"),
    ),
)
FULFILLMENTS = Stream(
    "fulfillments",
    orders.FULFILLMENTS,
    endpoints.FULFILLMENTS,
    ReadsBy.NEWEST_FIRST,
    cursor="created_at",
    window=("create_date_start", "create_date_end"),
)
LABELS = Stream(
    "labels",
    parcels.LABELS,
    endpoints.LABELS,
    ReadsBy.NEWEST_FIRST,
    lines=(Lines(parcels.LABEL_PACKAGES, "packages", "package_index"),),
    cursor="created_at",
    window=("created_at_start", "created_at_end"),
    # Live accounts answer this order reliably; a void is the change to a label that costs money.
    voids_by={"label_status": "voided", "sort_by": "voided_at", "sort_dir": "desc"},
)
TRACKING_STREAM = Stream(
    TRACKING,
    parcels.TRACKING,
    None,
    ReadsBy.PER_PARCEL,
    lines=(Lines(parcels.TRACKING_EVENTS, "events"),),
)
INVENTORY_LEVELS = Stream(
    "inventory_levels", stock.INVENTORY_LEVELS, endpoints.INVENTORY_LEVELS, needs_addon=True
)
SLOW_STREAMS = (
    Stream(
        "warehouses",
        catalogue.WAREHOUSES,
        endpoints.WAREHOUSES,
        is_slow=True,
        dated_by="created_at",
    ),
    Stream(
        "inventory_warehouses",
        stock.INVENTORY_WAREHOUSES,
        endpoints.INVENTORY_WAREHOUSES,
        is_slow=True,
        needs_addon=True,
        dated_by="updated_at",
    ),
    Stream(
        "inventory_locations",
        stock.INVENTORY_LOCATIONS,
        endpoints.INVENTORY_LOCATIONS,
        is_slow=True,
        needs_addon=True,
        dated_by="updated_at",
    ),
    Stream(
        "products", catalogue.PRODUCTS, endpoints.PRODUCTS, is_slow=True, dated_by="modify_date"
    ),
    Stream(
        "carriers",
        catalogue.CARRIERS,
        endpoints.CARRIERS,
        lines=(Lines(catalogue.CARRIER_SERVICES, "services"),),
        is_slow=True,
    ),
    Stream("tags", catalogue.TAGS, endpoints.TAGS, is_slow=True),
    Stream("suppliers", stock.SUPPLIERS, endpoints.SUPPLIERS, is_slow=True, needs_addon=True),
    Stream(
        "purchase_orders",
        stock.PURCHASE_ORDERS,
        endpoints.PURCHASE_ORDERS,
        lines=(Lines(stock.PURCHASE_ORDER_ITEMS, "products", "item_index", in_details=True),),
        is_slow=True,
        details=Details(
            endpoints.purchase_order, "status", frozenset({"received", "cancelled", "closed"})
        ),
        needs_addon=True,
        dated_by="modify_date",
    ),
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
