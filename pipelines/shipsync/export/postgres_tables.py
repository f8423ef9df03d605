"""What an export looks up at a Postgres server, and what it takes away again there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any, Final, TypeAlias

from shipsync.connection import Secret
from shipsync.export.relation import STATEMENTS, Relation
from shipsync.statements import statement

# psycopg2 tells no types.
ServerConnection: TypeAlias = Any

DRAFT: Final = "_shipsync_draft"
"""What the name of a schema ends in that holds tables which are being made."""
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


def publish(server: ServerConnection, relations: Sequence[Relation]) -> None:
    """Move drafts of ``relations`` to where they belong, all of them or none."""
    from psycopg2 import sql

    with server.cursor() as cursor:
        cursor.execute("begin")
        try:
            for relation in relations:
                make = sql.SQL(statement(STATEMENTS, "postgres_make_schema"))
                cursor.execute(make.format(schema=sql.Identifier(relation.schema)))
                move = sql.SQL(statement(STATEMENTS, "postgres_move"))
                draft = sql.Identifier(f"{relation.schema}{DRAFT}", relation.name)
                cursor.execute(move.format(table=draft, schema=sql.Identifier(relation.schema)))
        except BaseException:
            cursor.execute("rollback")
            raise
        cursor.execute("commit")


def drop_drafts(server: ServerConnection, relations: Sequence[Relation]) -> None:
    """Drop what an export left of tables that it had not made whole."""
    from psycopg2 import sql

    drop = sql.SQL(statement(STATEMENTS, "postgres_drop_schema"))
    with server.cursor() as cursor:
        for schema in dict.fromkeys(relation.schema for relation in relations):
            for name in (f"{schema}{DRAFT}", f"{schema}{DRAFT}_staging"):
                cursor.execute(drop.format(schema=sql.Identifier(name)))


def _count(server: ServerConnection, relation: Relation, at_most: int | None = None) -> int:
    from psycopg2 import sql

    name = sql.Identifier(relation.schema, relation.name)
    with server.cursor() as cursor:
        query = sql.SQL(statement(STATEMENTS, "postgres_count")).format(table=name)
        cursor.execute(query, {"at_most": at_most})
        row = cursor.fetchone()
    assert row is not None  # a count always answers with one row
    return int(row[0])
