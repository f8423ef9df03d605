"""The cookbook: every query runs on the demo's database, and its first rows are those that the page shows."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from cookbook import answer, demo_of_the_page, recipes, written
from shipsync.warehouse.database import connect

pytestmark = pytest.mark.xdist_group("dbt")

RECIPES = {recipe["question"]: recipe for recipe in recipes()}
# What the demo has none of; every other question has an answer.
WITHOUT_ROWS = {"Which addresses changed after the label was bought?"}


@pytest.fixture(scope="module")
def con(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """The demo of the page, open to read."""
    with connect(demo_of_the_page(tmp_path_factory.mktemp("cookbook")), read_only=True) as opened:
        yield opened


def test_there_are_twenty_questions() -> None:
    assert len(RECIPES) == 20
    assert all(question.endswith("?") for question in RECIPES)


@pytest.mark.parametrize("question", RECIPES)
def test_the_page_shows_what_the_demo_answers(
    con: duckdb.DuckDBPyConnection, question: str
) -> None:
    recipe = RECIPES[question]

    assert recipe["answer"].strip() == answer(con, recipe["sql"]).strip(), "run `make cookbook`"
    assert (recipe["answer"].strip() == "No row.") == (question in WITHOUT_ROWS)


def test_writing_it_anew_changes_nothing_else(con: duckdb.DuckDBPyConnection) -> None:
    from cookbook import PAGE

    assert written(con) == PAGE.read_text(encoding="utf-8"), "run `make cookbook`"
