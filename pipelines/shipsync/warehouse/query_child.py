"""The process in which a query of somebody else's runs; ``bounded_query`` starts it and kills it.

It reads one request from standard input and answers on standard output, one JSON value a line: the
columns, each row, and at the end whether there were more; or what went wrong.
"""

from __future__ import annotations

import json
import math
import resource
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import duckdb

from shipsync.statements import statement

_ROWS_AT_ONCE: Final = 100
_MEGABYTE: Final = 1_048_576
# What DuckDB and Python need beside the memory that DuckDB counts.
_SPARE_MEGABYTES: Final = 128
_CONFIG: Final = {
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "python_enable_replacements": "false",
    "threads": "1",
    # No spilling either: the query fails where it would need more.
    "temp_directory": "",
}


def main() -> None:
    """Answer the request on standard input."""
    request = json.load(sys.stdin)
    try:
        for line in _answered(request):
            _write(line)
    except MemoryError:
        _write(_line({"error": "memory"}))
    except duckdb.Error as error:
        name = type(error).__name__
        kind = "memory" if isinstance(error, duckdb.OutOfMemoryException) else "failed"
        _write(_line({"error": kind, "exception": name, "detail": str(error).strip()[:2_000]}))


def _answered(request: Mapping[str, Any]) -> Iterator[bytes]:
    config: dict[str, Any] = {**_CONFIG, "memory_limit": f"{request['memory_mb']}MB"}
    con = duckdb.connect(request["file"], read_only=True, config=config)
    con.execute("set timezone = 'UTC'")
    con.execute("set lock_configuration = true")
    _limit_resources(request["seconds"], request["memory_mb"])
    refusal = _refusal(con, request["sql"], request["table_functions"])
    if refusal:
        yield _line(refusal)
        return
    found = con.execute(request["sql"].strip().rstrip(";"), request["values"] or None)
    yield _line({"columns": [column[0] for column in found.description or ()]})
    left_rows, left_bytes = request["rows"], request["answer_bytes"]
    while rows := found.fetchmany(min(_ROWS_AT_ONCE, left_rows + 1)):
        for row in rows:
            line = _line([_plain(value) for value in row])
            left_bytes -= len(line)
            if not left_rows or left_bytes < 0:
                yield _line({"is_cut": True})
                return
            left_rows -= 1
            yield line
    yield _line({"is_cut": False})


def _limit_resources(seconds: float, megabytes: int) -> None:
    """From here on: so much processor time and memory, and no byte into any file."""
    processor = math.ceil(seconds) + 1
    limits = [
        (resource.RLIMIT_CPU, processor),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ]
    if held := _address_space():
        limits.append((resource.RLIMIT_AS, held + (megabytes + _SPARE_MEGABYTES) * _MEGABYTE))
    for kind, most in limits:
        # A limit that the system has set lower already stays.
        with suppress(ValueError, OSError):
            resource.setrlimit(kind, (most, most))


def _address_space() -> int | None:
    """The bytes of address space that this process has, where the system tells."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    except OSError:
        return None
    return pages * resource.getpagesize()


def _refusal(
    con: duckdb.DuckDBPyConnection, sql: str, table_functions: list[str] | None
) -> dict[str, str] | None:
    """Why the query may not run, or None."""
    text = sql.strip().rstrip(";")
    kinds = [part.type for part in con.extract_statements(text)]
    if kinds != [duckdb.StatementType.SELECT]:
        names = (str(kind).rpartition(".")[2].lower() for kind in kinds)
        return {"error": "not_a_select", "detail": ", ".join(names) or "nothing"}
    if table_functions is None:
        return None
    row = con.execute(statement("shipsync.warehouse", "parsed_query"), [text]).fetchone()
    tree = json.loads(row[0]) if row else {"error": True}
    if tree.get("error", True):
        return {"error": "not_a_select"}
    refused = sorted(set(_table_functions(tree)) - set(table_functions))
    return {"error": "function", "detail": refused[0]} if refused else None


def _table_functions(tree: object) -> Iterator[str]:
    """Every table function that a parsed query calls, however deep."""
    nodes = [tree]
    while nodes:
        node = nodes.pop()
        if isinstance(node, dict):
            if node.get("type") == "TABLE_FUNCTION":
                function = node.get("function")
                name = function.get("function_name") if isinstance(function, dict) else None
                yield str(name).lower()
            nodes.extend(node.values())
        elif isinstance(node, list):
            nodes.extend(node)


def _plain(value: Any) -> Any:
    """A value for JSON; what it has no form for as a kind and a text."""
    if value is None or isinstance(value, bool | int | str | float):
        return value
    if isinstance(value, list | tuple):
        return ["list", [_plain(inner) for inner in value]]
    if isinstance(value, dict):
        return ["object", [[str(key), _plain(inner)] for key, inner in value.items()]]
    if isinstance(value, timedelta):
        return ["timedelta", str(value // timedelta(microseconds=1))]
    if isinstance(value, bytes | bytearray | memoryview):
        return ["bytes", bytes(value).hex()]
    if isinstance(value, Decimal | UUID):
        return ["decimal" if isinstance(value, Decimal) else "uuid", str(value)]
    # An instant is a date too, so it comes first.
    for kind in (datetime, date, time):
        if isinstance(value, kind):
            return [kind.__name__, value.isoformat()]
    return ["text", str(value)]


def _line(told: object) -> bytes:
    return json.dumps(told, ensure_ascii=False).encode() + b"\n"


def _write(line: bytes) -> None:
    sys.stdout.buffer.write(line)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
