"""The tables to publish, as they are in one transaction of the database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb

from shipsync.export.relation import Relation, quoted
from shipsync.statements import statement
from shipsync.warehouse.contract import Key, keys
from shipsync.warehouse.scratch import scratch_folder

STATEMENTS: Final = "shipsync.publish"
HISTORY: Final = "_history"


@dataclass(frozen=True)
class Source:
    """Reads tables over ``con``; files go to ``folder``, which its owner alone can read.

    ``columns`` are those of every table and view, by its full name. ``stamp`` tells what rows follow from
    beside loads (``marks.stamp_of``); None: nothing tells it, so every row has to be compared, as it is
    if ``is_compared_whole``.
    """

    con: duckdb.DuckDBPyConnection
    folder: Path
    columns: Mapping[str, Sequence[str]]
    stamp: str | None = None
    is_compared_whole: bool = False

    def goes_on_from(self, stamp: str) -> bool:
        """Whether rows seen under ``stamp`` need not be compared again."""
        return stamp == self.stamp and not self.is_compared_whole

    def rows(self, relation: Relation) -> duckdb.DuckDBPyRelation:
        """All rows of ``relation``, as ``source``."""
        return self.con.table_function("query_table", [relation.quoted]).set_alias("source")

    def comments(self, relation: Relation) -> dict[str, str]:
        """The comments on its columns, by name."""
        values = {"schema": relation.schema, "name": relation.name}
        found = self.con.execute(statement(STATEMENTS, "source_comments"), values)
        return {str(name): str(comment) for name, comment in found.fetchall()}

    def comment(self, relation: Relation) -> str | None:
        """The comment on itself."""
        values = {"schema": relation.schema, "name": relation.name}
        found = self.con.execute(statement(STATEMENTS, "source_comment"), values).fetchone()
        return None if found is None else found[0]

    def key(self, relation: Relation) -> Key | None:
        """What tells its rows apart, for a model whose contract says so."""
        key = keys().get(relation.full_name)
        has_columns = key is not None and set(key.columns) <= set(self.columns[relation.full_name])
        return key if has_columns else None

    def has(self, relation: Relation) -> bool:
        """Whether there is such a table."""
        return relation.full_name in self.columns

    def unnumbered(self, relation: Relation) -> Relation | None:
        """For a history of ``core`` the model below it: the same rows, of which nothing has to be sorted."""
        if relation.schema != "core" or not relation.name.endswith(HISTORY):
            return None
        below = Relation("staging", f"stg_{relation.name.removesuffix(HISTORY)}")
        return below if self.has(below) else None

    def tables_by(self, schema: str, key: str) -> list[Relation]:
        """The tables in ``schema`` whose first column is ``key``."""
        names = (full_name.partition(".") for full_name in self.columns)
        return [
            Relation(where, name)
            for where, _, name in names
            if where == schema and self.columns[f"{where}.{name}"][0] == key
        ]


@contextmanager
def source(
    con: duckdb.DuckDBPyConnection, stamp: str | None = None, *, is_compared_whole: bool = False
) -> Iterator[Source]:
    """The tables of ``con``, which is inside the transaction to read in; files are gone after the block."""
    with scratch_folder("publish") as folder:
        found = con.execute(statement(STATEMENTS, "source_columns")).fetchall()
        yield Source(con, folder, dict(found), stamp, is_compared_whole)


def among(column: str, values: Iterable[str]) -> duckdb.Expression:
    """Whether ``column`` is one of ``values``, which are written into the statement; of none it never is.

    DuckDB carries such a condition below the numbering of versions; a join with them it does not.
    """
    texts = ", ".join("'" + value.replace("'", "''") + "'" for value in values)
    return duckdb.SQLExpression(f"{quoted(column)} in ({texts})" if texts else "false")
