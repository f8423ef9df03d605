"""A second reading of what the API serves: which value belongs in which column.

Nothing of it comes from the package's own tables: columns and their types are those that stand in
DuckDB, and the way from a name to a place in the object is spelled out here anew.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

Body = Mapping[str, Any]
Row = dict[str, Any]
Types = Mapping[str, str]

OWN = frozenset({"content_hash", "observed_at", "is_removed", "event_key"})
"""Columns that no object holds, beside those that begin with an underscore."""


def differences(body: Body, row: Row, types: Types) -> list[str]:
    """Where a row does not say what the object says; empty if it says all of it and nothing else."""
    extra = json.loads(row["_extra"]) if row.get("_extra") else {}
    wanted, unplaced = _placed(body, types)
    found = []
    for column, kind in types.items():
        if column in OWN or column.startswith("_"):
            continue
        value, told = wanted.get(column), row[column]
        fits = _as_typed(value, kind)
        if fits is _MISFIT:
            unplaced[_path(column, body)] = value
            fits = None
        if kind == "JSON":
            told = json.loads(told) if told is not None else None
        if fits != told:
            found.append(f"{column}: {told!r} stands for {value!r}")
    if unplaced != extra:
        found.append(f"_extra: {extra!r} stands for {unplaced!r}")
    return found


def _placed(body: Body, types: Types) -> tuple[dict[str, Any], dict[str, Any]]:
    """Values by column, and by path those for which there is no column."""
    wanted: dict[str, Any] = {}
    unplaced: dict[str, Any] = {}
    for key, value in body.items():
        if f"{key}_text" in types:
            wanted[f"{key}_text"] = value
        if key in types and not (isinstance(value, Mapping) and types[key] != "JSON"):
            wanted[key] = value
        elif isinstance(value, Mapping) and _has_parts(key, types):
            for part, inner in value.items():
                column = key if part == "amount" else f"{key}_{part}"
                if column in types:
                    wanted[column] = inner
                else:
                    unplaced[f"{key}.{part}"] = inner
        elif value is not None and not _has_parts(key, types):
            unplaced[key] = value
    return wanted, unplaced


def _has_parts(key: str, types: Types) -> bool:
    return any(column.startswith(f"{key}_") for column in types)


def _path(column: str, body: Body) -> str:
    if column in body and not isinstance(body[column], Mapping):
        return column
    if column in body:
        return f"{column}.amount"
    key = next(key for key in body if column.startswith(f"{key}_"))
    return f"{key}.{column.removeprefix(f'{key}_')}"


class _Misfit:
    """Stands for a value that the column's type can't hold."""


_MISFIT = _Misfit()


def _as_typed(value: Any, kind: str) -> Any:
    if value is None or kind == "JSON":
        return value
    if kind.startswith("DECIMAL"):
        is_amount = type(value) in (int, float)
        return Decimal(str(value)) if is_amount else _MISFIT
    if kind.startswith("TIMESTAMP"):
        return _moment(value, with_zone=kind != "TIMESTAMP")
    if kind == "VARCHAR":
        return str(value) if type(value) in (str, int) else _MISFIT
    wanted = {"BIGINT": (int,), "DOUBLE": (int, float), "BOOLEAN": (bool,)}[kind]
    return value if type(value) in wanted else _MISFIT


def _moment(value: Any, *, with_zone: bool) -> Any:
    if value == "":
        return None
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return _MISFIT
    if not with_zone:
        return moment.replace(tzinfo=None)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
