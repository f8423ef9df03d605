"""Whether a ledger is the one that knows what was sent of a plan, and for this connection."""

from __future__ import annotations

from pathlib import Path

import duckdb

from shipsync import queries
from shipsync.connection import Connection
from shipsync.errors import NeedsPerson, UsageError
from shipsync.reverse.outbox.store import STATEMENTS, connections
from shipsync.statements import statement


def ledger_id(con: duckdb.DuckDBPyConnection) -> str | None:
    """Which ledger an open database has; None for one that is older than these ids."""
    try:
        found = con.execute(statement(STATEMENTS, "ledger_id")).fetchone()
    except duckdb.CatalogException as error:
        if not queries.is_missing_table(error):
            raise
        return None
    return None if found is None else str(found[0])


def check_is_there(database: Path) -> None:
    """Raise ``UsageError`` when there is no file: a new one would not know what was sent."""
    if not database.exists():
        raise UsageError(
            f"There is no database {database}, whose ledger says what was sent before. Choose the one "
            "that the plan was made from with --database."
        )


def check_own_ledger(
    con: duckdb.DuckDBPyConnection, connection: Connection, planned_in: str | None
) -> None:
    """Raise ``UsageError`` when the ledger is not that of the plan, or is another connection's.

    What either sent would not be known for done here, and be made once more.
    """
    if planned_in is not None and planned_in != ledger_id(con):
        raise UsageError(
            f"The plan was made from another database than {connection.database}, whose ledger does not "
            "say what was sent of it. Choose that one with --database, or plan again. Nothing was sent."
        )
    known = connections(con)
    others = [name for name in known if name != connection.name]
    if len(known) > 1:
        raise UsageError(
            f"This database holds the writes of several connections ({', '.join(known)}), so that none knows "
            "for sure what was sent to its account. Give each one a database of its own with --database; "
            "`shipsync writes status` shows what was sent from this one."
        )
    if others:
        raise UsageError(
            f"This database holds the writes of connection {others[0]!r}, so {connection.name!r} sends "
            "nothing from it. Choose the one with --connection, or another file with --database."
        )


def check_released(con: duckdb.DuckDBPyConnection) -> None:
    """Raise ``NeedsPerson`` while it is not known what was sent between a backup and its restore."""
    held = con.execute(statement(STATEMENTS, "restores_held")).fetchone()
    if held is not None:
        taken_at, restored_at = held
        raise NeedsPerson(
            f"This database was restored at {restored_at:%Y-%m-%d %H:%M} UTC from a backup of "
            f"{taken_at:%Y-%m-%d %H:%M} UTC, so it does not know what was sent to the account in between. "
            "Make sure that nothing of that time is sent again, then `shipsync writes release`. Nothing was "
            "sent."
        )
