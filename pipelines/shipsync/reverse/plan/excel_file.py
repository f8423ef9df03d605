"""Rows from an Excel workbook (``.xlsx``), read with openpyxl.

The values are taken as they are seen: a number with the format ``00000`` has its zeros, a date is a date, and
of a formula its last result. A formula whose result was never calculated is an error, not an empty cell.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shipsync import extras
from shipsync.errors import InputFileError

if TYPE_CHECKING:
    from openpyxl.worksheet._read_only import ReadOnlyWorksheet

LARGEST_UNPACKED = 1_000_000_000
"""Bytes that a workbook may unpack to; a few kilobytes can be made to unpack to any number."""

_ZEROS = "0"
_ROW = re.compile(rb"<(?:\w+:)?row\b[^>]*>")
_HIDDEN = re.compile(rb"\shidden=[\"'](?:1|true)[\"']")
_NUMBER = re.compile(rb"\sr=[\"'](\d+)[\"']")


def read_excel(
    path: Path, content: bytes, *, largest: int = LARGEST_UNPACKED
) -> tuple[tuple[str, ...], Iterator[tuple[int, dict[str, object]]]]:
    """The columns of the one sheet that has rows, and each row with its number in the sheet.

    Raises ``InputFileError`` for what is no workbook, or has several sheets with rows, and
    ``MissingLibrary`` without openpyxl.
    """
    extras.require("Reading .xlsx", extras.EXCEL)
    _check_size(path, content, largest)
    values = _sheet(path, content, data_only=True)
    hidden = _hidden_rows(content, values)
    formulas = _sheet(path, content, data_only=False)
    rows = _rows(path, values, formulas)
    header = next(rows, None)
    if header is None:
        raise InputFileError(f"{path} is empty; its first row must name the columns.")
    names = ["" if cell is None else str(cell).strip() for cell in header[1]]
    while names and not names[-1]:
        names.pop()
    named = tuple(name for name in names if name)
    twice = next((name for name in named if named.count(name) > 1), None)
    if twice is not None:
        raise InputFileError(f"{path} has the column {twice!r} twice; keep one of them.")
    return named, _records(path, names, rows, hidden)


def _records(
    path: Path,
    names: list[str],
    rows: Iterator[tuple[int, list[object]]],
    hidden: frozenset[int],
) -> Iterator[tuple[int, dict[str, object]]]:
    for number, cells in rows:
        if number in hidden:
            raise InputFileError(
                f"{path} has rows that are hidden, such as row {number}: a filter may be set, or they were "
                "folded away. Show them or delete them, so that what is seen is what is sent."
            )
        for place, cell in enumerate(cells):
            if cell not in (None, "") and (place >= len(names) or not names[place]):
                raise InputFileError(
                    f"{path} has no name for column {place + 1} in its first row, and {cell!r} below it in "
                    f"row {number}."
                )
        yield number, {name: cell for name, cell in zip(names, cells, strict=False) if name}


def _hidden_rows(content: bytes, sheet: Any) -> frozenset[int]:
    """The numbers of the rows that Excel does not show; openpyxl leaves that out when it reads by rows."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive, suppress(KeyError):
        rows = _ROW.findall(archive.read(sheet._worksheet_path))
        return frozenset(
            int(number[1])
            for row in rows
            if _HIDDEN.search(row) and (number := _NUMBER.search(row))
        )
    return frozenset()


def _check_size(path: Path, content: bytes, largest: int) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            unpacked = sum(part.file_size for part in archive.infolist())
    except zipfile.BadZipFile:
        raise InputFileError(
            f"{path} is no Excel workbook, or it was cut off; save it again as .xlsx or as CSV UTF-8."
        ) from None
    if unpacked > largest:
        raise InputFileError(
            f"{path} unpacks to {unpacked:,} bytes; at most {largest:,} are read. Save the sheet as "
            "CSV UTF-8."
        )


def _sheet(path: Path, content: bytes, *, data_only: bool) -> ReadOnlyWorksheet:
    """The only sheet with text in it."""
    import openpyxl

    try:
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=data_only)
        filled = [sheet for sheet in book.worksheets if _is_seen(sheet) and _has_text(sheet)]
    except Exception as error:
        # openpyxl raises what it comes upon: KeyError, ValueError, those of XML.
        raise InputFileError(
            f"{path} cannot be read as an Excel workbook ({type(error).__name__}); save it again as .xlsx "
            "or as CSV UTF-8."
        ) from None
    if len(filled) > 1:
        names = ", ".join(repr(sheet.title) for sheet in filled)
        raise InputFileError(
            f"{path} has {len(filled)} sheets with rows: {names}. Keep one, or save the one that is meant as "
            "CSV UTF-8."
        )
    return filled[0] if filled else book.worksheets[0]


def _is_seen(sheet: Any) -> bool:
    # What a file says of a sheet's size may be wrong, and rows would be left out.
    sheet.reset_dimensions()
    return bool(sheet.sheet_state == "visible")


def _has_text(sheet: Any) -> bool:
    return any(
        value not in (None, "") for row in sheet.iter_rows(values_only=True) for value in row
    )


def _rows(path: Path, values: Any, formulas: Any) -> Iterator[tuple[int, list[object]]]:
    """Each row that is not blank; raises for a formula without a result."""
    for number, (row, told) in _read(path, values, formulas):
        for cell, formula in zip(row, told, strict=False):
            if cell.value is None and formula.value is not None:
                raise InputFileError(
                    f"{path} has a formula without its result in cell {formula.coordinate}; open it in "
                    "Excel, save it, and plan again."
                )
        cells = [_value(cell) for cell in row]
        if any(cell not in (None, "") for cell in cells):
            yield number, cells


def _read(path: Path, values: Any, formulas: Any) -> Iterator[tuple[int, tuple[Any, Any]]]:
    """Each row of both readings, with its number; raises for one that openpyxl does not understand."""
    pairs = zip(values.iter_rows(), formulas.iter_rows(), strict=False)
    number = 0
    while True:
        number += 1
        try:
            pair = next(pairs, None)
        except Exception as error:
            raise InputFileError(
                f"{path} has a cell in row {number} that cannot be read ({type(error).__name__}); correct it "
                "in Excel, or save the sheet as CSV UTF-8."
            ) from None
        if pair is None:
            return
        yield number, pair


def _value(cell: Any) -> object:
    """The cell's value as it is seen."""
    value, form = cell.value, getattr(cell, "number_format", "") or ""
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float) and form.strip(_ZEROS) == "" and len(form) > 1:
        is_whole = isinstance(value, int) or value.is_integer()
        return f"{value:.0f}".zfill(len(form)) if is_whole else value
    if isinstance(value, datetime) and value.time() == time.min:
        return value.date()
    return value
