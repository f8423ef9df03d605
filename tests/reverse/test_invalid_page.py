"""The page of what cannot be planned says what the tests saw."""

from __future__ import annotations

from reverse.invalid_page import PAGE, page


def test_the_page_lists_them_as_they_are() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "write it anew: see invalid_page.py"
