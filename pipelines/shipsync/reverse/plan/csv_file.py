"""CSV as people have it: with commas, semicolons, tabs or bars, in UTF-8 or UTF-16, as Excel writes it.

Excel leaves out delimiters at the end of a row whose last cells are empty, adds some for columns that once
were used, and may say ``sep=;`` in a line of its own. All of that is read. What is between quotes keeps its
blanks where they count, which is in a SKU.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from shipsync.errors import InputFileError

DELIMITERS = (",", ";", "\t", "|")
SKU_COLUMNS = frozenset({"sku", "item_sku"})
"""Columns in which blanks at either end count: two products may differ in nothing else."""

_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_ZIP = b"PK\x03\x04"
_DECLARATION = "sep="
_SAMPLE = 1000


@dataclass(frozen=True, slots=True)
class CsvRow:
    """A row with text in it: the line it begins on, and its cells by column, empty ones left out."""

    line: int
    cells: dict[str, str]


def read_csv(path: Path, content: bytes) -> tuple[tuple[str, ...], list[CsvRow]]:
    """The columns of a CSV file and its rows; raises ``InputFileError`` with the line of what is wrong."""
    text = decoded(path, content)
    lines = list(io.StringIO(text, newline=""))
    skipped, delimiter = _declared(lines)
    records = _records(path, lines, skipped, delimiter or _delimiter(lines[skipped:]))
    header = next(records, None)
    if header is None:
        raise InputFileError(f"{path} is empty; its first line must name the columns.")
    names = [cell.strip() for cell in header.cells]
    while names and not names[-1]:
        names.pop()
    rows = [_row(path, names, record) for record in records]
    _check_header(path, names, rows)
    columns = tuple(name for name in names if name)
    return columns, [CsvRow(line, {n: v for n, v in cells if n}) for line, cells in rows]


def decoded(path: Path, content: bytes) -> str:
    """The text of a file; raises ``InputFileError`` if it is neither UTF-8 nor UTF-16."""
    if content.startswith(_ZIP):
        raise InputFileError(
            f"{path} is no text but an archive, such as a workbook; name it .xlsx."
        )
    try:
        if content.startswith(_UTF_16):
            return content.decode("utf-16")
        if b"\0" in content[:_SAMPLE]:
            return content.decode("utf-16-le" if content[:1] != b"\0" else "utf-16-be")
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if error.encoding.startswith("utf-16"):
            raise InputFileError(
                f"{path} is not text: it is no whole UTF-16. Save it again as CSV UTF-8."
            ) from None
        line = content.count(b"\n", 0, error.start) + 1
        raise InputFileError(
            f"{path} is not UTF-8 text: line {line} holds the byte 0x{content[error.start]:02x}. "
            "Save it again as UTF-8; in Excel the file type is called CSV UTF-8."
        ) from None


@dataclass(frozen=True, slots=True)
class _Record:
    line: int
    cells: list[str]
    text: str
    """The lines of the file that it stands on."""


def _declared(lines: Sequence[str]) -> tuple[int, str | None]:
    """How many lines to skip at the top, and the delimiter that they declare."""
    first = lines[0].strip("\r\n").strip('"') if lines else ""
    declared = first[len(_DECLARATION) :]
    if not first.lower().startswith(_DECLARATION) or declared.strip(",;|") not in ("", "\t"):
        return 0, None
    return 1, declared[:1] or None


def _delimiter(lines: Sequence[str]) -> str:
    """The one that gives most columns in the header; a comma where none gives more."""
    header = next((line for line in lines if line.strip()), "")
    return max(
        DELIMITERS, key=lambda mark: (len(next(csv.reader([header], delimiter=mark))), mark == ",")
    )


def _records(path: Path, lines: Sequence[str], skipped: int, delimiter: str) -> Iterator[_Record]:
    """Each record that is not blank, with the line it begins on."""
    reader = csv.reader(iter(lines[skipped:]), delimiter=delimiter, strict=True)
    begins = skipped + 1
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise InputFileError(
                f"{path} is not CSV from line {begins} on: {error}. Look for a quote that is not closed."
            ) from None
        if cells is None:
            return
        ends = skipped + reader.line_num
        if any(cell.strip() for cell in cells):
            yield _Record(begins, cells, "".join(lines[begins - 1 : ends]))
        begins = ends + 1


def _row(path: Path, names: Sequence[str], record: _Record) -> tuple[int, list[tuple[str, str]]]:
    """The cells that are not empty, each with its column; the name of a column may be missing."""
    surplus = [cell for cell in record.cells[len(names) :] if cell.strip()]
    if surplus:
        raise InputFileError(
            f"{path} has {len(record.cells)} cells on line {record.line} and {len(names)} columns in its "
            "header; put text that holds the delimiter between quotes."
        )
    return record.line, [
        (name, _text(name, cell, record.text))
        for name, cell in zip(names, record.cells, strict=False)
        if cell.strip()
    ]


def _text(name: str, cell: str, record: str) -> str:
    """A cell without the blanks around it; between quotes those of a SKU are part of it."""
    stripped = cell.strip()
    if stripped == cell or name not in SKU_COLUMNS:
        return stripped
    quoted = '"' + cell.replace('"', '""') + '"'
    return cell if quoted in record else stripped


def _check_header(
    path: Path, names: Sequence[str], rows: Sequence[tuple[int, list[tuple[str, str]]]]
) -> None:
    named = [name for name in names if name]
    if not named:
        raise InputFileError(f"{path} is empty; its first line must name the columns.")
    twice = next((name for name in named if named.count(name) > 1), None)
    if twice is not None:
        raise InputFileError(f"{path} has the column {twice!r} twice; keep one of them.")
    if "" in names and any(not name for _, cells in rows for name, _ in cells):
        raise InputFileError(
            f"{path} has no name for column {names.index('') + 1} in its header, and text below it."
        )
