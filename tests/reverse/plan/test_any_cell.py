"""Whatever stands in a file or a cell, it is read or refused with a sentence; no other error leaves."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shipsync.errors import InputFileError
from shipsync.reverse.plan import cells
from shipsync.reverse.plan.csv_file import read_csv
from shipsync.reverse.plan.excel_file import read_excel
from shipsync.reverse.plan.problems import InvalidRowError
from shipsync.reverse.plan.spoiled_cells import check_cells

COLUMNS = [
    *("sku", "item_sku", "key", "quantity", "tracking_number", "ship_date", "notes", "lot"),
    *("ship_to_name", "ship_to_phone", "ship_to_email", "ship_to_postal_code", "package_number"),
    *("item_unit_price", "carrier_code", "external_shipment_id", "location", "target"),
]
ODD = st.one_of(
    st.text(max_size=40),
    st.from_regex(r"[-+]?[0-9]{0,30}[.,]?[0-9]{0,30}([eE][-+]?[0-9]{0,4})?", fullmatch=True),
    st.from_regex(
        r"[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,5}([T ][0-9:.+Z-]{0,20})?", fullmatch=True
    ),
    st.sampled_from(
        ["9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+14:00", "0000-00-00", "²", "٣"]
    ),
)
SENTENCE = re.compile(r"[A-Za-z]{2,} \S.*[.?]$", re.DOTALL)
READERS: dict[str, Callable[[cells.Cells, str], object]] = {
    "date": cells.date,
    "number": cells.number,
    "flag": cells.flag,
    "country": cells.country,
    "whole_number": partial(cells.whole_number, least=0, most=2_147_483_647),
    "money": partial(cells.money, currency_column="c"),
    "at_most": partial(cells.at_most, characters=10),
    "choice": partial(cells.choice, allowed=("a", "b")),
}


def refusal(kind: type[Exception], read: Callable[[], object]) -> str | None:
    """What is said of something that is refused; None if it was read. Any other error is raised."""
    try:
        read()
    except kind as error:
        return str(error)
    return None


@settings(max_examples=400, deadline=None)
@given(
    column=st.sampled_from(COLUMNS), text=ODD, country=st.sampled_from(["US", "de", "JP", "", "X"])
)
def test_any_text_is_sound_or_refused_with_a_sentence(column: str, text: str, country: str) -> None:
    row = {column: text, "ship_to_country_code": country}
    said = refusal(InvalidRowError, lambda: check_cells(row, frozenset({"A-1"})))
    assert said is None or SENTENCE.search(said)


@pytest.mark.parametrize("reader", READERS)
@settings(max_examples=200, deadline=None)
@given(text=ODD)
def test_any_text_is_read_or_refused_with_a_sentence(reader: str, text: str) -> None:
    said = refusal(InvalidRowError, lambda: READERS[reader]({"x": text, "c": "usd"}, "x"))
    assert said is None or SENTENCE.search(said)


@settings(max_examples=400, deadline=None)
@given(
    content=st.one_of(
        st.binary(max_size=200),
        st.text(alphabet='sku,;"\t|\n\r =\0é', max_size=80).map(str.encode),
        st.text(alphabet='sku,;"\t|\n ', max_size=80).map(lambda text: text.encode("utf-16")),
    )
)
def test_any_bytes_are_rows_or_refused_with_a_sentence(content: bytes) -> None:
    for read, name in ((read_csv, "it.csv"), (read_excel, "it.xlsx")):
        said = refusal(InputFileError, lambda: list(read(Path(name), content)[1]))  # noqa: B023
        assert said is None or SENTENCE.search(said)
