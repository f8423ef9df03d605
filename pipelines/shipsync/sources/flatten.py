"""API objects to Arrow tables, column by column, with nothing lost.

A value whose type does not fit its column, and a key that no column knows, go to ``_extra`` under the
path where they stood (``"ship_to.floor"``). A column's type never changes. Nothing that a JSON parser
can give makes this fail.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, Final

import orjson
import pyarrow as pa

from shipsync.sources.fitting import Fitted, fit, fit_column, fit_optional_key
from shipsync.sources.schema import Column, ColumnKind, Table
from shipsync.sources.sound import sound, sound_text

ApiObject = Mapping[str, Any]

_LONGEST_PATH: Final = 200
_NOTHING: Final[ApiObject] = {}
# Of the objects that become columns: what a bare value in their place stands for.
_MAIN_VALUES: Final = ("amount", "value")


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
        self.rows.setdefault(row, {})[sound_text(path)] = value

    def column(self, length: int) -> pa.Array:
        rows = self.rows
        texts = [as_json(sound(rows[i])) if i in rows else None for i in range(length)]
        return pa.array(texts, pa.string())

    def count(self) -> Counter[str]:
        return Counter(path[:_LONGEST_PATH] for row in self.rows.values() for path in row)


def flatten(
    table: Table,
    objects: Sequence[ApiObject],
    hashes: Sequence[str],
    observed_at: datetime,
    removed: Sequence[bool] | None = None,
) -> Flattened:
    """One Arrow row for each object, in order; ``hashes`` are the objects' content hashes.

    ``removed`` marks, in a child table, the rows that stand for a parent without lines.
    """
    objects = [aligned(table, value) for value in objects]
    extras = _Extras()
    _collect_unknown_keys(table, objects, extras)
    nested = {key: _nested(objects, key) for key in _known_keys(table)[1]}
    arrays = [
        _optional_key_array(column, _values(column, objects, nested), extras)
        if column.name in table.optional_key
        else _array(column, _values(column, objects, nested), extras)
        for column in table.columns
    ]
    length = len(objects)
    instant = ColumnKind.INSTANT.arrow
    own = [
        extras.column(length),
        pa.array(hashes, pa.string()),
        pa.array([observed_at] * length, instant),
    ]
    if table.loading == "children":
        marks = [one or None for one in removed] if removed is not None else [None] * length
        own.append(pa.array(marks, pa.bool_()))
    return Flattened(pa.table([*arrays, *own], schema=table.arrow_schema), extras.count())


def aligned(table: Table, value: ApiObject) -> ApiObject:
    """``value`` as ``table`` knows it, where it is written otherwise and can mean nothing else.

    A key whose case differs is taken for the known one if that is missing and no second one could be
    meant; an amount or a weight may come bare, and an object alone in a list. The object itself if
    there is nothing to do.
    """
    top, inner = _known_keys(table)
    found = value if top.issuperset(value) else _with_known_case(value, top)
    for outer, known in inner.items():
        nested = found.get(outer)
        if nested is not None and not (isinstance(nested, Mapping) and known.issuperset(nested)):
            meant = _as_object(nested, known)
            found = found if meant is nested else {**found, outer: meant}
    return found


def _as_object(nested: object, known: frozenset[str]) -> object:
    """``nested`` as the object that stands there usually: alone in a list, or its one main value."""
    if isinstance(nested, Mapping):
        return _with_known_case(nested, known)
    if isinstance(nested, list) and len(nested) == 1 and isinstance(nested[0], Mapping):
        return _with_known_case(nested[0], known)
    is_plain = isinstance(nested, int | float | str) and not isinstance(nested, bool)
    main = next((key for key in _MAIN_VALUES if key in known), None)
    return {main: nested} if is_plain and main is not None else nested


def _with_known_case(value: ApiObject, known: frozenset[str]) -> ApiObject:
    meant = {key.casefold(): key for key in known if key not in value}
    spellings = Counter(key.casefold() for key in value.keys() - known)
    renamed = {
        key: meant[folded]
        for key in value.keys() - known
        if (folded := key.casefold()) in meant and spellings[folded] == 1
    }
    return {renamed.get(key, key): inner for key, inner in value.items()} if renamed else value


def as_json(value: object) -> str:
    """``value`` as JSON text, made sound where JSON could not hold it."""
    try:
        return orjson.dumps(value).decode()
    except (TypeError, RecursionError):
        return orjson.dumps(sound(value)).decode()


@cache
def _known_keys(table: Table) -> tuple[frozenset[str], dict[str, frozenset[str]]]:
    """The top-level keys a table knows, and for each flattened object the keys known inside it."""
    inner: dict[str, set[str]] = {}
    for column in table.columns:
        if len(column.path) > 1:
            inner.setdefault(column.path[0], set()).add(column.path[1])
    top = frozenset(column.path[0] for column in table.columns) | table.ignored
    return top, {key: frozenset(keys) for key, keys in inner.items()}


def _collect_unknown_keys(table: Table, objects: Sequence[ApiObject], extras: _Extras) -> None:
    top, inner = _known_keys(table)
    for row, value in enumerate(objects):
        if not top.issuperset(value):
            for key in value.keys() - top:
                extras.put(row, key, value[key])
        for key in table.ignored:
            # What another table takes line by line; that one can only take a list.
            if not isinstance(lines := value.get(key), list) and lines is not None:
                extras.put(row, key, lines)
        for outer, known in inner.items():
            if (nested := value.get(outer)) is not None:
                _collect_unknown_keys_inside(outer, known, row, nested, extras)


def _collect_unknown_keys_inside(
    outer: str, known: frozenset[str], row: int, nested: object, extras: _Extras
) -> None:
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
        return pa.array([None if v is None else as_json(v) for v in values], pa.string())
    at_once = fit_column(kind, values)
    if at_once is not None:
        return at_once
    return _one_by_one(column, values, [fit(kind, value) for value in values], extras)


def _optional_key_array(column: Column, values: list[Any], extras: _Extras) -> pa.Array:
    """What may be missing of a key: null where it is, as the key of the row has it."""
    fitted = [fit_optional_key(column.kind, value) for value in values]
    return _one_by_one(column, values, fitted, extras)


def _one_by_one(
    column: Column, values: list[Any], fitted: list[Fitted], extras: _Extras
) -> pa.Array:
    path = ".".join(column.path)
    for row, one in enumerate(fitted):
        if not one.is_whole:
            extras.put(row, path, values[row])
    return pa.array([one.value for one in fitted], column.kind.arrow)
