"""What a raw table is: its columns, where each comes from in an API object, and its Arrow schema.

A column names the path of the value inside the vendor's object and one of eight kinds. The kind fixes
the Arrow type for good: a value that does not fit it is not bent into it, it goes to ``_extra``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
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
        return _arrow_types()[self]


@cache
def _arrow_types() -> dict[ColumnKind, pa.DataType]:
    # Imported here, for commands that read this module to list the streams begin quickly without it.
    import pyarrow as pa

    return {
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
    """One column: ``path`` is where its value stands in the API object (one or two keys).

    ``about`` describes it to whoever reads the tables. From staging on it goes by ``standard``;
    ``staged_by`` names the dbt macro that makes of it what it is there, where a new name is not enough.
    """

    name: str
    kind: ColumnKind
    path: tuple[str, ...]
    about: str
    standard: str
    staged_by: str | None = None


@dataclass(frozen=True)
class Derived:
    """A column that staging adds behind ``source``, made of it by a dbt macro."""

    standard: str
    source: str
    staged_by: str
    about: str


@dataclass(frozen=True)
class Table:
    """One raw table, with all that is written of it and of its models anywhere.

    ``about`` says in a sentence what it holds, ``one`` what a row stands for, with its article.
    ``key`` identifies an entity (versions, snapshot), an event (insert_only) or, for children, the
    parent whose lines are replaced together. ``optional_key`` names the parts of it that may be missing.
    ``refers_to`` names the tables whose key a column holds. ``ignored`` are keys of the object that
    become no column.
    """

    name: str
    about: str
    one: str
    key: tuple[str, ...]
    loading: Loading
    columns: tuple[Column, ...]
    derived: tuple[Derived, ...] = ()
    refers_to: Mapping[str, str] = field(default_factory=dict, hash=False)
    ignored: frozenset[str] = field(default_factory=frozenset)
    optional_key: frozenset[str] = field(default_factory=frozenset)

    @property
    def arrow_schema(self) -> pa.Schema:
        """The schema of every Arrow table loaded into this raw table, our own columns last.

        In a child table ``is_removed`` marks the one row that stands for "this parent has no lines":
        the load takes away the parent's old lines for it and does not keep the row itself.
        """
        import pyarrow as pa

        own = [
            (EXTRA, pa.string()),
            (CONTENT_HASH, pa.string()),
            (OBSERVED_AT, ColumnKind.INSTANT.arrow),
        ]
        if self.loading == "children":
            own.append((IS_REMOVED, pa.bool_()))
        fields = [pa.field(column.name, column.kind.arrow) for column in self.columns]
        return pa.schema([*fields, *(pa.field(name, kind) for name, kind in own)])

    @property
    def has_versions(self) -> bool:
        """Whether the table keeps earlier versions of its rows."""
        return self.loading in ("versions", "snapshot")

    @property
    def documents(self) -> tuple[str, ...]:
        """Names of the columns that hold JSON."""
        named = [column.name for column in self.columns if column.kind is ColumnKind.DOCUMENT]
        return (*named, EXTRA)


def plain(
    kind: ColumnKind,
    name: str,
    about: str,
    *,
    source: str | None = None,
    standard: str | None = None,
    staged_by: str | None = None,
) -> Column:
    """A column that carries the top-level value ``source``, its own name if left out."""
    return Column(name, kind, (source or name,), about, standard or name, staged_by)


def text(
    name: str, about: str, *, source: str | None = None, standard: str | None = None
) -> Column:
    """A text."""
    return plain(ColumnKind.TEXT, name, about, source=source, standard=standard)


def whole(name: str, about: str, *, standard: str | None = None) -> Column:
    """A whole number."""
    return plain(ColumnKind.WHOLE, name, about, standard=standard)


def number(name: str, about: str) -> Column:
    """A floating-point number."""
    return plain(ColumnKind.NUMBER, name, about)


def decimal(name: str, about: str, *, standard: str | None = None) -> Column:
    """An amount that comes without a currency of its own."""
    return plain(ColumnKind.MONEY, name, about, standard=standard)


def boolean(name: str, about: str, *, standard: str | None = None) -> Column:
    """True or false."""
    return plain(ColumnKind.BOOLEAN, name, about, standard=standard)


def instant(name: str, about: str, *, standard: str | None = None) -> Column:
    """A point in time, in UTC."""
    return plain(ColumnKind.INSTANT, name, about, standard=standard)


def day(name: str, about: str) -> Column:
    """A day that comes as an instant: staging makes a date of it, in the account's zone."""
    return plain(ColumnKind.INSTANT, name, about, staged_by="written_date")


def local_time(name: str, about: str) -> Column:
    """A wall clock without a zone."""
    return plain(ColumnKind.LOCAL_TIME, name, about)


def document(name: str, about: str) -> Column:
    """A nested value kept whole as JSON."""
    return plain(ColumnKind.DOCUMENT, name, about)


def _part(outer: str, key: str, kind: ColumnKind, about: str, name: str | None = None) -> Column:
    name = name or f"{outer}_{key}"
    return Column(name, kind, (outer, key), about, name)


def money(name: str, about: str, *, note: str = "") -> tuple[Column, ...]:
    """``{currency, amount}`` as two columns: the amount under its name, the currency beside it."""
    currency = f"{name}_currency"
    told = f"{about}, in {currency}" + (f"; {note}" if note else "")
    return (
        _part(name, "amount", ColumnKind.MONEY, told, name),
        _part(name, "currency", ColumnKind.TEXT, f"Currency of {name}, ISO 4217 in lower case"),
    )


def weight(name: str, about: str) -> tuple[Column, ...]:
    """``{value, unit}`` as two columns."""
    return (
        _part(name, "value", ColumnKind.NUMBER, f"{about}, in {name}_unit"),
        _part(name, "unit", ColumnKind.TEXT, "ounce, pound, gram or kilogram"),
    )


def dimensions(name: str) -> tuple[Column, ...]:
    """``{length, width, height, unit}`` as four columns."""
    sides = ("length", "width", "height")
    return (
        *(
            _part(name, side, ColumnKind.NUMBER, f"{side.capitalize()}, in {name}_unit")
            for side in sides
        ),
        _part(name, "unit", ColumnKind.TEXT, "inch or centimeter"),
    )


ADDRESS_FIELDS: Final = {
    "name": "name",
    "phone": "telephone number",
    "email": "e-mail address",
    "company_name": "company",
    "address_line1": "first street line",
    "address_line2": "second street line",
    "address_line3": "third street line",
    "city_locality": "city",
    "state_province": "state or province",
    "postal_code": "postal code",
    "country_code": "country, ISO 3166 alpha-2",
    "address_residential_indicator": "yes, no or unknown: whether the address is a home",
    "instructions": "delivery instructions",
}


def address(name: str, whose: str) -> tuple[Column, ...]:
    """An address as one text column per line, and its geolocation as JSON; ``whose``: "Recipient"."""
    geolocation = _part(name, "geolocation", ColumnKind.DOCUMENT, f"{whose}: coordinates, as JSON")
    return (
        *(
            _part(name, part, ColumnKind.TEXT, f"{whose}: {about}")
            for part, about in ADDRESS_FIELDS.items()
        ),
        geolocation,
    )
