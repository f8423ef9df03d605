"""Asking where orders are, from Python."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from shipsync.tracking.order import Order
from shipsync.tracking.reading import FoundOrders, find_order, find_orders
from shipsync.warehouse.copies import readable

if TYPE_CHECKING:
    import duckdb

    Database = Path | str | duckdb.DuckDBPyConnection


def track(order_id: str, *, connection: str = "default", database: Database | None = None) -> Order:
    """Where an order is, by what the last sync brought: its shipments, their parcels, their scans.

    ``order_id`` is its shipment number, shipment id, external shipment or order id, sales order id, or a
    tracking number, also with a ``#`` or a shop's prefix. ``connection`` names the account,
    ``database`` another file than its own, or an open DuckDB connection. Reads no network and no key.

    Raises ``UnknownOrder``, ``AmbiguousOrder``, ``DatabaseError`` (no database, or none with tables),
    ``DatabaseLocked`` (a run is writing just now) and ``ConfigurationError``.
    """
    with _opened(connection, database) as con:
        if con is not database:
            # Statements this small take longer to be handed out to threads than to be done.
            con.execute("set threads = 1")
        return find_order(con, order_id)


def track_many(
    order_ids: Iterable[str], *, connection: str = "default", database: Database | None = None
) -> FoundOrders:
    """Where many orders are, read together: thousands cost little more than one.

    Arguments as for ``track``. Raises the same errors but ``UnknownOrder`` and ``AmbiguousOrder``:
    such references are in the batch's ``unknown`` and ``ambiguous``.
    """
    with _opened(connection, database) as con:
        return find_orders(con, order_ids)


@contextmanager
def _opened(connection: str, database: Database | None) -> Iterator[duckdb.DuckDBPyConnection]:
    if database is None or isinstance(database, str | Path):
        from shipsync import settings

        file = settings.local(connection).database if database is None else Path(database)
        with readable(file) as con:
            yield con
    else:
        yield database
