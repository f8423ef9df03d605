"""Columns as Postgres has them: their types there, and their values as CSV that it reads."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
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


def postgres_columns(rows: duckdb.DuckDBPyRelation) -> list[PostgresColumn]:
    """The columns of ``rows``, in their order."""
    return [
        PostgresColumn(name, str(kind)) for name, kind in zip(rows.columns, rows.types, strict=True)
    ]
