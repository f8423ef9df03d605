"""Who writes into a DuckLake whose catalog is in Postgres, by locks of that server.

A lake of one account has one publisher. In one of many accounts each has one, and only while it writes into
the catalog it is alone there: DuckLake repeats the commit of two that add rows, but refuses one of two that
add and remove some, and notices neither a table dropped under rows that came nor two that delete from one
file (tried with 1.0). All locks are given up with the connection, however it ends.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from shipsync.errors import LockHeld
from shipsync.export.postgres import Postgres
from shipsync.publish.source import STATEMENTS
from shipsync.statements import statement


class LakeLocks:
    """The locks of one publisher over ``con``, on the lake that is told as ``told``."""

    def __init__(self, con: Any, lake: str, told: str) -> None:
        self._con = con
        self._lake = lake
        self._told = told

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Wait until no other account writes into the catalog, and keep them waiting for the block's time.

        Raises ``LockHeld`` where another writes for ten minutes.
        """
        from psycopg2.errors import LockNotAvailable

        try:
            self._ask("ducklake_wait_to_write")
        except LockNotAvailable:
            raise LockHeld(
                f"Another account has been writing into the lake of {self._told} for ten minutes. Wait for "
                "its end, then publish again."
            ) from None
        try:
            yield
        finally:
            self._ask("ducklake_end_writing")

    def take(self, account: str | None) -> None:
        """Keep other publishers out of the lake, or those of ``account``. Raises ``LockHeld``."""
        self._ask("ducklake_patience")
        name = "ducklake_lock" if account is None else "ducklake_lock_account"
        if not all(self._ask(name, account=account)):
            raise LockHeld(
                f"Another publish is at work on {self._told}. Wait for its end, then publish again."
            )

    def _ask(self, name: str, **values: str | None) -> tuple[Any, ...]:
        with self._con.cursor() as cursor:
            cursor.execute(statement(STATEMENTS, name), {"lake": self._lake, **values})
            return tuple(cursor.fetchone())


@contextmanager
def locked(
    server: Postgres, schema: str | None, account: str | None, told: str
) -> Iterator[LakeLocks]:
    """The lake in ``schema`` of ``server``, or the rows of ``account`` in it, for one publish at a time.

    Raises ``LockHeld``, and ``ExportFailed`` for a server that cannot be reached.
    """
    import psycopg2

    try:
        with closing(psycopg2.connect(server.url.reveal(), connect_timeout=10)) as con:
            con.autocommit = True
            locks = LakeLocks(con, schema or "public", told)
            locks.take(account)
            yield locks
    except psycopg2.Error as failure:
        raise server.failed(failure, "publish again") from failure
