"""A query of an assistant's own making, held to reading: what it may do is listed, not what it may not.

::

    one SELECT, by DuckDB's own parser ─▶ its table functions are all harmless ones
      ─▶ a connection that reads this file alone: no other file, no network, no extension, no setting
      ─▶ stopped after some seconds, cut after some rows and characters
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import duckdb
import orjson

from shipsync.assistant.values import plain
from shipsync.errors import UsageError
from shipsync.statements import statement
from shipsync.warehouse.copies import readable

MOST_ROWS: Final = 1_000
MOST_CHARACTERS: Final = 100_000
SECONDS: Final = 10.0

_CONFIG: Final = {
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "memory_limit": "256MB",
    # No spilling either: the query fails where it would need more.
    "temp_directory": "",
}
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


def query(database: Path, sql: str, *, limit: int = 100, seconds: float = SECONDS) -> Result:
    """The first ``limit`` rows (1,000 at the most) of one SELECT over ``database``.

    Raises ``UsageError`` with what to change when it is no single SELECT, calls a table function that
    isn't allowed, fails, or takes longer than ``seconds``; ``DatabaseError`` when the file can't be read.
    """
    with readable(database, _open) as con:
        _check(con, sql)
        timer = threading.Timer(seconds, con.interrupt)
        timer.daemon = True
        timer.start()
        try:
            found = con.execute(sql)
            columns = tuple(column[0] for column in found.description or ())
            most = max(1, min(limit, MOST_ROWS))
            rows = found.fetchmany(most + 1)
        except duckdb.InterruptException:
            raise UsageError(
                f"The query was stopped after {seconds:g} seconds. Ask for less: a filter, fewer joins."
            ) from None
        except duckdb.Error as error:
            raise UsageError(f"The query failed. {str(error).strip()}") from None
        finally:
            timer.cancel()
    kept = list(_within(rows[:most]))
    return Result(columns, kept, len(kept) < len(rows))


def _within(rows: list[tuple[Any, ...]]) -> Iterator[list[Any]]:
    """Rows in plain values, until they are too much to read."""
    left = MOST_CHARACTERS
    for row in rows:
        values = [plain(value) for value in row]
        left -= len(orjson.dumps(values))
        if left < 0:
            return
        yield values


def _open(file: Path) -> duckdb.DuckDBPyConnection:
    con = duckdb.connect(str(file), read_only=True, config=dict(_CONFIG))
    con.execute("set timezone = 'UTC'")
    con.execute("set lock_configuration = true")
    return con


def _check(con: duckdb.DuckDBPyConnection, sql: str) -> None:
    text = sql.strip().rstrip(";")
    try:
        kinds = [part.type for part in con.extract_statements(text)]
    except duckdb.Error as error:
        raise UsageError(f"The query is not valid SQL. {str(error).strip()}") from None
    parsed = _parsed(con, text) if kinds == [duckdb.StatementType.SELECT] else None
    if parsed is None:
        raise UsageError(
            "One SELECT is taken, and nothing else: no second statement, no PIVOT, no change of any kind."
        )
    refused = sorted(set(_table_functions(parsed)) - _TABLE_FUNCTIONS)
    if refused:
        raise UsageError(
            f"{refused[0]}() can't be read from here. Read the tables; information_schema.columns "
            "lists them."
        )


def _parsed(con: duckdb.DuckDBPyConnection, text: str) -> object:
    row = con.execute(statement("shipsync.assistant", "parsed"), [text]).fetchone()
    tree = orjson.loads(row[0]) if row else {}
    return None if tree.get("error", True) else tree


def _table_functions(node: object) -> Iterator[str]:
    """Every table function that a parsed query calls, however deep."""
    if isinstance(node, dict):
        if node.get("type") == "TABLE_FUNCTION":
            function = node.get("function")
            name = function.get("function_name") if isinstance(function, dict) else None
            yield str(name).lower()
        for inner in node.values():
            yield from _table_functions(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from _table_functions(inner)
