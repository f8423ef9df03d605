"""Rows of named statements, as tables and JSON show them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import orjson

from shipsync.errors import DatabaseError
from shipsync.statements import statement

if TYPE_CHECKING:
    import duckdb


# Of a function or a type that is missing DuckDB complains with the same kind of error.
_MISSING: Final = re.compile(r"Catalog Error: (Table|View|Schema) with name ")


def is_missing_table(error: Exception) -> bool:
    """Whether DuckDB complains that the database does not hold a table, yet or any more."""
    return _MISSING.match(str(error)) is not None


@dataclass(frozen=True)
class ResultRows:
    """Rows under named columns; a value is plain, a time, a decimal, or a nested list or object."""

    columns: tuple[str, ...]
    rows: Sequence[Sequence[Any]]

    def objects(self) -> list[dict[str, Any]]:
        """The rows as objects keyed by column name."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


def fetch(
    database: duckdb.DuckDBPyConnection,
    name: str,
    values: Mapping[str, object] | None = None,
    *,
    package: str = "shipsync",
) -> ResultRows:
    """The rows of statement ``name``, ``values`` bound to its ``$`` parameters; JSON comes parsed.

    ``package`` is the folder of the statement, as a dotted name.

    Raises ``DatabaseError`` when the database does not hold the tables it reads.
    """
    import duckdb

    try:
        cursor = database.execute(statement(package, name), dict(values or {}))
    except duckdb.CatalogException as error:
        if not is_missing_table(error):
            raise
        raise DatabaseError(
            f"The tables that {name.replace('_', ' ')} reads are not in this database yet; "
            "`shipsync run` makes them."
        ) from None
    description = cursor.description or []
    columns = tuple(column[0] for column in description)
    documents = [str(column[1]) == "JSON" for column in description]
    rows: Sequence[Sequence[Any]] = cursor.fetchall()
    if any(documents):
        rows = [
            tuple(orjson.loads(v) if d and v else v for v, d in zip(row, documents, strict=True))
            for row in rows
        ]
    return ResultRows(columns, rows)
