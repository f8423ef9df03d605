"""Rows from a file that a person made: CSV, Excel, JSON Lines or Parquet, told apart by the name's ending.

Every cell becomes text, trimmed but for SKUs; an empty cell is left out. What cannot be read raises
``InputFileError`` with the line, and nothing of the file is used.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time
from decimal import Decimal
from pathlib import Path

import duckdb
import orjson

from shipsync.errors import InputFileError
from shipsync.reverse.plan.csv_file import NO_VALUES, SKU_COLUMNS, decoded, read_csv
from shipsync.reverse.plan.excel_file import read_excel

LARGEST_FILE = 500_000_000
"""Bytes of a file that is read whole."""

_ENDINGS = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".xlsx": "excel",
    ".xlsm": "excel",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
}
_EXACT_UP_TO = 10**15
"""A whole number beyond this may have lost its last digits as a float."""
_HALF = re.compile("[\ud800-\udfff]")
"""A surrogate without its other half: no text in UTF-8 has one, and what JSON escapes may."""


@dataclass(frozen=True, slots=True)
class InputRow:
    """One row: ``line`` is its line in the file (Parquet: its row, from 1), ``cells`` text by column."""

    line: int
    cells: Mapping[str, str]


@dataclass(frozen=True)
class InputRows:
    """A file's rows and its columns, in the file's order; ``source`` is its path as given."""

    source: str
    columns: tuple[str, ...]
    rows: tuple[InputRow, ...]


def read_rows(path: Path) -> InputRows:
    """Read a whole file; raises ``InputFileError`` if it cannot be read or holds no row."""
    form = _ENDINGS.get(path.suffix.lower())
    if form is None:
        raise InputFileError(
            f"{path} ends in {repr(path.suffix) if path.suffix else 'nothing'}; give a file that ends in "
            f"{', '.join(_ENDINGS)}, or in .sql for a query."
        )
    readers = {"csv": _csv, "excel": _excel, "jsonl": _json_lines, "parquet": _parquet}
    columns, rows = readers[form](path)
    if not rows:
        raise InputFileError(f"{path} holds no rows; nothing can be planned from it.")
    return InputRows(str(path), columns, rows)


def one_row(source: str, cells: Mapping[str, str]) -> InputRows:
    """A single row that came without a file."""
    return InputRows(source, tuple(cells), (InputRow(1, cells),))


def check_columns(
    given: InputRows, known: frozenset[str], required: tuple[frozenset[str], ...]
) -> tuple[str, ...]:
    """The columns that mean nothing to us, in the file's order.

    Each set in ``required`` names columns of which one must be there. Raises ``InputFileError`` for a
    missing one, and for an unknown one that looks like a slip of the pen: ignoring it would do
    something else than was meant.
    """
    for alternatives in required:
        if alternatives.isdisjoint(given.columns):
            folded = next((c for c in given.columns if c.lower() in alternatives), None)
            hint = f" Write {folded!r} in small letters." if folded is not None else ""
            raise InputFileError(
                f"{given.source} has no column {' or '.join(sorted(alternatives))}; "
                f"it has {', '.join(given.columns)}.{hint}"
            )
    unknown = tuple(column for column in given.columns if column not in known)
    for column in unknown:
        if close := difflib.get_close_matches(column.lower(), known, n=1, cutoff=0.8):
            raise InputFileError(
                f"{given.source} has a column {column!r}; did you mean {close[0]!r}? "
                "Rename it, or remove it if it means something else."
            )
    return unknown


def _bytes(path: Path) -> bytes:
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise InputFileError(
                f"{path} has {path.stat().st_size:,} bytes; at most {LARGEST_FILE:,} are read. Split it."
            )
        return path.read_bytes()
    except OSError as error:
        raise InputFileError(f"{path} cannot be read: {error.strerror or error}.") from None


def _csv(path: Path) -> tuple[tuple[str, ...], tuple[InputRow, ...]]:
    columns, rows = read_csv(path, _bytes(path))
    return columns, tuple(InputRow(line, found) for line, found in rows)


def _excel(path: Path) -> tuple[tuple[str, ...], tuple[InputRow, ...]]:
    columns, records = read_excel(path, _bytes(path))
    return columns, tuple(InputRow(line, cells(path, line, record)) for line, record in records)


def json_objects(path: Path) -> Iterator[tuple[int, dict[str, object]]]:
    """Each object of a file of JSON Lines, with its line."""
    for line, content in enumerate(decoded(path, _bytes(path)).split("\n"), start=1):
        if not content.strip():
            continue
        try:
            parsed = orjson.loads(content)
        except orjson.JSONDecodeError as error:
            parsed = _with_nan(content)
            if parsed is None:
                raise InputFileError(f"{path} is not JSON on line {line}: {error.msg}.") from None
        if not isinstance(parsed, dict):
            raise InputFileError(
                f"{path} holds no object on line {line}; each line must be {{...}}."
            )
        yield line, parsed


def _with_nan(content: str) -> object:
    """What Python's own JSON makes of it, which writes NaN and reads it; None if that cannot read it."""
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def _json_lines(path: Path) -> tuple[tuple[str, ...], tuple[InputRow, ...]]:
    rows = []
    columns: dict[str, None] = {}
    for line, parsed in json_objects(path):
        columns.update(dict.fromkeys(parsed))
        rows.append(InputRow(line, cells(path, line, parsed)))
    return tuple(columns), tuple(rows)


def _parquet(path: Path) -> tuple[tuple[str, ...], tuple[InputRow, ...]]:
    if not path.is_file():
        _bytes(path)
    with duckdb.connect() as con:
        try:
            table = con.execute("select * from read_parquet(?)", [str(path)]).to_arrow_table()
        except duckdb.Error as error:
            first = str(error).splitlines()[0]
            raise InputFileError(f"{path} cannot be read as Parquet: {first}.") from None
    try:
        records = enumerate(table.to_pylist(), start=1)
    except (OverflowError, ValueError) as error:
        raise InputFileError(
            f"{path} holds a date or a text that cannot be read ({error}); correct it where the file is made."
        ) from None
    rows = tuple(InputRow(line, cells(path, line, record)) for line, record in records)
    return tuple(table.column_names), rows


def cells(source: Path | str, line: int, record: Mapping[str, object]) -> dict[str, str]:
    """A record's values as text, empty ones left out; raises ``InputFileError`` for a nested one."""
    texts: dict[str, str] = {}
    for column, value in record.items():
        if value is None:
            continue
        if isinstance(value, dict | list | bytes):
            raise InputFileError(
                f"{source} holds no plain text or number in {column!r} on line {line}."
            )
        text = value if type(value) is str else plain_text(value)
        if not text.isascii() and _HALF.search(text):
            raise InputFileError(
                f"{source} holds half a character in {column!r} on line {line}; write it anew."
            )
        stripped = text.strip()
        if stripped and stripped not in NO_VALUES:
            texts[column] = text if column in SKU_COLUMNS else stripped
    return texts


def plain_text(value: object) -> str:
    """A value as a person would write it in a cell.

    Whole numbers have no decimals, though pandas makes floats of a column with a gap; yes and no are words;
    midnight without a zone is a date.
    """
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT_UP_TO:
        return str(int(value))
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime) and value.tzinfo is None and value.time() == time.min:
        return value.date().isoformat()
    return str(value)
