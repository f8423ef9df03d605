"""Types that Parquet carries everywhere: what Polars, Spark and pandas would refuse or read as bytes.

DuckDB writes its JSON and UUID, its huge and unsigned integers, intervals and times of day in forms that
not every reader knows. They become texts, decimals and signed integers, also inside lists and objects.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import duckdb

from shipsync.export.relation import quoted

if TYPE_CHECKING:
    from duckdb import DuckDBPyRelation

PORTABLE: Final[Mapping[str, str]] = {
    "JSON": "VARCHAR",
    "UUID": "VARCHAR",
    "INTERVAL": "VARCHAR",
    "TIME": "VARCHAR",
    "TIME WITH TIME ZONE": "VARCHAR",
    "TIME_NS": "VARCHAR",
    "BIT": "VARCHAR",
    "BIGNUM": "VARCHAR",
    "ENUM": "VARCHAR",
    "HUGEINT": "DECIMAL(38,0)",
    "UHUGEINT": "DECIMAL(38,0)",
    "UBIGINT": "DECIMAL(20,0)",
    "UINTEGER": "BIGINT",
    "USMALLINT": "INTEGER",
    "UTINYINT": "SMALLINT",
    "TIMESTAMP_S": "TIMESTAMP",
    "TIMESTAMP_MS": "TIMESTAMP",
    "TIMESTAMP_NS": "TIMESTAMP",
}
# A quoted name of a field, the values of an enumeration, the size of an array, or a word of a type.
_TOKEN: Final = re.compile(
    r'"(?:[^"]|"")*"|ENUM\((?:\'(?:[^\']|\'\')*\'(?:, )?)*\)|\[\d+\]|TIME WITH TIME ZONE'
    r"|TIMESTAMP WITH TIME ZONE|[A-Z_]+"
)


def portable(rows: DuckDBPyRelation) -> DuckDBPyRelation:
    """``rows`` with each column in a type that every reader of Parquet knows; names and order stay."""
    kinds = zip(rows.columns, rows.types, strict=True)
    return rows.select(*(portable_column(name, str(kind)).alias(name) for name, kind in kinds))


def portable_column(name: str, kind: str) -> duckdb.Expression:
    """The column of that name and type, cast to a portable type where its own is not."""
    column = column_named(name)
    if "UNION(" in kind:
        return duckdb.FunctionExpression("to_json", column).cast(duckdb.type("VARCHAR"))
    wanted = "VARCHAR" if kind == '"NULL"' else portable_type(kind)
    return column if wanted == kind else column.cast(duckdb.type(wanted))


def column_named(name: str) -> duckdb.Expression:
    """The column of exactly that name, dots and quotes in it included."""
    return duckdb.SQLExpression(quoted(name))


def portable_type(kind: str) -> str:
    """The text of a DuckDB type with what is not portable replaced, however deep it lies."""
    return _TOKEN.sub(lambda found: _replaced(found[0]), kind)


def _replaced(token: str) -> str:
    if token.startswith("["):
        return "[]"
    return PORTABLE.get("ENUM" if token.startswith("ENUM(") else token, token)
