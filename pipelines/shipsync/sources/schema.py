"""What a raw table is: its columns, where each comes from in an API object, and its Arrow schema.

A column names the path of the value inside the vendor's object and one of eight kinds. The kind fixes
the Arrow type for good: a value that does not fit it is not bent into it, it goes to ``_extra``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

import pyarrow as pa

EXTRA = "_extra"
CONTENT_HASH = "content_hash"
OBSERVED_AT = "observed_at"
IS_REMOVED = "is_removed"

Loading = Literal["versions", "snapshot", "children", "insert_only"]


class ColumnKind(StrEnum):
    """The type of a column; ids are text, money is a decimal, times are instants in UTC."""

    TEXT = "text"
    WHOLE = "whole"
    NUMBER = "number"
    MONEY = "money"
    BOOLEAN = "boolean"
    INSTANT = "instant"
    LOCAL_TIME = "local_time"
    DOCUMENT = "document"

    @property
    def arrow(self) -> pa.DataType:
        """The Arrow type that every value of this kind has."""
        return _ARROW[self]


_ARROW: dict[ColumnKind, pa.DataType] = {
    ColumnKind.TEXT: pa.string(),
    ColumnKind.WHOLE: pa.int64(),
    ColumnKind.NUMBER: pa.float64(),
    ColumnKind.MONEY: pa.decimal128(18, 4),
    ColumnKind.BOOLEAN: pa.bool_(),
    ColumnKind.INSTANT: pa.timestamp("us", tz="UTC"),
    ColumnKind.LOCAL_TIME: pa.timestamp("us"),
    ColumnKind.DOCUMENT: pa.string(),
}


@dataclass(frozen=True)
class Column:
    """One column: ``path`` is where its value stands in the API object (one or two keys)."""

    name: str
    kind: ColumnKind
    path: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """One raw table.

    ``key`` identifies an entity (versions, snapshot), an event (insert_only) or, for children, the
    parent whose lines are replaced together. ``optional_key`` names the parts of it that may be missing.
    """

    name: str
    key: tuple[str, ...]
    loading: Loading
    columns: tuple[Column, ...]
    ignored: frozenset[str] = field(default_factory=frozenset)
    optional_key: frozenset[str] = field(default_factory=frozenset)

    @property
    def arrow_schema(self) -> pa.Schema:
        """The schema of every Arrow table loaded into this raw table, our own columns last.

        In a child table ``is_removed`` marks the one row that stands for "this parent has no lines":
        the load takes away the parent's old lines for it and does not keep the row itself.
        """
        own = [
            (EXTRA, pa.string()),
            (CONTENT_HASH, pa.string()),
            (OBSERVED_AT, _ARROW[ColumnKind.INSTANT]),
        ]
        if self.loading == "children":
            own.append((IS_REMOVED, pa.bool_()))
        fields = [pa.field(column.name, column.kind.arrow) for column in self.columns]
        return pa.schema([*fields, *(pa.field(name, kind) for name, kind in own)])

    @property
    def documents(self) -> tuple[str, ...]:
        """Names of the columns that hold JSON."""
        named = [column.name for column in self.columns if column.kind is ColumnKind.DOCUMENT]
        return (*named, EXTRA)


def plain(kind: ColumnKind, *names: str) -> tuple[Column, ...]:
    """Columns that carry a top-level value under its own name."""
    return tuple(Column(name, kind, (name,)) for name in names)


def text(*names: str) -> tuple[Column, ...]:
    """Text columns."""
    return plain(ColumnKind.TEXT, *names)


def whole(*names: str) -> tuple[Column, ...]:
    """Whole-number columns."""
    return plain(ColumnKind.WHOLE, *names)


def number(*names: str) -> tuple[Column, ...]:
    """Floating-point columns."""
    return plain(ColumnKind.NUMBER, *names)


def decimal(*names: str) -> tuple[Column, ...]:
    """Decimal columns for amounts that come without a currency of their own."""
    return plain(ColumnKind.MONEY, *names)


def boolean(*names: str) -> tuple[Column, ...]:
    """True-or-false columns."""
    return plain(ColumnKind.BOOLEAN, *names)


def instant(*names: str) -> tuple[Column, ...]:
    """Points in time, in UTC."""
    return plain(ColumnKind.INSTANT, *names)


def document(*names: str) -> tuple[Column, ...]:
    """Nested values kept whole as JSON."""
    return plain(ColumnKind.DOCUMENT, *names)


def money(*names: str) -> tuple[Column, ...]:
    """Two columns for each ``{currency, amount}``: the amount under its name, the currency beside it."""
    pairs = (
        (
            Column(n, ColumnKind.MONEY, (n, "amount")),
            Column(f"{n}_currency", ColumnKind.TEXT, (n, "currency")),
        )
        for n in names
    )
    return tuple(column for pair in pairs for column in pair)


def weight(name: str) -> tuple[Column, ...]:
    """``{value, unit}`` as two columns."""
    return (
        Column(f"{name}_value", ColumnKind.NUMBER, (name, "value")),
        Column(f"{name}_unit", ColumnKind.TEXT, (name, "unit")),
    )


def dimensions(name: str) -> tuple[Column, ...]:
    """``{length, width, height, unit}`` as four columns."""
    sides = tuple(
        Column(f"{name}_{side}", ColumnKind.NUMBER, (name, side))
        for side in ("length", "width", "height")
    )
    return (*sides, Column(f"{name}_unit", ColumnKind.TEXT, (name, "unit")))


ADDRESS_FIELDS = (
    "name",
    "phone",
    "email",
    "company_name",
    "address_line1",
    "address_line2",
    "address_line3",
    "city_locality",
    "state_province",
    "postal_code",
    "country_code",
    "address_residential_indicator",
    "instructions",
)


def address(name: str) -> tuple[Column, ...]:
    """An address as one text column per line, and its geolocation as JSON."""
    lines = tuple(
        Column(f"{name}_{part}", ColumnKind.TEXT, (name, part)) for part in ADDRESS_FIELDS
    )
    return (*lines, Column(f"{name}_geolocation", ColumnKind.DOCUMENT, (name, "geolocation")))
