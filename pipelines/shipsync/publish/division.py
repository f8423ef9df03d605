"""How a table is divided into parts, so that a batch writes only those parts of it that changed.

A table with a date of its own is divided by that date's month; one without, whose first column names a row
of another table (``shipment_items``), by the month of that one; any other by a hash of its first column, one
part for some 100,000 rows. A part is known by the number of its rows and the sum of their hashes, so nothing
at the target has to be read to know which parts differ.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final

import duckdb

from shipsync.export.portable import column_named, portable
from shipsync.export.relation import Relation
from shipsync.publish.source import STATEMENTS, Source
from shipsync.statements import statement

UNDATED: Final = "none"
WHOLE: Final = "all"
_DATES: Final = ("created_at", "occurred_at", "detected_at", "shipped_at")
_DATED: Final = ("DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE")
_ROWS_OF_A_PART: Final = 100_000
_LAST_YEAR: Final = 9998


@dataclass(frozen=True)
class Part:
    """The rows of a part, and the sum of their hashes, which their order does not change."""

    rows: int
    checksum: int


@dataclass(frozen=True)
class _Parents:
    """The first column of a table that names rows of ``relation``, and the date of those."""

    relation: Relation
    key: str
    date: str


class Division:
    """One table of ``source`` and its parts; ``rows`` are its values as the target has them.

    Left out, they are portable ones. ``columns`` are their names and types, in order.
    """

    def __init__(
        self, source: Source, relation: Relation, rows: duckdb.DuckDBPyRelation | None = None
    ) -> None:
        self._source = source
        self._relation = relation
        self._rows = (portable(source.rows(relation)) if rows is None else rows).set_alias("source")
        kinds = (str(kind) for kind in self._rows.types)
        self.columns: Mapping[str, str] = dict(zip(self._rows.columns, kinds, strict=True))
        self._date = _date_of(self.columns)
        self._parents = None if self._date else self._found_parents()
        self._buckets = 1 if self._date or self._parents else self._counted_buckets()

    def parts(self) -> dict[str, Part]:
        """The parts that have rows, by their labels: ``2026-03``, ``none``, ``all``, ``03of16``."""
        return self.parts_at(self._rows)

    def parts_at(self, rows: duckdb.DuckDBPyRelation) -> dict[str, Part]:
        """The same of ``rows`` from elsewhere, which have the columns of this table."""
        rows = rows.set_alias("source")
        if self._parents is not None:
            is_child = _in("source", self._parents.key) == _in("parents", self._parents.key)
            rows = rows.join(self._dated_parents(), is_child, how="left")
        return _parts(rows, self._label())

    def part_at(self, rows: duckdb.DuckDBPyRelation) -> Part:
        """All of ``rows`` as one part; their columns are those of this table, in any order and type."""
        cast = [column_named(name).cast(duckdb.type(kind)) for name, kind in self.columns.items()]
        named = zip(self.columns, cast, strict=True)
        rows = rows.select(*(column.alias(name) for name, column in named)).set_alias("source")
        return _parts(rows, duckdb.ConstantExpression(WHOLE)).get(WHOLE, Part(0, 0))

    def no_rows(self) -> duckdb.DuckDBPyRelation:
        """The columns alone."""
        return self._rows.limit(0)

    def rows_of(self, label: str) -> duckdb.DuckDBPyRelation:
        """The rows of the part with that label."""
        if self._parents is None:
            return self._rows.filter(self._lies_in(label, self._date))
        parents = self._dated_parents()
        is_child = _in("source", self._parents.key) == _in("parents", self._parents.key)
        if label == UNDATED:
            dated = parents.filter(column_named(self._parents.date).isnotnull())
            return self._rows.join(dated.set_alias("parents"), is_child, how="anti")
        there = parents.filter(self._lies_in(label, self._parents.date))
        return self._rows.join(there.set_alias("parents"), is_child, how="semi")

    def _label(self) -> duckdb.Expression:
        if self._date:
            return _month(_in("source", self._date))
        if self._parents:
            return _month(_in("parents", self._parents.date))
        if self._buckets == 1:
            return duckdb.ConstantExpression(WHOLE)
        hashed = duckdb.FunctionExpression("hash", _in("source", self._rows.columns[0]))
        bucket = hashed % duckdb.ConstantExpression(self._buckets)
        form = duckdb.ConstantExpression(f"{{:02d}}of{self._buckets}")
        return duckdb.FunctionExpression("format", form, bucket)

    def _lies_in(self, label: str, dated: str | None) -> duckdb.Expression:
        """Whether a row is of that part; a range of a month, so that DuckDB reads no other rows."""
        if dated is None:
            return self._label() == duckdb.ConstantExpression(label)
        column = column_named(dated)
        if label == UNDATED:
            return column.isnull()
        kind = self.columns[dated] if self._date else "TIMESTAMP WITH TIME ZONE"
        limits = _limits(label, kind)
        if limits is None:
            return _month(column) == duckdb.ConstantExpression(label)
        begins, ends = map(duckdb.ConstantExpression, limits)
        return (column >= begins) & (column < ends)

    def _found_parents(self) -> _Parents | None:
        """The table whose rows the first column names, such as ``shipments`` of a ``shipment_id``."""
        key = self._rows.columns[0]
        if not key.endswith("_id"):
            return None
        relation = Relation(self._relation.schema, f"{key.removesuffix('_id')}s")
        values = {"schema": relation.schema, "name": relation.name, "key": key}
        found = self._source.con.execute(statement(STATEMENTS, "parent_dates"), values).fetchone()
        if found is None or relation.name == self._relation.name:
            return None
        return _Parents(relation, key, found[0])

    def _dated_parents(self) -> duckdb.DuckDBPyRelation:
        """Each parent once, with its date."""
        assert self._parents is not None
        key, dated = column_named(self._parents.key), column_named(self._parents.date)
        last = duckdb.FunctionExpression("max", dated).alias(self._parents.date)
        rows = self._source.rows(self._parents.relation)
        return rows.aggregate([key, last], _quoted(self._parents.key)).set_alias("parents")

    def _counted_buckets(self) -> int:
        """A power of two, so that a table that grows is divided anew only when it has doubled."""
        (rows,) = self._rows.aggregate("count(*)").fetchone() or (0,)
        hundred_thousands = max(int(rows) - 1, 0) // _ROWS_OF_A_PART
        return 1 << hundred_thousands.bit_length()


def _parts(rows: duckdb.DuckDBPyRelation, label: duckdb.Expression) -> dict[str, Part]:
    """Rows (``source``) counted and their hashes summed, by ``label``."""
    counted = duckdb.SQLExpression("count(*)")
    summed = duckdb.SQLExpression("sum(hash(source))")
    found = rows.aggregate([label.alias("part_label"), counted, summed], "part_label").fetchall()
    return {str(name): Part(int(count), int(checksum)) for name, count, checksum in found}


def _date_of(columns: Mapping[str, str]) -> str | None:
    return next((name for name in _DATES if columns.get(name) in _DATED), None)


def _month(column: duckdb.Expression) -> duckdb.Expression:
    text = duckdb.FunctionExpression("strftime", column, duckdb.ConstantExpression("%Y-%m"))
    return duckdb.CoalesceOperator(text, duckdb.ConstantExpression(UNDATED))


def _limits(label: str, kind: str) -> tuple[Any, Any] | None:
    """Where a month begins and where the next one does; None for what no calendar here holds."""
    try:
        begins = datetime.strptime(label, "%Y-%m").replace(tzinfo=UTC)
    except ValueError:
        return None
    if begins.year > _LAST_YEAR:
        return None
    ends = begins.replace(year=begins.year + begins.month // 12, month=begins.month % 12 + 1)
    if kind == "DATE":
        return date(begins.year, begins.month, 1), date(ends.year, ends.month, 1)
    if kind == "TIMESTAMP":
        return begins.replace(tzinfo=None), ends.replace(tzinfo=None)
    return begins, ends


def _in(table: str, name: str) -> duckdb.Expression:
    return duckdb.SQLExpression(f"{table}.{_quoted(name)}")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
