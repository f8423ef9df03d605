"""One publish: what differs goes to the target as one batch, and no run waits for it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from shipsync.errors import UsageError
from shipsync.export.postgres import Postgres
from shipsync.export.postgres_tables import server_error
from shipsync.export.relation import Relation, select
from shipsync.export.target import ExportTarget
from shipsync.publish.postgres_writer import PostgresWriter, PublishedTable
from shipsync.publish.row_changes import STATEMENTS, row_changes
from shipsync.statements import statement
from shipsync.warehouse import lock, read_copy
from shipsync.warehouse.database import connect, explained, transaction

_PATIENCE_SECONDS = 10
_EVENTS = Relation("changes", "events")


@dataclass(frozen=True)
class PublishReport:
    """What is now at ``target``: ``batch`` is the number of the batch, None where nothing differed."""

    target: str
    batch: int | None
    tables: tuple[PublishedTable, ...]


def publish(
    database: Path,
    target: ExportTarget,
    *,
    schemas: Collection[str] = (),
    tables: Collection[str] = (),
) -> PublishReport:
    """Make the chosen tables at ``target`` equal to those of ``database``, in one transaction there.

    Reads the copy for readers; only where there is none that serves, the database under the run lock.
    Raises ``UsageError`` for a target that is no Postgres, ``ExportFailed``, ``DatabaseError``, ``LockHeld``.
    """
    if not isinstance(target, Postgres):
        raise UsageError(
            "There is no publishing to that kind of target yet, only to Postgres. "
            "Give --to destination:NAME or postgresql://USER@HOST/DATABASE, "
            "or copy tables whole with `shipsync export`."
        )
    import psycopg2

    with _opened(database) as con, transaction(con), row_changes(con) as changes:
        relations = select(con, schemas, tables)
        try:
            url = target.url.reveal()
            with closing(psycopg2.connect(url, connect_timeout=_PATIENCE_SECONDS)) as server:
                batch, done = PostgresWriter(server, changes).apply(relations, _sequence(con))
                server.commit()
        except server_error() as failure:
            raise target.failed(failure, "publish again") from failure
    return PublishReport(target.place, batch, done)


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
    if _EVENTS not in select(con, (), ()):
        return None
    values = {"events": _EVENTS.quoted}
    found = con.execute(statement(STATEMENTS, "event_sequence"), values).fetchone()
    return None if found is None else found[0]
