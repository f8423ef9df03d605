"""How old the stock is that a plan compares with, and reading it again when it is too old."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from shipsync import clock
from shipsync.api.session import Session
from shipsync.connection import Connection
from shipsync.errors import IncompleteRead
from shipsync.reverse.stock.stored import read_at
from shipsync.sync.run import run_sync
from shipsync.warehouse import lock
from shipsync.warehouse.copies import readable
from shipsync.warehouse.database import connect, explained
from shipsync.warehouse.ledger import migrate

STREAMS = frozenset({"inventory_levels", "inventory_locations"})


def is_older(database: Path, age: timedelta) -> bool:
    """Whether the stock was last read longer ago than ``age``, or never."""
    if not database.exists():
        return True
    with readable(database) as con:
        last = read_at(con)
    return last is None or last < clock.now() - age


def reread(connection: Connection, session: Session) -> None:
    """Read levels and locations into the database; nothing else is read.

    Raises ``LockHeld``, ``DatabaseError``, and ``IncompleteRead`` when they could not be read whole.
    """
    file = connection.database
    with lock.hold(file), explained(file), connect(file) as con:
        migrate(con)
        report = run_sync(con, connection, session, only=STREAMS, command="stock plan")
    if report.failed:
        failed = report.failed[0]
        raise IncompleteRead(f"The stock could not be read again: {failed.error}")
