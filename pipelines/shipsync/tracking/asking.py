"""Asking where orders are, from Python."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from shipsync.tracking.order import Order
from shipsync.tracking.reading import FoundOrders, find_order, find_orders
from shipsync.tracking.references import OwnAffixes
from shipsync.warehouse.copies import readable

if TYPE_CHECKING:
    import duckdb

    Database = Path | str | duckdb.DuckDBPyConnection


def track(order_id: str, *, connection: str = "default", database: Database | None = None) -> Order:
    """Where an order is, by what the last sync brought: its shipments, their parcels, their scans.

    ``order_id`` is its shipment number, shipment id, external shipment or order id, sales order id, or a
    tracking number, also with a ``#`` or a prefix or suffix of the shop's own. ``connection`` names the
    account, ``database`` another file than its own, or an open DuckDB connection. Reads no network and no
    key. A number that stands for orders of several shops or buyers is ambiguous, and nothing is told of any.

    Raises ``UnknownOrder``, ``AmbiguousOrder``, ``DatabaseError`` (no database, or none with tables),
    ``DatabaseLocked`` (a run is writing just now) and ``ConfigurationError``.
    """
    with _opened(connection, database) as (con, own):
        if con is not database:
            # Statements this small take longer to be handed out to threads than to be done.
            con.execute("set threads = 1")
        return find_order(con, order_id, own)


def track_many(
    order_ids: Iterable[str], *, connection: str = "default", database: Database | None = None
) -> FoundOrders:
    """Where many orders are, read together: thousands cost little more than one.

    Arguments as for ``track``. Raises the same errors but ``UnknownOrder`` and ``AmbiguousOrder``:
    such references are in the batch's ``unknown`` and ``ambiguous``.
    """
    with _opened(connection, database) as (con, own):
        return find_orders(con, order_ids, own)


@contextmanager
def _opened(
    connection: str, database: Database | None
) -> Iterator[tuple[duckdb.DuckDBPyConnection, OwnAffixes]]:
    """The database, and the affixes that were set for the numbers of the connection's account."""
    if database is None or isinstance(database, str | Path):
        from shipsync import settings

        local = settings.local(connection, database=Path(database) if database else None)
        with readable(local.database) as con:
            yield (
                con,
                OwnAffixes(local.order_prefixes, local.order_suffixes, local.merchant.zone),
            )
    else:
        yield database, OwnAffixes()
