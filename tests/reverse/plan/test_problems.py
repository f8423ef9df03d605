"""Every problem has a case with its sentence, and the page that lists them says what the tests saw."""

from __future__ import annotations

from reverse import invalid_orders, invalid_stock
from reverse.invalid_page import PAGE, page
from shipsync.reverse.plan.problems import SENTENCES, Problem


def test_every_kind_of_problem_has_its_case() -> None:
    cases = (*invalid_stock.CASES, *invalid_orders.CASES)
    assert {case.problem for case in cases} == set(Problem) == set(SENTENCES)


def test_the_page_lists_them_as_they_are() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "write it again: see invalid_page.py"
