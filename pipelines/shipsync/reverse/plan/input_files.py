"""Rows from a file that a person made: CSV, JSON Lines or Parquet, told apart by the name's ending.

Every cell becomes text, trimmed; an empty cell is left out. What cannot be read raises
``InputFileError`` with the line, and nothing of the file is used.
"""

from __future__ import annotations

import csv
import difflib
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb
import orjson

from shipsync.errors import InputFileError

_ENDINGS = {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet"}


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
    if form == "parquet":
        columns, rows = _parquet(path)
    else:
        columns, rows = _csv(path, _text(path)) if form == "csv" else _json_lines(path)
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
        return path.read_bytes()
    except OSError as error:
        raise InputFileError(f"{path} cannot be read: {error.strerror or error}.") from None


def _text(path: Path) -> str:
    content = _bytes(path)
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InputFileError(f"{path} is UTF-16 text; save it again as UTF-8.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InputFileError(
            f"{path} is not UTF-8 text: line {line} holds the byte 0x{content[error.start]:02x}. "
            "Save it again as UTF-8."
        ) from None


def _csv(path: Path, text: str) -> tuple[tuple[str, ...], tuple[InputRow, ...]]:
    lines = _csv_lines(path, text)
    _, header = next(lines, (0, []))
    columns = tuple(column.strip() for column in header)
    _check_header(path, columns)
    return columns, tuple(_csv_row(path, columns, line, cells) for line, cells in lines)


def _csv_lines(path: Path, text: str) -> Iterator[tuple[int, list[str]]]:
    """Each record that is not blank, with the line it begins on."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    begins = 1
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise InputFileError(
                f"{path} is not CSV from line {begins} on: {error}. Look for a quote that is not closed."
            ) from None
        if cells is None:
            return
        if any(cell.strip() for cell in cells):
            yield begins, cells
        begins = reader.line_num + 1


def _csv_row(path: Path, columns: tuple[str, ...], line: int, cells: list[str]) -> InputRow:
    if len(cells) != len(columns):
        raise InputFileError(
            f"{path} has {len(cells)} cells on line {line} and {len(columns)} columns in its header; "
            "put text that holds a comma between quotes."
        )
    return InputRow(line, {c: v.strip() for c, v in zip(columns, cells, strict=True) if v.strip()})


def _check_header(path: Path, columns: tuple[str, ...]) -> None:
    if not columns:
        raise InputFileError(f"{path} is empty; its first line must name the columns.")
    if len(columns) == 1 and any(mark in columns[0] for mark in ";\t|"):
        raise InputFileError(f"{path} is not separated by commas: its header is {columns[0]!r}.")
    if "" in columns:
        raise InputFileError(
            f"{path} has no name for column {columns.index('') + 1} in its header."
        )
    twice = next((column for column in columns if columns.count(column) > 1), None)
    if twice is not None:
        raise InputFileError(f"{path} has the column {twice!r} twice; keep one of them.")


def json_objects(path: Path) -> Iterator[tuple[int, dict[str, object]]]:
    """Each object of a file of JSON Lines, with its line."""
    for line, content in enumerate(_text(path).split("\n"), start=1):
        if not content.strip():
            continue
        try:
            parsed = orjson.loads(content)
        except orjson.JSONDecodeError as error:
            raise InputFileError(f"{path} is not JSON on line {line}: {error.msg}.") from None
        if not isinstance(parsed, dict):
            raise InputFileError(
                f"{path} holds no object on line {line}; each line must be {{...}}."
            )
        yield line, parsed


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
    records = enumerate(table.to_pylist(), start=1)
    rows = tuple(InputRow(line, cells(path, line, record)) for line, record in records)
    return tuple(table.column_names), rows


def cells(source: Path | str, line: int, record: Mapping[str, object]) -> dict[str, str]:
    """A record's values as text, empty ones left out; raises ``InputFileError`` for a nested one."""
    nested = next((c for c, value in record.items() if isinstance(value, (dict, list, bool))), None)
    if nested is not None:
        raise InputFileError(
            f"{source} holds no plain text or number in {nested!r} on line {line}."
        )
    texts = {column: str(value) for column, value in record.items() if value is not None}
    # Blanks around a SKU are part of it: two products may differ in nothing else.
    return {
        column: text if column == "sku" else text.strip()
        for column, text in texts.items()
        if text.strip()
    }
