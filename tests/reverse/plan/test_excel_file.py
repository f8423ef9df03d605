"""Workbooks of Excel: what is seen in a cell is what is read."""

from __future__ import annotations

import zipfile
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from shipsync.errors import InputFileError
from shipsync.reverse.plan.excel_file import read_excel
from shipsync.reverse.plan.input_files import read_rows

# Excel knows no zones.
NOON = datetime(2026, 5, 31, 12, 30)  # noqa: DTZ001
HEAD = ["sku", "location", "quantity"]


def workbook(folder: Path, *rows: list[Any], sheets: tuple[str, ...] = ("Counts",)) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name in sheets:
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    path = folder / "counts.xlsx"
    book.save(path)
    return path


def test_a_sheet_gives_the_same_rows_as_csv(tmp_path: Path) -> None:
    path = workbook(tmp_path, HEAD, ["A-1 ", " Main", 12], [None, None, None], ["A-2", "", 7.0])
    read = read_rows(path)
    assert read.columns == ("sku", "location", "quantity")
    assert [(row.line, dict(row.cells)) for row in read.rows] == [
        (2, {"sku": "A-1 ", "location": "Main", "quantity": "12"}),
        (4, {"sku": "A-2", "quantity": "7"}),
    ]


def test_values_are_read_as_they_are_seen(tmp_path: Path) -> None:
    path = workbook(
        tmp_path,
        ["zip", "day", "moment", "gift", "price", "long"],
        [2134, date(2026, 5, 31), NOON, True, 12.5, 1234567890123456],
    )
    book = openpyxl.load_workbook(path)
    book.active["A2"].number_format = "00000"
    book.save(path)
    [row] = read_rows(path).rows
    assert row.cells == {
        "zip": "02134",
        "day": "2026-05-31",
        "moment": "2026-05-31 12:30:00",
        "gift": "yes",
        "price": "12.5",
        "long": "1234567890123456",
    }


def test_a_hidden_or_empty_sheet_is_not_read(tmp_path: Path) -> None:
    path = workbook(tmp_path, HEAD, ["A-1", "Main", 1], sheets=("Counts", "Old"))
    book = openpyxl.load_workbook(path)
    book["Old"].sheet_state = "hidden"
    book.create_sheet("Empty", 0)
    book.save(path)
    assert len(read_rows(path).rows) == 1


def test_rows_that_a_filter_hides_are_not_sent_unseen(tmp_path: Path) -> None:
    path = workbook(
        tmp_path, HEAD, ["A-1", "Main", 12], ["A-2", "Main", 7], [None], ["A-3", "Main", 1]
    )
    book = openpyxl.load_workbook(path)
    book.active.row_dimensions[4].hidden = True
    book.save(path)
    assert len(read_rows(path).rows) == 3, "an empty row may be hidden"
    book.active.row_dimensions[3].hidden = True
    book.save(path)
    with pytest.raises(InputFileError, match="has rows that are hidden, such as row 3"):
        read_rows(path)


def test_several_sheets_with_rows_are_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path, HEAD, ["A-1", "Main", 1], sheets=("March", "April"))
    with pytest.raises(InputFileError, match="has 2 sheets with rows: 'March', 'April'"):
        read_rows(path)


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([[]], "is empty; its first row must name the columns"),
        ([HEAD], "holds no rows"),
        ([HEAD, ["A-1", "Main", "=1+1"]], "has a formula without its result in cell C2"),
        ([HEAD, ["A-1", "Main", 1, "note"]], "has no name for column 4"),
        ([["sku", "sku"], ["A-1", 1]], "has the column 'sku' twice"),
    ],
    ids=["empty", "header_only", "formula", "no_name", "twice"],
)
def test_what_cannot_be_read_is_said(tmp_path: Path, rows: list[list[Any]], sentence: str) -> None:
    with pytest.raises(InputFileError) as refused:
        read_rows(workbook(tmp_path, *rows))
    assert sentence in str(refused.value)


def test_a_zip_that_is_no_workbook_is_refused(tmp_path: Path) -> None:
    import zipfile

    path = tmp_path / "counts.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("hello.txt", "hello")
    with pytest.raises(InputFileError, match="cannot be read as an Excel workbook"):
        read_rows(path)


def test_a_workbook_that_unpacks_to_too_much_is_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path, HEAD, ["A-1", "Main", 1])
    with pytest.raises(InputFileError, match="bytes; at most 1,000 are read"):
        read_excel(path, path.read_bytes(), largest=1000)


def test_a_cell_that_is_no_date_gets_a_sentence_with_its_row(tmp_path: Path) -> None:
    made, file = tmp_path / "made.xlsx", tmp_path / "odd.xlsx"
    book = openpyxl.Workbook()
    for row in (("sku", "quantity"), ("A", 12345)):
        book.active.append(row)
    book.save(made)
    with zipfile.ZipFile(made) as whole, zipfile.ZipFile(file, "w") as spoilt:
        for name in whole.namelist():
            content = whole.read(name)
            if name.endswith("sheet1.xml"):
                number = b'<c r="B2" t="n"><v>12345</v></c>'
                assert number in content
                content = content.replace(number, b'<c r="B2" t="d"><v>0000-00-00</v></c>')
            spoilt.writestr(name, content)
    with pytest.raises(InputFileError, match="a cell in row 2 that cannot be read"):
        read_rows(file)
