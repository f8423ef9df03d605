"""The tables to publish, as they are in one transaction of the database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import duckdb

from shipsync.export.relation import Relation
from shipsync.statements import statement

STATEMENTS: Final = "shipsync.publish"


@dataclass(frozen=True)
class Source:
    """Reads tables over ``con``; files go to ``folder``, which its owner alone can read."""

    con: duckdb.DuckDBPyConnection
    folder: Path

    def rows(self, relation: Relation) -> duckdb.DuckDBPyRelation:
        """All rows of ``relation``, as ``source``."""
        return self.con.table_function("query_table", [relation.quoted]).set_alias("source")

    def comments(self, relation: Relation) -> dict[str, str]:
        """The comments on its columns, by name."""
        values = {"schema": relation.schema, "name": relation.name}
        found = self.con.execute(statement(STATEMENTS, "source_comments"), values)
        return {str(name): str(comment) for name, comment in found.fetchall()}


@contextmanager
def source(con: duckdb.DuckDBPyConnection) -> Iterator[Source]:
    """The tables of ``con``, which is inside the transaction to read in; files are gone after the block."""
    with TemporaryDirectory(prefix="shipsync-publish-") as folder:
        yield Source(con, Path(folder))
