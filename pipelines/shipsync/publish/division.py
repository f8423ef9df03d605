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
from functools import cached_property
from typing import Any, Final

import duckdb

from shipsync.export.portable import column_named, portable
from shipsync.export.relation import Relation, quoted
from shipsync.publish.source import STATEMENTS, Source, among
from shipsync.statements import statement

UNDATED: Final = "none"
WHOLE: Final = "all"
_DATES: Final = ("created_at", "occurred_at", "detected_at", "shipped_at")
_DATED: Final = ("DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE")
_ROWS_OF_A_PART: Final = 100_000
_LAST_YEAR: Final = 9998
# More keys than these would make a statement that takes longer to read than all rows.
_MOST_KEYS: Final = 200_000
_INSTANT: Final = "TIMESTAMP WITH TIME ZONE"
_ROW_HASHES: Final = "sum(hash(source))"
# The calendar is asked once a day and not once a row.
_DAY: Final = (
    "case when isfinite({0}) "
    "then make_timestamp(epoch_us({0}) - (epoch_us({0}) % 86400000000 + 86400000000) % 86400000000) "
    "else {0}::timestamp end"
)


@dataclass(frozen=True)
class Part:
    """The rows of a part, and the sum of their hashes, which their order does not change."""

    rows: int
    checksum: int

    def __add__(self, other: Part) -> Part:
        return Part(self.rows + other.rows, self.checksum + other.checksum)

    def __sub__(self, other: Part) -> Part:
        return Part(self.rows - other.rows, self.checksum - other.checksum)


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

    def parts(self) -> dict[str, Part]:
        """The parts that have rows, by their labels: ``2026-03``, ``none``, ``all``, ``03of16``."""
        below = self._below
        if below is None or self._date is None:
            return self.parts_at(self._rows)
        # To number all versions at once takes more memory than to number those of a part.
        labels = self.parts_by(self._source.rows(below), duckdb.SQLExpression("count(*)"))
        return {label: self.part(label) for label in labels}

    def part(self, label: str) -> Part:
        """What is in the part with that label."""
        rows = self.rows_of(label).set_alias("source")
        summed = duckdb.SQLExpression(_ROW_HASHES)
        return _parts(rows, duckdb.ConstantExpression(WHOLE), summed).get(WHOLE, Part(0, 0))

    def parts_at(self, rows: duckdb.DuckDBPyRelation) -> dict[str, Part]:
        """The same of ``rows`` from elsewhere, which have the columns of this table."""
        return self.parts_by(rows, duckdb.SQLExpression(_ROW_HASHES))

    def parts_by(self, rows: duckdb.DuckDBPyRelation, summed: duckdb.Expression) -> dict[str, Part]:
        """The same of ``rows`` (``source`` in the expression) with ``summed`` for a checksum.

        They have the columns by which this table is divided.
        """
        rows = rows.set_alias("source")
        if self._date:
            return _parts_by_day(rows, _in("source", self._date), self.columns[self._date], summed)
        if self._parents is None:
            return _parts(rows, self._label(), summed)
        is_child = _in("source", self._parents.key) == _in("parents", self._parents.key)
        rows = rows.join(self._dated_parents(), is_child, how="left")
        return _parts_by_day(rows, _in("parents", self._parents.date), _INSTANT, summed)

    def part_at(self, rows: duckdb.DuckDBPyRelation) -> Part:
        """All of ``rows`` as one part; their columns are those of this table, in any order and type."""
        cast = [column_named(name).cast(duckdb.type(kind)) for name, kind in self.columns.items()]
        named = zip(self.columns, cast, strict=True)
        rows = rows.select(*(column.alias(name) for name, column in named)).set_alias("source")
        summed = duckdb.SQLExpression(_ROW_HASHES)
        return _parts(rows, duckdb.ConstantExpression(WHOLE), summed).get(WHOLE, Part(0, 0))

    def no_rows(self) -> duckdb.DuckDBPyRelation:
        """The columns alone."""
        return self._rows.limit(0)

    def rows_of(self, label: str) -> duckdb.DuckDBPyRelation:
        """The rows of the part with that label."""
        if self._parents is None:
            keys = self._keys_of(label)
            rows = self._rows if keys is None else self._rows.filter(among(self._key, keys))
            return rows.filter(self._lies_in(label, self._date))
        parents = self._dated_parents()
        is_child = _in("source", self._parents.key) == _in("parents", self._parents.key)
        if label == UNDATED:
            dated = parents.filter(column_named(self._parents.date).isnotnull())
            return self._rows.join(dated.set_alias("parents"), is_child, how="anti")
        there = parents.filter(self._lies_in(label, self._parents.date))
        return self._rows.join(there.set_alias("parents"), is_child, how="semi")

    @property
    def _key(self) -> str:
        return self._rows.columns[0]

    @property
    def _below(self) -> Relation | None:
        """The same rows without the numbers of versions, where this is a history."""
        return self._source.unnumbered(self._relation)

    def _keys_of(self, label: str) -> list[str] | None:
        """The keys of a part of a history, whose versions are numbered then; None: number all."""
        below = self._below
        if below is None or self._date is None or self.columns[self._key] != "VARCHAR":
            return None
        there = self._source.rows(below).filter(self._lies_in(label, self._date))
        keys = there.select(column_named(self._key)).distinct().limit(_MOST_KEYS).fetchall()
        texts = [key for (key,) in keys if key is not None and "\0" not in key]
        return texts if len(texts) == len(keys) and 0 < len(keys) < _MOST_KEYS else None

    def _label(self) -> duckdb.Expression:
        """The label of a row of a table without dates."""
        if self._buckets == 1:
            return duckdb.ConstantExpression(WHOLE)
        hashed = duckdb.FunctionExpression("hash", _in("source", self._key))
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
        kind = self.columns[dated] if self._date else _INSTANT
        limits = _limits(label, kind)
        if limits is None:
            return _month(_day(column, kind)) == duckdb.ConstantExpression(label)
        begins, ends = map(duckdb.ConstantExpression, limits)
        return (column >= begins) & (column < ends)

    @cached_property
    def _parents(self) -> _Parents | None:
        """The table whose rows the first column names, such as ``shipments`` of a ``shipment_id``."""
        key = self._key
        if self._date or not key.endswith("_id"):
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
        return rows.aggregate([key, last], quoted(self._parents.key)).set_alias("parents")

    @cached_property
    def _buckets(self) -> int:
        """A power of two, so that a table that grows is divided anew only when it has doubled."""
        (rows,) = self._rows.aggregate("count(*)").fetchone() or (0,)
        hundred_thousands = max(int(rows) - 1, 0) // _ROWS_OF_A_PART
        return 1 << hundred_thousands.bit_length()


def _parts(
    rows: duckdb.DuckDBPyRelation, label: duckdb.Expression, summed: duckdb.Expression
) -> dict[str, Part]:
    """Rows (``source``) counted and ``summed``, by ``label``."""
    counted = duckdb.SQLExpression("count(*)")
    found = rows.aggregate([label.alias("part_label"), counted, summed], "part_label").fetchall()
    return {str(name): Part(int(count), int(checksum)) for name, count, checksum in found}


def _parts_by_day(
    rows: duckdb.DuckDBPyRelation, dated: duckdb.Expression, kind: str, summed: duckdb.Expression
) -> dict[str, Part]:
    """The same by the months of a date of type ``kind``."""
    named = [
        _day(dated, kind).alias("part_day"),
        duckdb.SQLExpression("count(*)").alias("row_count"),
        summed.alias("checksum"),
    ]
    days = rows.aggregate(named, "part_day")
    sums = [duckdb.SQLExpression("sum(row_count)"), duckdb.SQLExpression("sum(checksum)")]
    label = _month(column_named("part_day")).alias("part_label")
    found = days.aggregate([label, *sums], "part_label").fetchall()
    return {str(name): Part(int(count), int(checksum)) for name, count, checksum in found}


def _day(column: duckdb.Expression, kind: str) -> duckdb.Expression:
    """The beginning of its day in UTC; of a day itself."""
    return column if kind == "DATE" else duckdb.SQLExpression(_DAY.format(column))


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
    return duckdb.SQLExpression(f"{table}.{quoted(name)}")
