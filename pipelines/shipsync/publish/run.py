"""One publish: what differs goes to the target as one batch, and no run waits for it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from shipsync.connection import RemovedRows
from shipsync.errors import UsageError
from shipsync.export.relation import Relation, select
from shipsync.plurals import counted
from shipsync.publish.marks import stamp_of
from shipsync.publish.source import STATEMENTS, source
from shipsync.publish.writer import Batch, PublishedTable, PublishTarget
from shipsync.statements import statement
from shipsync.warehouse import lock, read_copy
from shipsync.warehouse.database import connect, explained, transaction

_EVENTS = Relation("changes", "events")


@dataclass(frozen=True)
class PublishReport:
    """What is now at ``target``: ``batch`` is the number of the batch, None where nothing differed."""

    target: str
    batch: int | None
    tables: tuple[PublishedTable, ...]

    def __str__(self) -> str:
        if self.batch is None:
            return f"Nothing differed in {self.target}."
        tables = counted(len(self.tables), "table is", "tables are")
        return f"Batch {self.batch} is in {self.target}: {tables} equal to what is here."


def publish(
    database: Path,
    target: PublishTarget,
    *,
    schemas: Collection[str] = (),
    tables: Collection[str] = (),
    is_compared_whole: bool = False,
    removed_rows: RemovedRows = "delete",
) -> PublishReport:
    """Make the chosen tables at ``target`` equal to those of ``database``, as one batch.

    Rows are compared that changed since the last batch by what loads tell (``marks``), and all of them on the
    first publish of a day, where loads do not tell, and if ``is_compared_whole``. ``removed_rows`` says what
    becomes of rows at the target that are gone here, in tables that have a key.
    Reads the copy for readers; only where there is none that serves, the database under the run lock.
    Raises ``ExportFailed``, ``UsageError``, ``DatabaseError``, ``LockHeld``.
    """
    chosen = batch_of(database, schemas, tables, is_compared_whole=is_compared_whole)
    with chosen as batch, target.writer() as writer:
        applied = writer.apply(replace(batch, removed_rows=removed_rows))
    return PublishReport(target.place, applied.batch, applied.tables)


def reset(target: PublishTarget) -> tuple[str, ...]:
    """Remove all that was published into ``target``; the names of its tables. Raises ``ExportFailed``."""
    with target.writer() as writer:
        return writer.reset()


@contextmanager
def batch_of(
    database: Path,
    schemas: Collection[str],
    tables: Collection[str],
    *,
    is_compared_whole: bool = True,
) -> Iterator[Batch]:
    """The chosen tables of ``database``, in one transaction while the block lasts; errors as ``publish``."""
    with (
        _opened(database) as con,
        transaction(con),
        source(con, stamp_of(con), is_compared_whole=is_compared_whole) as here,
    ):
        yield Batch(here, select(con, schemas, tables), _sequence(con))


@contextmanager
def _opened(database: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with ExitStack() as held:
        source = read_copy.path_of(database)
        if not read_copy.serves(database):
            held.enter_context(lock.hold(database))
            source = database
        held.enter_context(explained(source))
        yield held.enter_context(connect(source, read_only=True))


def _sequence(con: duckdb.DuckDBPyConnection) -> int | None:
    try:
        select(con, (), [_EVENTS.full_name])
    except UsageError:
        # The models are not built yet, and raw tables alone are published.
        return None
    values = {"events": _EVENTS.quoted}
    found = con.execute(statement(STATEMENTS, "event_sequence"), values).fetchone()
    return None if found is None else found[0]
