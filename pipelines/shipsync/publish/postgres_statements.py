"""Statements for Postgres, with names put in as psycopg2 writes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from shipsync.export.relation import Relation
from shipsync.publish.row_batches import DELETED_AT
from shipsync.publish.source import STATEMENTS
from shipsync.statements import statement

_LONGEST_NAME: Final = 63


def composed(name: str, **parts: Any) -> Any:
    """The statement ``name`` with its ``parts`` put in, as psycopg2 runs it."""
    from psycopg2 import sql

    return sql.SQL(statement(STATEMENTS, name)).format(**parts)


def table_name(relation: Relation) -> Any:
    """The name of a table as psycopg2 writes it into a statement."""
    from psycopg2 import sql

    return sql.Identifier(relation.schema, relation.name)


def index_name(relation: Relation, of: str) -> Any:
    """A name for an index or a constraint of ours, as long as Postgres lets it be."""
    from psycopg2 import sql

    return sql.Identifier(f"{relation.name}_{of}_published"[:_LONGEST_NAME])


def live(held: Mapping[str, str]) -> Any:
    """The condition on a row of a table with the columns ``held`` that it is not marked as gone."""
    from psycopg2 import sql

    return sql.SQL(f"{DELETED_AT} is null" if DELETED_AT in held else "true")
