"""Where the rows of a plan come from: a file, a query over the database, or a model in it.

A query may read what the database holds and nothing else: one statement, a ``select``, on a connection
opened for reading, without files or network, for ``LONGEST_SECONDS`` and ``MOST_ROWS`` rows at most.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import duckdb

from shipsync import queries
from shipsync.errors import InputFileError
from shipsync.reverse.plan.input_files import InputRow, InputRows, cells, read_rows
from shipsync.statements import statement

STATEMENTS = "shipsync.reverse"
MOST_ROWS = 1_000_000
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

    ``con`` loses its access to files. Raises ``InputFileError`` for what cannot be read, for a query that
    is not one ``select``, that fails or takes too long, and when there are too many rows. A query or a
    model may give none.
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
        with _bounded(con, query.label, longest_seconds):
            statements = con.extract_statements(query.text)
            if [found.type for found in statements] != [duckdb.StatementType.SELECT]:
                raise InputFileError(
                    f"{query.label} must be one select statement; it holds {_named(statements)}."
                )
            return _rows(query.label, con.sql(statements[0].query))
    except duckdb.Error as error:
        raise InputFileError(f"{query.label} failed: {_first_line(error)}") from None


def _model(con: duckdb.DuckDBPyConnection, model: ModelName, longest_seconds: float) -> InputRows:
    try:
        with _bounded(con, model.name, longest_seconds):
            named = {"model": model.name}
            return _rows(model.name, con.sql(statement(STATEMENTS, "model_rows"), params=named))
    except duckdb.Error as error:
        if not _is_no_such_name(error, model.name):
            raise InputFileError(f"{model.name} cannot be read: {_first_line(error)}") from None
        raise InputFileError(
            f"The database holds no model {model.name}. `shipsync build` makes shipsync's own; give any "
            "other with its schema, as SCHEMA.NAME."
        ) from None


def _is_no_such_name(error: duckdb.Error, name: str) -> bool:
    """Whether it is the model itself that is missing, and not something that it reads."""
    if isinstance(error, duckdb.CatalogException):
        return queries.is_missing_table(error) and name.split(".")[-1] in _first_line(error)
    is_no_catalog = isinstance(error, duckdb.BinderException) and 'Catalog "' in str(error)
    return is_no_catalog or isinstance(error, duckdb.ParserException)


@contextmanager
def _bounded(con: duckdb.DuckDBPyConnection, label: str, longest_seconds: float) -> Iterator[None]:
    """Take from the connection what a reading does not need, and the time to run for ever."""
    con.execute(statement(STATEMENTS, "shut_in"))
    timer = threading.Timer(longest_seconds, con.interrupt)
    timer.start()
    try:
        yield
    except duckdb.InterruptException:
        raise InputFileError(
            f"{label} took longer than {longest_seconds:g} s and was stopped; make it a "
            "table first, or read less."
        ) from None
    finally:
        timer.cancel()


def _rows(label: str, relation: duckdb.DuckDBPyRelation) -> InputRows:
    columns = tuple(relation.columns)
    if twice := next((column for column in columns if columns.count(column) > 1), None):
        raise InputFileError(f"{label} gives the column {twice!r} twice; rename one of them.")
    found = relation.limit(MOST_ROWS + 1).fetchall()
    if len(found) > MOST_ROWS:
        raise InputFileError(f"{label} gives more than {MOST_ROWS:,} rows; narrow it.")
    rows = (
        InputRow(number, cells(label, number, dict(zip(columns, values, strict=True))))
        for number, values in enumerate(found, start=1)
    )
    return InputRows(label, columns, tuple(rows))


def _named(statements: list[duckdb.Statement]) -> str:
    names = [str(found.type).rpartition(".")[2].lower() for found in statements]
    return ", ".join(names) or "nothing"


def _first_line(error: duckdb.Error) -> str:
    return str(error).splitlines()[0].rstrip("!.") + "."
