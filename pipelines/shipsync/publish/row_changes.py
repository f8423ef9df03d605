"""Which rows of a table differ from those at a target, known by a hash of all their values.

A row has no key here: it is all its values. So a line that went away, a version that was closed without a
successor, a row that was only touched and a table that was built again are one case: hashes that one
side has more often than the other. All rows of such a hash are deleted at the target,
and the source's inserted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import duckdb

from shipsync.export.nul import REPLACEMENT
from shipsync.export.portable import column_named
from shipsync.export.relation import Relation
from shipsync.statements import statement

STATEMENTS: Final = "shipsync.publish"
ROW_HASH: Final = "_row_hash"
NULL: Final = r"\N"
_PLAIN: Final[Mapping[str, str]] = {
    "BOOLEAN": "boolean",
    "TINYINT": "bigint",
    "SMALLINT": "bigint",
    "INTEGER": "bigint",
    "BIGINT": "bigint",
    "UTINYINT": "bigint",
    "USMALLINT": "bigint",
    "UINTEGER": "bigint",
    "UBIGINT": "numeric",
    "HUGEINT": "numeric",
    "UHUGEINT": "numeric",
    "FLOAT": "double precision",
    "DOUBLE": "double precision",
    "DATE": "date",
    "TIMESTAMP": "timestamp without time zone",
    "TIMESTAMP WITH TIME ZONE": "timestamp with time zone",
    "JSON": "json",
}
_DECIMAL: Final = re.compile(r"DECIMAL\((\d+),(\d+)\)")
_NESTED: Final = re.compile(r"(STRUCT|MAP|UNION)\(|.*\]$", re.DOTALL)


@dataclass(frozen=True)
class SourceColumn:
    """A column of the source, and the type that Postgres gives it, as Postgres itself writes that."""

    name: str
    source_type: str

    @property
    def target_type(self) -> str:
        """``bigint``, ``numeric(18,4)``, ``json`` ...; what Postgres lacks is text."""
        if decimal := _DECIMAL.fullmatch(self.source_type):
            return f"numeric({decimal[1]},{decimal[2]})"
        if _NESTED.match(self.source_type):
            return "json"
        return _PLAIN.get(self.source_type, "text")

    @property
    def expression(self) -> duckdb.Expression:
        """Its values as CSV for Postgres holds them; a NUL, which Postgres cannot hold, is U+FFFD."""
        column = column_named(self.name)
        if self.target_type == "json":
            return duckdb.FunctionExpression("to_json", column).alias(self.name)
        if self.target_type == "text":
            text = column.cast(duckdb.type("VARCHAR"))
            nul = duckdb.FunctionExpression("chr", duckdb.ConstantExpression(0))
            clean = duckdb.ConstantExpression(REPLACEMENT)
            return duckdb.FunctionExpression("replace", text, nul, clean).alias(self.name)
        return column.alias(self.name)


class RowChanges:
    """The comparison of one table after the other; ``con`` is inside the transaction to read in."""

    def __init__(self, con: duckdb.DuckDBPyConnection, folder: Path) -> None:
        self._con = con
        self._folder = folder

    def columns(self, relation: Relation) -> list[SourceColumn]:
        """The columns of ``relation``, in their order."""
        rows = self._con.table_function("query_table", [relation.quoted])
        return [
            SourceColumn(name, str(kind))
            for name, kind in zip(rows.columns, rows.types, strict=True)
        ]

    def comments(self, relation: Relation) -> dict[str, str]:
        """The comments on its columns, by name."""
        values = {"schema": relation.schema, "name": relation.name}
        found = self._con.execute(statement(STATEMENTS, "source_comments"), values)
        return {str(name): str(comment) for name, comment in found.fetchall()}

    def compare(self, relation: Relation, target_rows: Path) -> tuple[int, int]:
        """Compare ``relation`` with ``target_rows``, a file of hashes and how often each is at the target.

        Returns how many rows the source has, and how many hashes differ.
        """
        run = self._con.execute
        run(statement(STATEMENTS, "source_rows"), {"table": relation.quoted})
        run(statement(STATEMENTS, "target_rows"), {"file": str(target_rows)})
        run(statement(STATEMENTS, "changed_rows"))
        counted = run(statement(STATEMENTS, "count_source_rows")).fetchone()
        assert counted is not None  # a sum always answers with one row
        return int(counted[0]), len(self._con.table("changed_rows"))

    def changed_hashes(self) -> Path:
        """A file of the hashes that differ."""
        file = self._folder / "changed_rows.csv"
        self._con.execute(statement(STATEMENTS, "write_changed_rows"), {"file": str(file)})
        return file

    def changed_rows(self, relation: Relation) -> Path:
        """A file of the source's rows whose hashes differ: their hash, then the columns."""
        file = self._folder / "rows.csv"
        rows = self._con.table_function("query_table", [relation.quoted]).set_alias("source")
        columns = [column.expression for column in self.columns(relation)]
        row_hash = duckdb.SQLExpression("(hash(source)::hugeint - 9223372036854775808)::bigint")
        selected = rows.select(row_hash.alias(ROW_HASH), *columns).filter(
            duckdb.SQLExpression("_row_hash in (select row_hash from changed_rows)")
        )
        selected.write_csv(str(file), header=False, na_rep=NULL)
        return file

    @property
    def folder(self) -> Path:
        """Where files are put until the end of the batch; its owner alone can read them."""
        return self._folder


@contextmanager
def row_changes(con: duckdb.DuckDBPyConnection) -> Iterator[RowChanges]:
    """A comparison whose files are gone at the end of the block."""
    with TemporaryDirectory(prefix="shipsync-publish-") as folder:
        yield RowChanges(con, Path(folder))
