"""A query that an assistant wrote, restricted to reading: what it may do is listed, not what it may not.

It runs in a process of its own (``warehouse.bounded_query``), on a copy, and calls harmless table functions
only. Its rows come in plain values, cut after so many rows and characters.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from math import isfinite
from pathlib import Path
from typing import Any, Final

import orjson

from shipsync.warehouse.bounded_query import QueryLimits, run_query

MOST_ROWS: Final = 1_000
MOST_CHARACTERS: Final = 100_000
SECONDS: Final = 10.0
MEGABYTES: Final = 256
_SAFE_WHOLE: Final = 2**53

# Others read files, run text as SQL, or write profiles and logs to a path of the asker's choice, which
# DuckDB allows a SELECT even without external access.
_TABLE_FUNCTIONS: Final = frozenset(
    {"range", "generate_series", "unnest", "json_each", "json_tree", "summary"}
    | {"duckdb_tables", "duckdb_columns", "duckdb_views", "duckdb_schemas", "pragma_table_info"}
)


@dataclass(frozen=True)
class Result:
    """Rows of plain values under named columns; ``is_cut`` when there were more than are given."""

    columns: tuple[str, ...]
    rows: list[list[Any]]
    is_cut: bool


def query(
    file: Path,
    sql: str,
    *,
    limit: int = 100,
    seconds: float = SECONDS,
    values: Mapping[str, str] | None = None,
) -> Result:
    """The first ``limit`` rows (1,000 at the most) of one SELECT over ``file``, which nobody writes to.

    ``values`` are bound to its parameters. Raises ``UsageError`` with what to change when it is no single
    SELECT, calls a table function that isn't allowed, fails, or takes more than ``seconds`` or ``MEGABYTES``.
    """
    limits = QueryLimits(seconds, MEGABYTES, rows=max(1, min(limit, MOST_ROWS)))
    answer = run_query(file, sql, limits, values=values, table_functions=_TABLE_FUNCTIONS)
    kept = list(_within(answer.rows))
    return Result(answer.columns, kept, answer.is_cut or len(kept) < len(answer.rows))


def _within(rows: Sequence[tuple[Any, ...]]) -> Iterator[list[Any]]:
    """Rows in plain values, until they are too much to read."""
    left = MOST_CHARACTERS
    for row in rows:
        values = [plain(value) for value in row]
        left -= len(orjson.dumps(values))
        if left < 0:
            return
        yield values


def plain(value: Any) -> Any:
    """``value`` as JSON holds it: times in ISO 8601 with Z for UTC, decimals as numbers.

    What JSON cannot hold becomes text, and so do numbers that its readers would round.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, int):
        return value if abs(value) <= _SAFE_WHOLE else str(value)
    if isinstance(value, float | Decimal):
        return float(value) if isfinite(value) else None
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date | time):
        return value.isoformat()
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set):
        return [plain(inner) for inner in value]
    return value.hex() if isinstance(value, bytes) else str(value)
