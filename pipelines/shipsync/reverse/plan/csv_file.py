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
from pathlib import Path
from typing import TypeAlias

from shipsync.errors import InputFileError

CsvCells: TypeAlias = dict[str, str]

DELIMITERS = (",", ";", "\t", "|")
SKU_COLUMNS = frozenset({"sku", "item_sku"})
"""Columns in which blanks at either end count: two products may differ in nothing else."""

NO_VALUES = frozenset({"nan", "NaN", "NaT", "<NA>"})
"""What pandas writes for a value that is not there."""

_AROUND_NAMES = " \t\r\n\xa0\u200b\u2060\ufeff"
"""What is pasted along with the name of a column."""

_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_ZIP = b"PK\x03\x04"
_DECLARATION = "sep="
_SAMPLE = 1000


def read_csv(path: Path, content: bytes) -> tuple[tuple[str, ...], Iterator[tuple[int, CsvCells]]]:
    """The columns of a CSV file, and its rows: the line that each begins on, and its cells by column.

    Empty cells are left out, and so are rows of nothing else. Raises ``InputFileError`` with the line of what
    is wrong, as soon as it is met.
    """
    text = decoded(path, content)
    lines = list(io.StringIO(text, newline=""))
    skipped, delimiter = _declared(lines)
    records = _records(path, lines, skipped, delimiter or _delimiter(lines[skipped:]))
    header = next((cells for _, _, cells in records if any(cell.strip() for cell in cells)), None)
    if header is None:
        raise InputFileError(f"{path} is empty; its first line must name the columns.")
    names = [cell.strip(_AROUND_NAMES) for cell in header]
    while names and not names[-1]:
        names.pop()
    columns = tuple(name for name in names if name)
    twice = next((name for name in columns if columns.count(name) > 1), None)
    if twice is not None:
        raise InputFileError(f"{path} has the column {twice!r} twice; keep one of them.")
    return columns, _rows(path, lines, names, records)


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


def _records(
    path: Path, lines: Sequence[str], skipped: int, delimiter: str
) -> Iterator[tuple[int, int, list[str]]]:
    """Each record with the lines it begins and ends on."""
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
        yield begins, ends, cells
        begins = ends + 1


def _rows(
    path: Path,
    lines: Sequence[str],
    names: Sequence[str],
    records: Iterator[tuple[int, int, list[str]]],
) -> Iterator[tuple[int, CsvCells]]:
    for begins, ends, record in records:
        is_title = len(names) == 1 and " " in names[0]
        if is_title and sum(bool(cell.strip()) for cell in record) > 1:
            raise InputFileError(
                f"{path} begins with {names[0]!r}, which looks like a title; remove what stands above "
                "the line that names the columns."
            )
        if len(record) > len(names) and any(cell.strip() for cell in record[len(names) :]):
            raise InputFileError(
                f"{path} has {len(record)} cells on line {begins} and {len(names)} columns in its header; "
                "put text that holds the delimiter between quotes."
            )
        cells: CsvCells = {}
        for name, cell in zip(names, record, strict=False):
            text = cell.strip()
            if text and text not in NO_VALUES:
                if text != cell and name in SKU_COLUMNS:
                    text = _with_quoted_blanks(cell, lines[begins - 1 : ends])
                cells[name] = text
        if "" in cells:
            raise InputFileError(
                f"{path} has no name for column {names.index('') + 1} in its header, and {cells['']!r} below "
                f"it on line {begins}."
            )
        if cells:
            yield begins, cells


def _with_quoted_blanks(cell: str, lines: Sequence[str]) -> str:
    """A SKU with the blanks around it where they stand between quotes, without them where not."""
    quoted = '"' + cell.replace('"', '""') + '"'
    return cell if quoted in "".join(lines) else cell.strip()
