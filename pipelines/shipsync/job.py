"""The scheduled job and its halves: account → raw tables → models, under one lock, in the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from shipsync import clock, queries
from shipsync.api.session import Session
from shipsync.errors import ShipsyncError
from shipsync.warehouse import lock, models, runs
from shipsync.warehouse.database import connect, explained
from shipsync.warehouse.ledger import migrate
from shipsync.warehouse.models import BuildReport
from shipsync.warehouse.reconcile import Comparison
from shipsync.warehouse.reconcile import reconcile as compare
from shipsync.warehouse.reports import Progress, SyncReport
from shipsync.warehouse.sync import run_sync

if TYPE_CHECKING:
    from shipsync.connection import Connection


@dataclass(frozen=True)
class Scope:
    """What to read: ``only`` these streams (None: all), and what to read again.

    Of ``since``, ``backfill`` (from, to; None is open) and ``full_refresh`` at most one is given.
    """

    only: frozenset[str] | None = None
    since: datetime | None = None
    backfill: tuple[datetime | None, datetime | None] | None = None
    full_refresh: bool = False


@dataclass(frozen=True)
class JobReport:
    """A sync and the build after it; ``build`` is None when the account never answered."""

    sync: SyncReport
    build: BuildReport | None


def run(
    connection: Connection, session: Session, scope: Scope, *, progress: Progress | None = None
) -> JobReport:
    """Sync, then build as of the account's time that the sync read up to.

    A stream that failed leaves the others loaded, and they are built. Raises ``LockHeld``,
    ``DatabaseError``, ``UsageError`` (an unknown stream) and ``ModelError``.
    """
    with lock.hold(connection.database):
        synced = _sync(connection, session, scope, "run", progress)
        if synced.read_up_to is None:
            return JobReport(synced, None)
        with _recorded_build(connection.database):
            built = models.build(
                connection.database,
                now=synced.read_up_to,
                changes_since=connection.changes_since,
            )
        return JobReport(synced, built)


def sync(
    connection: Connection, session: Session, scope: Scope, *, progress: Progress | None = None
) -> SyncReport:
    """Read what changed into the raw tables; errors as ``run``, but for ``ModelError``."""
    with lock.hold(connection.database):
        return _sync(connection, session, scope, "sync", progress)


def build(
    database: Path,
    changes_since: datetime | None,
    *,
    select: str | None = None,
    full_refresh: bool = False,
) -> BuildReport:
    """Build the models as of the last sync; ``select`` takes dbt's selection syntax.

    Raises ``LockHeld``, ``DatabaseError`` and ``ModelError``.
    """
    with lock.hold(database), _recorded_build(database):
        with connect(database, read_only=True) as con:
            read_at: datetime | None = queries.fetch(con, "last_read").rows[0][0]
        return models.build(
            database,
            now=read_at or clock.now(),
            changes_since=changes_since,
            select=select,
            full_refresh=full_refresh,
        )


def reconcile(
    connection: Connection, session: Session, *, only: frozenset[str] | None = None
) -> list[Comparison]:
    """Compare what is held with the account and repair what differs; errors as ``sync``."""
    file = connection.database
    with lock.hold(file), explained(file), connect(file) as con:
        migrate(con)
        return compare(con, connection, session, only=only)


def _sync(
    connection: Connection,
    session: Session,
    scope: Scope,
    command: str,
    progress: Progress | None,
) -> SyncReport:
    with explained(connection.database), connect(connection.database) as con:
        migrate(con)
        return run_sync(
            con,
            connection,
            session,
            only=scope.only,
            since=scope.since,
            backfill=scope.backfill,
            full_refresh=scope.full_refresh,
            command=command,
            progress=progress,
        )


@contextmanager
def _recorded_build(database: Path) -> Iterator[None]:
    """A row in ledger.runs for the build in the block; dbt wants the file for itself meanwhile."""
    with explained(database), connect(database) as con:
        migrate(con)
        run_id = runs.begin(con, "build")
    error: str | None = "interrupted"
    try:
        yield
        error = None
    except ShipsyncError as failure:
        error = str(failure)
        raise
    finally:
        with explained(database), connect(database) as con:
            runs.end(con, run_id, "failed" if error else "done", requests=0, error=error)
