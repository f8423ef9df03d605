"""Columns as Iceberg has them: their types, their ids, and the files whose columns bear these ids."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import count
from typing import TYPE_CHECKING, Any, Final

import duckdb

from shipsync.export.portable import column_named
from shipsync.publish.lake import FileForm

if TYPE_CHECKING:
    from pyiceberg.schema import Schema
    from pyiceberg.types import IcebergType

PART: Final = "published_part"
_SMALL: Final = re.compile(r'"(?:[^"]|"")*"|\b(?:TINYINT|SMALLINT)\b')
_ID: Final = "__duckdb_field_id"


def iceberg_types(rows: duckdb.DuckDBPyRelation) -> dict[str, IcebergType]:
    """The columns of ``rows`` and the one that names the part, with their types; ids are to be given anew."""
    from pyiceberg.types import StringType

    ids = count(1)
    kinds = zip(rows.columns, rows.types, strict=True)
    return {name: _iceberg_type(kind, ids) for name, kind in kinds} | {PART: StringType()}


def iceberg_schema(types: Mapping[str, IcebergType], comments: Mapping[str, str]) -> Schema:
    """A schema of those columns, none of them required, with ids of its own."""
    from pyiceberg.schema import Schema, assign_fresh_schema_ids
    from pyiceberg.types import NestedField

    # Ids only have to differ here, so that each is given one of its own.
    fields = [
        NestedField(-number, name, kind, required=False, doc=comments.get(name))
        for number, (name, kind) in enumerate(types.items(), start=1)
    ]
    return assign_fresh_schema_ids(Schema(*fields))


def file_form(schema: Schema) -> FileForm:
    """The files of a table with that schema: a column for the part, and an id in every column."""

    def shaped(rows: duckdb.DuckDBPyRelation, label: str) -> duckdb.DuckDBPyRelation:
        kinds = zip(rows.columns, map(str, rows.types), strict=True)
        part = duckdb.ConstantExpression(label).cast(duckdb.type("VARCHAR"))
        return rows.select(*(_widened(name, kind) for name, kind in kinds), part.alias(PART))

    ids = {field.name: _ids(field.field_type, field.field_id) for field in schema.fields}
    return FileForm(shaped, ids)


def _widened(name: str, kind: str) -> duckdb.Expression:
    """The column as integers that Iceberg has, however deep they lie."""
    column = column_named(name)
    wider = _SMALL.sub(lambda found: found[0] if found[0].startswith('"') else "INTEGER", kind)
    return (column if wider == kind else column.cast(duckdb.type(wider))).alias(name)


def _iceberg_type(kind: Any, ids: Iterator[int]) -> IcebergType:
    """The type of Iceberg for one of DuckDB that is portable."""
    from pyiceberg import types

    if kind.id == "list":
        return types.ListType(next(ids), _iceberg_type(kind.children[0][1], ids), False)
    if kind.id == "map":
        (_, key), (_, value) = kind.children
        return types.MapType(
            next(ids), _iceberg_type(key, ids), next(ids), _iceberg_type(value, ids), False
        )
    if kind.id == "struct":
        fields = [
            types.NestedField(next(ids), name, _iceberg_type(child, ids), required=False)
            for name, child in kind.children
        ]
        return types.StructType(*fields)
    if kind.id == "decimal":
        (_, precision), (_, scale) = kind.children
        return types.DecimalType(precision, scale)
    plain: dict[str, type[IcebergType]] = {
        "boolean": types.BooleanType,
        "tinyint": types.IntegerType,
        "smallint": types.IntegerType,
        "integer": types.IntegerType,
        "bigint": types.LongType,
        "float": types.FloatType,
        "double": types.DoubleType,
        "date": types.DateType,
        "timestamp": types.TimestampType,
        "timestamp with time zone": types.TimestamptzType,
        "blob": types.BinaryType,
    }
    return plain.get(kind.id, types.StringType)()


def _ids(kind: IcebergType, own: int) -> Any:
    """The ids of a column and what is in it, as DuckDB takes them."""
    from pyiceberg import types

    if isinstance(kind, types.ListType):
        return {_ID: own, "element": _ids(kind.element_type, kind.element_id)}
    if isinstance(kind, types.MapType):
        key, value = _ids(kind.key_type, kind.key_id), _ids(kind.value_type, kind.value_id)
        return {_ID: own, "key": key, "value": value}
    if isinstance(kind, types.StructType):
        fields = {field.name: _ids(field.field_type, field.field_id) for field in kind.fields}
        return {_ID: own, **fields}
    return own
