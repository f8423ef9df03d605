"""Reading rows from a file: what comes out, and the sentence for what cannot be read."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from shipsync.errors import InputFileError
from shipsync.reverse.plan.input_files import check_columns, plain_text, read_rows
from shipsync.reverse.stock.row import COLUMNS, REQUIRED

GOOD = "sku,location,quantity\nA-1,Main,12\nA-2,,7\n"


def write(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(GOOD, id="plain"),
        pytest.param(GOOD.replace("\n", "\r\n"), id="windows_line_ends"),
        pytest.param("\ufeff" + GOOD, id="byte_order_mark"),
        pytest.param(GOOD.replace("A-1,Main", '"A-1", Main '), id="quotes_and_spaces"),
        pytest.param("\n" + GOOD.replace("A-2", ",,\n\nA-2").rstrip(), id="blank_lines"),
    ],
)
def test_csv_gives_trimmed_text_without_empty_cells(tmp_path: Path, content: str) -> None:
    read = read_rows(write(tmp_path, "counts.csv", content))
    assert read.columns == ("sku", "location", "quantity")
    assert [dict(row.cells) for row in read.rows] == [
        {"sku": "A-1", "location": "Main", "quantity": "12"},
        {"sku": "A-2", "quantity": "7"},
    ]


def test_a_row_is_named_by_the_line_it_begins_on(tmp_path: Path) -> None:
    content = 'sku,notes\nA-1,"two\nlines"\n\nA-2,one\n'
    read = read_rows(write(tmp_path, "counts.csv", content))
    assert [(row.line, row.cells["sku"]) for row in read.rows] == [(2, "A-1"), (5, "A-2")]


def test_json_lines_and_parquet_give_the_same_rows_as_csv(tmp_path: Path) -> None:
    lines = '{"sku": "A-1", "location": "Main", "quantity": 12}\n\n{"sku": "A-2", "quantity": 7}\n'
    json_lines = read_rows(write(tmp_path, "counts.jsonl", lines))
    parquet = tmp_path / "counts.parquet"
    query = (
        "select 'A-1' as sku, 'Main' as location, 12 as quantity union all select 'A-2', null, 7"
    )
    duckdb.connect().execute(f"copy ({query}) to '{parquet}'")
    expected = [dict(row.cells) for row in read_rows(write(tmp_path, "c.csv", GOOD)).rows]
    assert [dict(row.cells) for row in json_lines.rows] == expected
    assert [dict(row.cells) for row in read_rows(parquet).rows] == expected
    assert [row.line for row in json_lines.rows] == [1, 3]


NAN = float("nan")
PANDAS = {
    "sku": pa.array(["A-1 ", "nan"]),
    "key": pa.array([NAN, 12.0]),
    "quantity": pa.array([12.0, NAN]),
    "shipped": pa.array([datetime(2026, 5, 31), None], pa.timestamp("ns")),  # noqa: DTZ001
    "moment": pa.array([None, datetime(2026, 5, 31, 12, tzinfo=UTC)], pa.timestamp("us", "UTC")),
    "gift": pa.array([True, None]),
    "price": pa.array([Decimal("12.50"), None], pa.decimal128(18, 4)),
    "note": pa.array(["NaT", "<NA>"]),
    "name": pa.array(["Nan", " None "]),
}


def test_what_pandas_writes_for_nothing_is_nothing(tmp_path: Path) -> None:
    pq.write_table(pa.table(PANDAS), tmp_path / "counts.parquet")
    first, second = read_rows(tmp_path / "counts.parquet").rows
    assert first.cells == {
        "sku": "A-1 ",
        "quantity": "12",
        "shipped": "2026-05-31",
        "gift": "yes",
        "price": "12.5000",
        "name": "Nan",
    }
    assert second.cells == {"key": "12", "moment": "2026-05-31 12:00:00+00:00", "name": "None"}


def test_json_with_nan_and_csv_with_nan_are_read(tmp_path: Path) -> None:
    for name, content in (
        ("a.jsonl", '{"sku": "A-1", "key": NaN, "quantity": 3.0}\n'),
        ("a.csv", "sku,key,quantity\nA-1,nan,3\n"),
    ):
        [row] = read_rows(write(tmp_path, name, content)).rows
        assert row.cells == {"sku": "A-1", "quantity": "3"}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1e15, "1000000000000000.0"),
        (-0.0, "0"),
        (9.40011189956e21, "9.40011189956e+21"),
        (0.5, "0.5"),
    ],
)
def test_a_float_has_no_digits_that_it_does_not_know(value: float, text: str) -> None:
    assert plain_text(value) == text


UNREADABLE = [
    pytest.param("counts.csv", b"", "is empty; its first line must name the columns", id="empty"),
    pytest.param("counts.csv", "sku,quantity\n", "holds no rows", id="header_only"),
    pytest.param(
        "counts.csv",
        b"sku,quantity\nA-1,1\nCaf" + b"\xe9,2\n",
        "is not UTF-8 text: line 3 holds the byte 0xe9",
        id="latin_1",
    ),
    pytest.param("counts.csv", b"\xff\xfes", "is no whole UTF-16", id="utf_16_cut"),
    pytest.param("counts.csv", b"PK\x03\x04", "such as a workbook; name it .xlsx", id="workbook"),
    pytest.param(
        "counts.csv",
        "sku,quantity\nA-1,1\nA-2,1,000\n",
        "has 3 cells on line 3 and 2 columns in its header",
        id="too_many_cells",
    ),
    pytest.param(
        "counts.csv",
        'sku,quantity\nA-1,1\n"A-2,1\n',
        "is not CSV from line 3 on",
        id="quote_not_closed",
    ),
    pytest.param("counts.csv", "sku,sku\nA-1,1\n", "has the column 'sku' twice", id="column_twice"),
    pytest.param("counts.csv", "sku,,b\nA,1,2\n", "no name for column 2", id="column_unnamed"),
    pytest.param(
        "counts.jsonl", '{"sku": "A-1"}\n{"sku": \n', "is not JSON on line 2", id="json_cut"
    ),
    pytest.param("counts.jsonl", "[1]\n", "holds no object on line 1", id="json_array"),
    pytest.param(
        "counts.jsonl",
        '{"sku": {"a": 1}}\n',
        "holds no plain text or number in 'sku' on line 1",
        id="json_nested",
    ),
    pytest.param(
        "counts.jsonl",
        '{"sku": ["A"]}\n',
        "holds no plain text or number in 'sku' on line 1",
        id="json_list",
    ),
    pytest.param("counts.parquet", b"PAR1", "cannot be read as Parquet", id="parquet_damaged"),
    pytest.param("counts.xlsx", b"PK", "is no Excel workbook, or it was cut off", id="xlsx_cut"),
    pytest.param(
        "counts.xls", b"\xd0\xcf", "ends in '.xls'; give a file that ends in .csv", id="xls"
    ),
]


@pytest.mark.parametrize(("name", "content", "sentence"), UNREADABLE)
def test_what_cannot_be_read_gets_a_sentence(
    tmp_path: Path, name: str, content: str | bytes, sentence: str
) -> None:
    path = write(tmp_path, name, content)
    with pytest.raises(InputFileError) as caught:
        read_rows(path)
    assert sentence in str(caught.value)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("name", ["counts.csv", "counts.parquet"])
def test_a_file_that_is_not_there(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputFileError, match="cannot be read: No such file"):
        read_rows(tmp_path / name)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "counts.csv").mkdir()
    with pytest.raises(InputFileError, match="cannot be read: Is a directory"):
        read_rows(tmp_path / "counts.csv")


@pytest.mark.parametrize(
    ("header", "sentence"),
    [
        pytest.param("sku,location", "has no column quantity", id="no_quantity"),
        pytest.param("location,quantity", "has no column sku", id="no_sku"),
        pytest.param(
            "sku,quantity", "has no column inventory_location_id or location", id="no_location"
        ),
        pytest.param(
            "sku,location,quantity,conditon", "did you mean 'condition'?", id="slip_of_the_pen"
        ),
        pytest.param("SKU,location,quantity", "has no column sku", id="capitals"),
    ],
)
def test_a_missing_column_gets_a_sentence(tmp_path: Path, header: str, sentence: str) -> None:
    cells = ",".join("x" for _ in header.split(","))
    given = read_rows(write(tmp_path, "counts.csv", f"{header}\n{cells}\n"))
    with pytest.raises(InputFileError) as caught:
        check_columns(given, COLUMNS, REQUIRED)
    assert sentence in str(caught.value)


def test_a_column_that_means_nothing_is_named(tmp_path: Path) -> None:
    content = "sku,location,quantity,shelf label\nA-1,Main,1,top\n"
    given = read_rows(write(tmp_path, "counts.csv", content))
    assert check_columns(given, COLUMNS, REQUIRED) == ("shelf label",)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'{"sku": ' + b"[" * 10_000 + b"]" * 10_000 + b"}\n", "is not JSON on line 1"),
        (b'{"sku": "A"}\n{"sku": "Ann \\ud83d"}\n', "half a character in 'sku' on line 2"),
    ],
)
def test_json_that_cannot_be_read_gets_a_sentence(
    tmp_path: Path, content: bytes, words: str
) -> None:
    with pytest.raises(InputFileError, match=words):
        read_rows(write(tmp_path, "odd.jsonl", content))


@pytest.mark.parametrize("instant", [2**62, -(2**62)])
def test_a_date_in_parquet_that_no_calendar_has_gets_a_sentence(
    tmp_path: Path, instant: int
) -> None:
    file = tmp_path / "odd.parquet"
    when = pa.array([instant], pa.timestamp("us"))
    pq.write_table(pa.table({"sku": ["A"], "when": when}), file)
    with pytest.raises(InputFileError, match="holds a date"):
        read_rows(file)
