"""CSV as Excel and others write it, and the blanks that count."""

from __future__ import annotations

from pathlib import Path

import pytest

from shipsync.errors import InputFileError
from shipsync.reverse.plan.csv_file import read_csv

ROWS = [{"sku": "A-1", "location": "Main", "quantity": "12"}, {"sku": "A-2", "quantity": "7"}]
PLAIN = "sku,location,quantity\nA-1,Main,12\nA-2,,7\n"


def read(content: str | bytes) -> list[dict[str, str]]:
    raw = content if isinstance(content, bytes) else content.encode()
    return [cells for _, cells in read_csv(Path("it.csv"), raw)[1]]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(PLAIN.replace(",", ";"), id="semicolons"),
        pytest.param(PLAIN.replace(",", "\t"), id="tabs"),
        pytest.param(PLAIN.replace(",", "|"), id="bars"),
        pytest.param(
            "\u200b" + PLAIN.replace("location", "\xa0location\u200b"), id="unseen_in_names"
        ),
        pytest.param("sep=,\n" + PLAIN, id="sep_comma"),
        pytest.param("sep=;\r\n" + PLAIN.replace(",", ";"), id="sep_semicolon"),
        pytest.param('"sep=;"\n' + PLAIN.replace(",", ";"), id="sep_quoted"),
        pytest.param("SEP=\t\n" + PLAIN.replace(",", "\t"), id="sep_tab"),
        pytest.param("\ufeffsep=;\n" + PLAIN.replace(",", ";"), id="sep_after_a_mark"),
        pytest.param(PLAIN.replace("quantity", "quantity,,,"), id="header_ends_in_commas"),
        pytest.param(PLAIN.replace("12\n", "12,,,\n"), id="row_ends_in_commas"),
        pytest.param(PLAIN.replace("\n", ",\n"), id="a_comma_after_each_line"),
        pytest.param("sku,quantity,location\nA-1,12,Main\nA-2,7\n", id="last_delimiter_missing"),
        pytest.param("sku,,location,quantity\nA-1,,Main,12\nA-2,,,7\n", id="an_empty_column"),
        pytest.param(PLAIN.replace("\n", "\r"), id="carriage_returns"),
        pytest.param(PLAIN.encode("utf-16"), id="utf_16"),
        pytest.param(PLAIN.replace(",", "\t").encode("utf-16-le"), id="utf_16_without_a_mark"),
        pytest.param(PLAIN.encode("utf-16-be"), id="utf_16_big_end_first"),
        pytest.param('"sku";"location";"quantity"\n"A-1";"Main";"12"\n"A-2";;"7"', id="quoted"),
    ],
)
def test_what_programs_write_is_read(content: str | bytes) -> None:
    assert sorted(map(sorted, (row.items() for row in read(content)))) == sorted(
        map(sorted, (row.items() for row in ROWS))
    )


@pytest.mark.parametrize(
    ("cell", "sku"),
    [
        ('"ABC "', "ABC "),
        ('" ABC"', " ABC"),
        ('"ABC\t"', "ABC\t"),
        ('"A ""B"" "', 'A "B" '),
        ("ABC ", "ABC"),
        ("  ABC", "ABC"),
        ('"ABC"', "ABC"),
        ('"AB C"', "AB C"),
    ],
)
@pytest.mark.parametrize("column", ["sku", "item_sku"])
def test_quoted_blanks_are_part_of_a_sku(column: str, cell: str, sku: str) -> None:
    rows = read(f'{column},name\n{cell}," Ada "\n')
    assert rows == [{column: sku, "name": "Ada"}]


def test_lines_are_those_of_the_file() -> None:
    content = b'sep=;\nsku;notes\n\nA-1;"two\nlines"\nA-2;\x0bone\xe2\x80\xa8more\nA-3\n'
    assert [line for line, _ in read_csv(Path("it.csv"), content)[1]] == [4, 6, 7]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (
            b"sku,name\nA-1,Caf\xe9\n",
            "line 2 holds the byte 0xe9. Save it again as UTF-8; in Excel",
        ),
        (b"sku;name\nA-1;x;y\n", "has 3 cells on line 2 and 2 columns in its header"),
        (
            b"sku,,name\nA-1,x,y\n",
            "has no name for column 2 in its header, and 'x' below it on line 2",
        ),
        (b"sep=;\n", "is empty; its first line must name the columns"),
        (b"sku,sku,\nA-1,1,\n", "has the column 'sku' twice"),
        (
            b"Count of May,,\nsku,location,quantity\nA-1,x,1\n",
            "begins with 'Count of May', which looks",
        ),
    ],
)
def test_what_cannot_be_meant_is_said(content: bytes, sentence: str) -> None:
    with pytest.raises(InputFileError) as refused:
        list(read_csv(Path("it.csv"), content)[1])
    assert sentence in str(refused.value)
