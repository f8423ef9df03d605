"""What to export: tables and views of the database, chosen by schema and by name."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

import duckdb

from shipsync import queries
from shipsync.errors import DatabaseError, UsageError

DEFAULT_SCHEMAS: Final = ("core", "changes")
STATEMENTS: Final = "shipsync.export"


@dataclass(frozen=True)
class Relation:
    """A table or view; ``is_bookkeeping`` when only shipsync itself has a use for it."""

    schema: str
    name: str
    is_bookkeeping: bool = False

    @property
    def full_name(self) -> str:
        """``core.shipments``, as a person writes it."""
        return f"{self.schema}.{self.name}"

    @property
    def quoted(self) -> str:
        """The name as ``query_table`` reads it, dots, blanks and semicolons in it included."""
        return f"{quoted(self.schema)}.{quoted(self.name)}"


def quoted(name: str) -> str:
    """A name as DuckDB's and Postgres' SQL has it, dots and quotes in it included."""
    return '"' + name.replace('"', '""') + '"'


def select(
    con: duckdb.DuckDBPyConnection, schemas: Collection[str], tables: Collection[str]
) -> list[Relation]:
    """The relations of ``schemas`` and those named in ``tables``, each once, in order of their names.

    Neither given means ``core`` and ``changes``. What is bookkeeping comes only by its own name.
    Raises ``UsageError`` for a schema or table that isn't there, ``DatabaseError`` when the default
    ones were not built yet.
    """
    known = [Relation(*row) for row in queries.fetch(con, "relations", package=STATEMENTS).rows]
    found = {relation.schema for relation in known if not relation.is_bookkeeping}
    if not schemas and not tables:
        if not found.issuperset(DEFAULT_SCHEMAS):
            raise DatabaseError(
                "The models are not built yet, so there is nothing to export; "
                "`shipsync run` builds them."
            )
        schemas = DEFAULT_SCHEMAS
    by_name = {relation.full_name: relation for relation in known}
    _refuse_unknown("schema", schemas, found)
    _refuse_unknown("table", tables, by_name)
    return [
        relation
        for relation in known
        if relation.full_name in tables
        or (relation.schema in schemas and not relation.is_bookkeeping)
    ]


def _refuse_unknown(kind: str, asked: Iterable[str], known: Collection[str]) -> None:
    for name in asked:
        if name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(sorted(known))}."
            raise UsageError(f"There is no {kind} {name!r} in the database. {hint}")
