"""Where the rows of a plan come from: a file, a query over the database, or a model in it.

A query may read what the database holds and nothing else: one statement, a ``select``, in a process of its
own on a copy, without files or network, for ``LONGEST_SECONDS`` and ``MOST_ROWS`` rows at most.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import duckdb

from shipsync.errors import InputFileError
from shipsync.reverse.plan.input_files import InputRow, InputRows, cells, read_rows
from shipsync.statements import statement
from shipsync.warehouse.bounded_query import (
    QueryAnswer,
    QueryFailed,
    QueryLimits,
    QueryRefused,
    QueryStopped,
    run_query,
)
from shipsync.warehouse.copies import copied

STATEMENTS = "shipsync.reverse"
MOST_ROWS = 1_000_000
MOST_BYTES = 256_000_000
MEGABYTES = 512
LONGEST_SECONDS = 60.0


@dataclass(frozen=True)
class SqlQuery:
    """A ``select``; ``label`` is what messages call it."""

    text: str
    label: str = "The query"


@dataclass(frozen=True)
class ModelName:
    """A table or view of the database, such as ``reverse.stock_adjustments_due``."""

    name: str


RowSource: TypeAlias = Path | SqlQuery | ModelName | InputRows
"""A path that ends in ``.sql`` holds a query; any other is a file of rows. Rows stand for themselves."""


def read_source(
    con: duckdb.DuckDBPyConnection, source: RowSource, *, longest_seconds: float = LONGEST_SECONDS
) -> InputRows:
    """All rows of a source; ``line`` is the row's number where there are no lines.

    Raises ``InputFileError`` for what cannot be read, for a query that is not one ``select``, that fails or
    takes too long, and when there are too many rows. A query or a model may give none.
    """
    if isinstance(source, InputRows):
        return source
    if isinstance(source, Path):
        if source.suffix.lower() != ".sql":
            return read_rows(source)
        source = SqlQuery(_text(source), str(source))
    if isinstance(source, SqlQuery):
        return _query(con, source, longest_seconds)
    return _model(con, source, longest_seconds)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise InputFileError(f"{path} cannot be read: {reason}.") from None


def _query(con: duckdb.DuckDBPyConnection, query: SqlQuery, longest_seconds: float) -> InputRows:
    try:
        return _rows(query.label, _apart(con, query.text, query.label, longest_seconds))
    except QueryRefused as refusal:
        raise InputFileError(
            f"{query.label} must be one select statement; it holds {refusal.detail}."
        ) from None
    except QueryFailed as failure:
        raise InputFileError(f"{query.label} failed: {_first_line(failure)}") from None


def _model(con: duckdb.DuckDBPyConnection, model: ModelName, longest_seconds: float) -> InputRows:
    try:
        text, named = statement(STATEMENTS, "model_rows"), {"model": model.name}
        return _rows(model.name, _apart(con, text, model.name, longest_seconds, named))
    except QueryFailed as failure:
        if not _is_no_such_name(failure, model.name):
            raise InputFileError(f"{model.name} cannot be read: {_first_line(failure)}") from None
        raise InputFileError(
            f"The database holds no model {model.name}. `shipsync build` makes shipsync's own; give any "
            "other with its schema, as SCHEMA.NAME."
        ) from None


def _is_no_such_name(failure: QueryFailed, name: str) -> bool:
    """Whether it is the model itself that is missing, and not something that it reads."""
    if failure.exception == "CatalogException":
        is_table = failure.detail.startswith("Catalog Error: Table with name")
        return is_table and name.split(".")[-1] in _first_line(failure)
    is_no_catalog = failure.exception == "BinderException" and 'Catalog "' in failure.detail
    return is_no_catalog or failure.exception == "ParserException"


def _apart(
    con: duckdb.DuckDBPyConnection,
    text: str,
    label: str,
    longest_seconds: float,
    values: Mapping[str, str] | None = None,
) -> QueryAnswer:
    """What a query gives, run in a process of its own on a copy of the database that ``con`` has open."""
    (file,) = con.execute(statement(STATEMENTS, "database_file")).fetchall()[0]
    limits = QueryLimits(longest_seconds, MEGABYTES, MOST_ROWS, MOST_BYTES)
    try:
        with copied(Path(file)) as copy:
            return run_query(copy, text, limits, values=values)
    except QueryStopped as stopped:
        took = f"took longer than {longest_seconds:g} s"
        if not stopped.took_too_long:
            took = f"took more than {MEGABYTES} MB of memory"
        raise InputFileError(
            f"{label} {took} and was stopped; make it a table first, or read less."
        ) from stopped


def _rows(label: str, answer: QueryAnswer) -> InputRows:
    columns = answer.columns
    if twice := next((column for column in columns if columns.count(column) > 1), None):
        raise InputFileError(f"{label} gives the column {twice!r} twice; rename one of them.")
    if answer.is_cut:
        is_long = len(answer.rows) == MOST_ROWS
        much = f"{MOST_ROWS:,} rows" if is_long else f"{MOST_BYTES // 1_000_000} MB"
        raise InputFileError(f"{label} gives more than {much}; narrow it.")
    rows = (
        InputRow(number, cells(label, number, dict(zip(columns, values, strict=True))))
        for number, values in enumerate(answer.rows, start=1)
    )
    return InputRows(label, columns, tuple(rows))


def _first_line(failure: QueryFailed) -> str:
    return failure.detail.splitlines()[0].rstrip("!.") + "."
