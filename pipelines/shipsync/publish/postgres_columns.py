"""Columns as Postgres has them: their types there, and their values as CSV that it reads."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb

from shipsync.export.nul import REPLACEMENT
from shipsync.export.portable import column_named

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
_READ_AS: Final[Mapping[str, str]] = {
    "boolean": "BOOLEAN",
    "bigint": "BIGINT",
    "double precision": "DOUBLE",
    "date": "DATE",
    "timestamp without time zone": "TIMESTAMP",
    "timestamp with time zone": "TIMESTAMP WITH TIME ZONE",
    "json": "VARCHAR",
    "text": "VARCHAR",
}
_LONGEST_ROW: Final = 16_000_000
NULL: Final = r"\N"
_DECIMAL: Final = re.compile(r"DECIMAL\((\d+),(\d+)\)")
_NESTED: Final = re.compile(r"(STRUCT|MAP|UNION)\(|.*\]$", re.DOTALL)


@dataclass(frozen=True)
class PostgresColumn:
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

    @property
    def read_type(self) -> str:
        """The type of DuckDB that its values have when they are read back."""
        if self.target_type == "numeric":
            return "UHUGEINT" if self.source_type == "UHUGEINT" else "HUGEINT"
        return _READ_AS.get(self.target_type, self.target_type.replace("numeric", "DECIMAL"))

    @property
    def read_back(self) -> duckdb.Expression:
        """Its values as they are when Postgres has taken them and they are read back."""
        written = self.expression
        if self.source_type == "FLOAT":
            # The text is the shortest that names the number, and another number with more digits.
            written = written.cast(duckdb.type("VARCHAR"))
        return written.cast(duckdb.type(self.read_type)).alias(self.name)


def postgres_columns(rows: duckdb.DuckDBPyRelation) -> list[PostgresColumn]:
    """The columns of ``rows``, in their order."""
    return [
        PostgresColumn(name, str(kind)) for name, kind in zip(rows.columns, rows.types, strict=True)
    ]


def read_back(
    con: duckdb.DuckDBPyConnection,
    file: Path,
    columns: Sequence[PostgresColumn],
    known: Sequence[PostgresColumn],
) -> duckdb.DuckDBPyRelation:
    """The rows of a file of CSV that Postgres wrote of the ``known`` of ``columns``; the others are null."""
    rows = con.read_csv(
        str(file),
        header=False,
        names=[column.name for column in known],
        dtype={column.name: column.read_type for column in known},
        na_values=NULL,
        allow_quoted_nulls=False,
        auto_detect=False,
        sep=",",
        quotechar='"',
        escapechar='"',
        parallel=False,
        max_line_size=_LONGEST_ROW,
        # DuckDB would take sixteen times the longest row, and more than it may for the whole.
        buffer_size=2 * _LONGEST_ROW,
    )
    there = {column.name for column in known}
    nothing = duckdb.ConstantExpression(None)
    return rows.select(
        *(
            (column_named(column.name) if column.name in there else nothing)
            .cast(duckdb.type(column.read_type))
            .alias(column.name)
            for column in columns
        )
    )
