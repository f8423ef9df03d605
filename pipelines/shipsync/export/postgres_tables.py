"""What an export looks up at a Postgres server, and what it takes away again there."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from typing import Any, Final, TypeAlias

from shipsync.connection import Secret
from shipsync.export.relation import STATEMENTS, Relation
from shipsync.statements import statement

# psycopg2 tells no types.
ServerConnection: TypeAlias = Any

_PATIENCE_SECONDS: Final = 10


def server_error() -> type[Exception]:
    """The class of everything that the driver raises."""
    import psycopg2

    error: type[Exception] = psycopg2.Error
    return error


@contextmanager
def connected(url: Secret) -> Iterator[ServerConnection]:
    """A connection in which each statement is a transaction of its own."""
    import psycopg2

    with closing(psycopg2.connect(url.reveal(), connect_timeout=_PATIENCE_SECONDS)) as server:
        server.autocommit = True
        yield server


def present(server: ServerConnection, relations: Sequence[Relation]) -> frozenset[Relation]:
    """Those of ``relations`` that there are tables or views of."""
    with server.cursor() as cursor:
        cursor.execute(statement(STATEMENTS, "postgres_tables"))
        names = {(schema, name) for schema, name in cursor.fetchall()}
    return frozenset(r for r in relations if (r.schema, r.name) in names)


def filled(server: ServerConnection, relations: Sequence[Relation]) -> list[str]:
    """The full names of those that have rows."""
    held = present(server, relations)
    return [r.full_name for r in relations if r in held and _count(server, r, at_most=1)]


def drop_unfilled(
    server: ServerConnection, relations: Collection[Relation], read: Mapping[str, int]
) -> None:
    """Drop what an export has made of ``relations`` but not filled with the rows it ``read``."""
    from psycopg2 import sql

    for relation in present(server, list(relations)):
        if _count(server, relation) != read.get(relation.full_name):
            name = sql.Identifier(relation.schema, relation.name)
            with server.cursor() as cursor:
                drop = sql.SQL(statement(STATEMENTS, "postgres_drop"))
                cursor.execute(drop.format(table=name))


def _count(server: ServerConnection, relation: Relation, at_most: int | None = None) -> int:
    from psycopg2 import sql

    name = sql.Identifier(relation.schema, relation.name)
    with server.cursor() as cursor:
        query = sql.SQL(statement(STATEMENTS, "postgres_count")).format(table=name)
        cursor.execute(query, {"at_most": at_most})
        row = cursor.fetchone()
    assert row is not None  # a count always answers with one row
    return int(row[0])
