"""One row, two rows."""

from __future__ import annotations

import pytest

from shipsync.plurals import counted


@pytest.mark.parametrize(
    ("number", "words", "said"),
    [
        (0, ("row",), "0 rows"),
        (1, ("row",), "1 row"),
        (2, ("row",), "2 rows"),
        (1200, ("row",), "1,200 rows"),
        (1, ("body was", "bodies were"), "1 body was"),
        (3, ("body was", "bodies were"), "3 bodies were"),
    ],
)
def test_what_is_counted_agrees_with_its_number(
    number: int, words: tuple[str, ...], said: str
) -> None:
    assert counted(number, *words) == said
