"""The ledger's tables, made by numbered SQL files, each applied once in one transaction with its record."""

from __future__ import annotations

from importlib import resources

import duckdb

from shipsync import clock
from shipsync.errors import DatabaseError
from shipsync.statements import script, statement
from shipsync.version import __version__

_MIGRATIONS = "shipsync.warehouse.migrations"
_STATEMENTS = "shipsync.warehouse"


def migrate(con: duckdb.DuckDBPyConnection) -> list[str]:
    """Bring schema ``ledger`` up to date; returns the names of the migrations applied now.

    A migration that fails leaves neither its tables nor its record. Raises ``DatabaseError`` for a
    ledger that holds what only a newer version knows.
    """
    con.execute(statement(_STATEMENTS, "create_ledger"))
    con.execute(statement(_STATEMENTS, "create_migrations"))
    done = {name for (name,) in con.execute(statement(_STATEMENTS, "list_migrations")).fetchall()}
    names = sorted(
        file.name.removesuffix(".sql")
        for file in resources.files(_MIGRATIONS).iterdir()
        if file.name.endswith(".sql")
    )
    if unknown := sorted(done.difference(names)):
        raise DatabaseError(
            f"This database was written by a newer shipsync, whose ledger has {unknown[-1]}; this one is "
            f"{__version__}. Use the newer one; nothing was changed."
        )
    missing = [name for name in names if name not in done]
    for name in missing:
        con.begin()
        try:
            con.execute(script(_MIGRATIONS, name))
            con.execute(statement(_STATEMENTS, "record_migration"), [name, clock.now()])
            con.commit()
        except duckdb.Error:
            con.rollback()
            raise
    return missing
