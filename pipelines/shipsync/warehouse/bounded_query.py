"""A query of somebody else's, run apart: in a process of its own, on a copy, killed at its limit.

::

    copy of the database ─▶ child: no other file, no network, no setting, one thread
                              limits of the system on processor time, memory and files written
      one SELECT ───────────▶ parsed, checked and run there, so that nothing of it can hurt who asked
      rows, one by one ◀───── cut after so many rows and bytes; killed after so many seconds

DuckDB's own limits do not hold: of time, memory or output, a function inside it may take any amount
before it looks at them, and so may its parser. Those of the operating system hold. Memory is limited
where the system does so for a process (Linux); elsewhere DuckDB's own limit remains.
"""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
import time
from collections.abc import Collection, Generator, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from datetime import time as time_of_day
from decimal import Decimal
from pathlib import Path
from signal import SIGKILL
from tempfile import TemporaryFile
from typing import IO, Any, Final
from uuid import UUID

from shipsync.errors import UsageError

_MODULE: Final = "shipsync.warehouse.query_child"
_CHUNK: Final = 65_536
# Of the environment only what a Python needs to start: no key, no password, no proxy.
_ENVIRONMENT: Final = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT", "LD_LIBRARY_PATH")


@dataclass(frozen=True)
class QueryLimits:
    """How much of everything a query may take: seconds, MB of memory, rows and bytes of its answer."""

    seconds: float = 10.0
    memory_mb: int = 256
    rows: int = 1_000
    answer_bytes: int = 4_000_000


@dataclass(frozen=True)
class QueryAnswer:
    """Rows under named columns; ``is_cut`` when there were more than the limits let through."""

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]] = field(default_factory=list)
    is_cut: bool = False


class QueryRefused(UsageError):
    """The query is not one SELECT, or calls what it may not; ``detail`` names what it is or calls."""

    def __init__(self, message: str, detail: str) -> None:
        super().__init__(message)
        self.detail = detail


class QueryFailed(UsageError):
    """DuckDB refused or failed the query: ``detail`` is what it said, ``exception`` the name of its error."""

    def __init__(self, detail: str, exception: str | None) -> None:
        what = "is not valid SQL" if exception == "ParserException" else "failed"
        super().__init__(f"The query {what}. {detail}")
        self.detail = detail
        self.exception = exception


class QueryStopped(UsageError):
    """The query took all it was given, and was killed; ``took_too_long`` says whether it was the time."""

    def __init__(self, message: str, *, took_too_long: bool) -> None:
        super().__init__(message)
        self.took_too_long = took_too_long


def run_query(
    file: Path,
    sql: str,
    limits: QueryLimits,
    *,
    values: Mapping[str, str] | None = None,
    table_functions: Collection[str] | None = None,
) -> QueryAnswer:
    """The rows of one SELECT over ``file``, a copy that nobody writes to.

    ``values`` are bound to its parameters. It may call the ``table_functions`` that are listed, or any if
    they are not. Raises ``QueryRefused``, ``QueryFailed`` and ``QueryStopped``; the process is gone then.
    """
    request = {
        "file": str(file),
        "sql": sql,
        "values": dict(values or {}),
        "table_functions": None if table_functions is None else sorted(table_functions),
        **asdict(limits),
    }
    columns: tuple[str, ...] = ()
    rows: list[tuple[Any, ...]] = []
    with closing(_answer(request, limits)) as lines:
        for line in lines:
            if isinstance(line, list):
                rows.append(tuple(_value(value) for value in line))
            elif "error" in line:
                raise _failure(line, limits)
            elif "columns" in line:
                columns = tuple(line["columns"])
            else:
                return QueryAnswer(columns, rows, bool(line["is_cut"]))
    raise _died(limits)


def _answer(request: Mapping[str, object], limits: QueryLimits) -> Generator[Any, None, None]:
    """The lines of the child's answer, each a JSON value; the child is gone at their end."""
    deadline = time.monotonic() + limits.seconds
    with _child(request) as output:
        held = b""
        for chunk in _chunks(output, deadline, limits):
            *whole, held = (held + chunk).split(b"\n")
            for line in whole:
                yield json.loads(line)


@contextmanager
def _child(request: Mapping[str, object]) -> Iterator[IO[bytes]]:
    """The output of the process; it and all it began are killed at the end of the block."""
    package = str(Path(__file__).resolve().parents[2])
    environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
    # One heap for all threads: each further one would take 64 MB of the address space.
    environment |= {"PYTHONPATH": package, "MALLOC_ARENA_MAX": "1", "PYTHONSAFEPATH": "1"}
    with TemporaryFile(prefix="shipsync-query-") as question:
        # In a file, so that a child that never reads keeps nobody waiting.
        question.write(json.dumps(request).encode())
        question.seek(0)
        process = subprocess.Popen(
            [sys.executable, "-m", _MODULE],
            stdin=question,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            cwd=Path(str(request["file"])).parent,
            start_new_session=True,
        )
    assert process.stdout is not None
    try:
        yield process.stdout
    finally:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, SIGKILL)
        process.kill()
        process.stdout.close()
        process.wait()


def _chunks(output: IO[bytes], deadline: float, limits: QueryLimits) -> Iterator[bytes]:
    """What the child writes, for as long and as much as it may."""
    left = limits.answer_bytes + _CHUNK
    with selectors.DefaultSelector() as selector:
        selector.register(output, selectors.EVENT_READ)
        while True:
            if not selector.select(max(0.0, deadline - time.monotonic())):
                raise QueryStopped(
                    f"The query was stopped after {limits.seconds:g} seconds. Ask for less: a filter, "
                    "fewer joins.",
                    took_too_long=True,
                )
            chunk = os.read(output.fileno(), _CHUNK)
            if not chunk:
                return
            left -= len(chunk)
            if left < 0:
                raise _died(limits)
            yield chunk


def _failure(told: Mapping[str, Any], limits: QueryLimits) -> UsageError:
    kind, detail = told["error"], str(told.get("detail", ""))
    if kind == "memory":
        return _died(limits)
    if kind == "not_a_select":
        return QueryRefused(
            "One SELECT is taken, and nothing else: no second statement, no PIVOT, no change of any kind.",
            detail,
        )
    if kind == "function":
        return QueryRefused(
            f"{detail}() can't be read from here. Read the tables; information_schema.columns lists them.",
            detail,
        )
    return QueryFailed(detail, told.get("exception"))


def _died(limits: QueryLimits) -> QueryStopped:
    return QueryStopped(
        f"The query was stopped: it ran out of what it may take, {limits.memory_mb} MB of memory and "
        f"{limits.seconds:g} seconds. Ask for less: fewer rows, shorter texts, fewer joins.",
        took_too_long=False,
    )


_READERS: Final[Mapping[str, Any]] = {
    "decimal": Decimal,
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
    "time": time_of_day.fromisoformat,
    "timedelta": lambda microseconds: timedelta(microseconds=int(microseconds)),
    "bytes": bytes.fromhex,
    "uuid": UUID,
    "text": str,
}


def _value(told: Any) -> Any:
    """A value as DuckDB gave it to the child; what JSON has no form for comes as a kind and a text."""
    if not isinstance(told, list):
        return told
    kind, content = told
    if kind == "list":
        return [_value(inner) for inner in content]
    if kind == "object":
        return {key: _value(inner) for key, inner in content}
    return _READERS[kind](content)
