"""API objects to Arrow tables, column by column, with nothing lost.

A value whose type does not fit its column, and a key that no column knows, go to ``_extra`` under the
path where they stood (``"ship_to.floor"``). A column's type never changes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from types import NoneType
from typing import Any, Final

import orjson
import pyarrow as pa
from pyarrow import compute

from shipsync.sources.instants import parse_instant, parse_wall_clock
from shipsync.sources.schema import IS_REMOVED, Column, ColumnKind, Table

ApiObject = Mapping[str, Any]

_FITTING: Final[dict[ColumnKind, frozenset[type]]] = {
    ColumnKind.TEXT: frozenset({str, NoneType}),
    ColumnKind.WHOLE: frozenset({int, NoneType}),
    ColumnKind.NUMBER: frozenset({float, int, NoneType}),
    ColumnKind.MONEY: frozenset({float, int, NoneType}),
    ColumnKind.BOOLEAN: frozenset({bool, NoneType}),
    ColumnKind.INSTANT: frozenset({str, NoneType}),
    ColumnKind.LOCAL_TIME: frozenset({str, NoneType}),
}
_LARGEST_WHOLE: Final = 2**63 - 1
_LARGEST_MONEY: Final = 10**14
_MONEY_PLACES: Final = 4
_NOTHING: Final[ApiObject] = {}


@dataclass
class Flattened:
    """``table`` in the raw table's schema; ``extras`` counts what went to ``_extra``, by path."""

    table: pa.Table
    extras: Counter[str] = field(default_factory=Counter)


@dataclass
class _Extras:
    """What did not fit, row by row."""

    rows: dict[int, dict[str, Any]] = field(default_factory=dict)

    def put(self, row: int, path: str, value: object) -> None:
        self.rows.setdefault(row, {})[path] = value

    def column(self, length: int) -> pa.Array:
        rows = self.rows
        texts = [orjson.dumps(rows[i]).decode() if i in rows else None for i in range(length)]
        return pa.array(texts, pa.string())

    def count(self) -> Counter[str]:
        return Counter(path for row in self.rows.values() for path in row)


def flatten(
    table: Table, objects: Sequence[ApiObject], hashes: Sequence[str], observed_at: datetime
) -> Flattened:
    """One Arrow row for each object, in order; ``hashes`` are the objects' content hashes."""
    extras = _Extras()
    _collect_unknown_keys(table, objects, extras)
    nested = {key: _nested(objects, key) for key in _known_keys(table)[1]}
    arrays = [_array(column, _values(column, objects, nested), extras) for column in table.columns]
    length = len(objects)
    instant = ColumnKind.INSTANT.arrow
    own = [
        extras.column(length),
        pa.array(hashes, pa.string()),
        pa.array([observed_at] * length, instant),
    ]
    if table.loading == "children":
        own.append(pa.array([value.get(IS_REMOVED) for value in objects], pa.bool_()))
    return Flattened(pa.table([*arrays, *own], schema=table.arrow_schema), extras.count())


@cache
def _known_keys(table: Table) -> tuple[frozenset[str], dict[str, frozenset[str]]]:
    """The top-level keys a table knows, and for each flattened object the keys known inside it."""
    inner: dict[str, set[str]] = {}
    for column in table.columns:
        if len(column.path) > 1:
            inner.setdefault(column.path[0], set()).add(column.path[1])
    top = frozenset(column.path[0] for column in table.columns) | table.ignored | {IS_REMOVED}
    return top, {key: frozenset(keys) for key, keys in inner.items()}


def _collect_unknown_keys(table: Table, objects: Sequence[ApiObject], extras: _Extras) -> None:
    top, inner = _known_keys(table)
    for row, value in enumerate(objects):
        if not top.issuperset(value):
            for key in value.keys() - top:
                extras.put(row, key, value[key])
        for outer, known in inner.items():
            nested = value.get(outer)
            if nested is None:
                continue
            if not isinstance(nested, Mapping):
                extras.put(row, outer, nested)
            elif not known.issuperset(nested):
                for key in nested.keys() - known:
                    extras.put(row, f"{outer}.{key}", nested[key])


def _nested(objects: Sequence[ApiObject], key: str) -> list[ApiObject]:
    """What stands under ``key`` in each object, an empty one where there is none."""
    return [
        found if isinstance(found := value.get(key), Mapping) else _NOTHING for value in objects
    ]


def _values(
    column: Column, objects: Sequence[ApiObject], nested: Mapping[str, list[ApiObject]]
) -> list[Any]:
    if len(column.path) == 1:
        key = column.path[0]
        return [value.get(key) for value in objects]
    outer, key = column.path
    return [value.get(key) for value in nested[outer]]


def _array(column: Column, values: list[Any], extras: _Extras) -> pa.Array:
    kind = column.kind
    if kind is ColumnKind.DOCUMENT:
        return pa.array(
            [None if v is None else orjson.dumps(v).decode() for v in values], pa.string()
        )
    if _FITTING[kind].issuperset(map(type, values)):
        try:
            return _FAST[kind](values)
        except (pa.ArrowInvalid, OverflowError, ValueError):
            # One value of the column is out of range or no time: settle them one by one below.
            pass
    path = ".".join(column.path)
    fitted = []
    for row, value in enumerate(values):
        settled = _SLOW[kind](value) if value is not None else None
        if settled is None and value is not None and not (kind in _TIMES and value == ""):
            extras.put(row, path, value)
        fitted.append(settled)
    return _FAST[kind](fitted) if kind not in _TIMES else pa.array(fitted, kind.arrow)


_TIMES: Final = frozenset({ColumnKind.INSTANT, ColumnKind.LOCAL_TIME})


def _money_array(values: list[Any]) -> pa.Array:
    amounts = pa.array(values, pa.float64())
    if not compute.round(amounts, _MONEY_PLACES).equals(amounts):
        raise ValueError("more than four decimal places")
    return amounts.cast(ColumnKind.MONEY.arrow)


def _wall_clock_array(values: list[Any]) -> pa.Array:
    clocks = [None if v is None else parse_wall_clock(v) for v in values]
    if any(clock is None and v is not None for clock, v in zip(clocks, values, strict=True)):
        raise ValueError("not a time")
    return pa.array(clocks, ColumnKind.LOCAL_TIME.arrow)


_FAST: Final[dict[ColumnKind, Callable[[list[Any]], pa.Array]]] = {
    ColumnKind.TEXT: lambda values: pa.array(values, pa.string()),
    ColumnKind.WHOLE: lambda values: pa.array(values, pa.int64()),
    ColumnKind.NUMBER: lambda values: pa.array(values, pa.float64()),
    ColumnKind.MONEY: _money_array,
    ColumnKind.BOOLEAN: lambda values: pa.array(values, pa.bool_()),
    ColumnKind.INSTANT: lambda values: pa.array(values, pa.string()).cast(ColumnKind.INSTANT.arrow),
    ColumnKind.LOCAL_TIME: _wall_clock_array,
}


def _one_text(value: object) -> str | None:
    if isinstance(value, str):
        return value
    # An id that came as a number is the same id; a flag or an object is not a text.
    return str(value) if type(value) is int else None


def _one_whole(value: object) -> int | None:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if type(value) is int and abs(value) <= _LARGEST_WHOLE else None


def _one_number(value: object) -> float | None:
    return float(value) if type(value) in (int, float) else None  # type: ignore[arg-type]


def _one_money(value: object) -> float | None:
    amount = _one_number(value)
    fits = (
        amount is not None
        and abs(amount) < _LARGEST_MONEY
        and round(amount, _MONEY_PLACES) == amount
    )
    return amount if fits else None


_SLOW: Final[dict[ColumnKind, Callable[[object], Any]]] = {
    ColumnKind.TEXT: _one_text,
    ColumnKind.WHOLE: _one_whole,
    ColumnKind.NUMBER: _one_number,
    ColumnKind.MONEY: _one_money,
    ColumnKind.BOOLEAN: lambda value: value if isinstance(value, bool) else None,
    ColumnKind.INSTANT: parse_instant,
    ColumnKind.LOCAL_TIME: parse_wall_clock,
}
