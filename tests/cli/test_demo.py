"""The demo: what it shows, what it leaves behind, and what it never touches."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import orjson
import pytest

from shipsync import queries
from shipsync.cli.demo import show
from shipsync.demo import Step, play, start_afresh
from shipsync.errors import DatabaseCorrupt, UsageError
from shipsync.warehouse.database import connect
from shipsync.warehouse.load import working_folder

from .conftest import Demo
from .test_documentation import PAGES

PAGE = PAGES["query.md"]
SQL = re.compile(r"^```sql\n(.*?)^```", flags=re.DOTALL | re.MULTILINE)

# Some questions of the cookbook have no answer on some days (tests/test_cookbook.py has a day of its own); a
# lake is read where one was published (tests/publish/lakes.py).
ELSEWHERE = {"cookbook.md", "publish.md"}


def step(demo: Demo, words: str) -> Step:
    return next(step for step in demo.steps if words in step.title)


def rows(step: Step) -> list[list[object]]:
    assert step.table is not None
    # The steps come from JSON, where a table is an object.
    table = step.table if isinstance(step.table, dict) else vars(step.table)
    return list(table["rows"])


def test_every_stream_was_synced_twice_and_none_failed(demo: Demo) -> None:
    first, second = (rows(step(demo, words)) for words in ("An account", "Four days later"))

    assert [row[0] for row in first] == [row[0] for row in second]
    assert {row[1] for row in first} == {"loaded"}
    assert "failed" not in {row[1] for row in second}


def test_all_four_kinds_of_change_are_shown(demo: Demo) -> None:
    counts = {row[0]: row[1] for row in rows(step(demo, "What changed"))}
    examples = rows(step(demo, "old and new"))

    wanted = {"new_shipment", "shipment_modified", "new_fulfillment", "fulfillment_shipped"}
    assert wanted <= set(counts)
    assert any(row[0] == "shipment_modified" and "→" in str(row[2]) for row in examples)


def test_an_order_was_tracked(demo: Demo) -> None:
    lines = "\n".join(step(demo, "Where is order").lines)

    assert "our order" in lines
    assert "You can follow it under number" in lines


def test_of_three_stock_changes_one_was_refused_and_the_ledger_agrees(demo: Demo) -> None:
    assert [row[-1] for row in rows(step(demo, "planned"))] == ["ready"] * 3
    applied = rows(step(demo, "applied"))
    assert [row[1] for row in applied] == ["applied", "applied", "rejected"]
    assert applied[2][2]

    with connect(demo.database, read_only=True) as con:
        states = con.table("ledger.outbox").filter("state in ('applied', 'rejected')")
        assert sorted(states.project("state").fetchall()) == [
            ("applied",),
            ("applied",),
            ("rejected",),
        ]


def test_it_says_where_the_file_lies_and_its_counts_are_those_of_the_file(demo: Demo) -> None:
    tables = step(demo, "The tables in")

    assert str(demo.database) in tables.title
    with connect(demo.database, read_only=True) as con:
        for name, count in rows(tables):
            assert queries.fetch(con, "table_rows", {"name": name}).rows == [(count,)]


def test_the_query_of_the_documentation_runs_on_it_and_finds_something(demo: Demo) -> None:
    query = re.findall(SQL, PAGE)[0]

    with connect(demo.database, read_only=True) as con:
        found = con.execute(query)
        columns = [column[0] for column in found.description or ()]
        rows = found.fetchall()

    assert columns == ["sku", "on_hand", "waiting", "sold_per_day", "days_left"]
    assert rows
    days_left = [row[-1] for row in rows]
    assert days_left == sorted(days_left)
    assert all((row[1] - row[2] < 0) == (row[-1] < 0) for row in rows)


@pytest.mark.parametrize(
    "query",
    [
        query
        for name, page in PAGES.items()
        if name not in ELSEWHERE
        for query in re.findall(SQL, page)
    ],
)
def test_a_query_of_the_documentation_runs_on_it(demo: Demo, query: str) -> None:
    with connect(demo.database, read_only=True) as con:
        assert con.execute(query).fetchone() is not None


def test_every_core_table_of_the_documentation_is_there(demo: Demo) -> None:
    listed = PAGE.split("`core` holds ", 1)[1].split(".\n", 1)[0]

    with connect(demo.database, read_only=True) as con:
        there = {name for (name,) in queries.fetch(con, "tables").rows}

    assert {f"core.{name}" for name in re.findall(r"`(\w+)`", listed)} == {
        name for name in there if name.startswith("core.")
    }


def test_it_leaves_a_database_of_somebody_else_alone(tmp_path: Path) -> None:
    file = tmp_path / "books.duckdb"
    with connect(file) as con:
        con.execute("create table books as select 1 as id")

    with pytest.raises(UsageError, match="was not made by the demo"):
        next(play(file))

    with connect(file, read_only=True) as con:
        assert con.table("books").fetchall() == [(1,)]


def test_it_leaves_a_file_that_is_no_database_alone(tmp_path: Path) -> None:
    file = tmp_path / "letter.duckdb"
    file.write_text("Dear Ana, this is a letter.")

    with pytest.raises(DatabaseCorrupt):
        next(play(file))

    assert file.read_text() == "Dear Ana, this is a letter."


def test_a_file_of_an_earlier_demo_is_made_anew_with_all_that_belongs_to_it(
    demo: Demo, tmp_path: Path
) -> None:
    file = tmp_path / "again.duckdb"
    shutil.copy(demo.database, file)
    working_folder(file).mkdir()

    start_afresh(file, seed=1, shipments=5)

    assert not working_folder(file).exists()
    with connect(file, read_only=True) as con:
        assert con.sql("from duckdb_tables()").project("table_name").fetchall() == [
            ("demo_account",)
        ]
        assert con.table("demo_account").project("shipments").fetchall() == [(5,)]


def test_the_steps_are_numbered_and_their_tables_shown(
    capsys: pytest.CaptureFixture[str],
) -> None:
    steps = [Step("First", ("a line",), queries.ResultRows(("sku",), [("A",)])), Step("Second")]

    show(iter(steps), as_json=False)

    assert capsys.readouterr().out == "1. First\n   a line\nsku\nA\n\n2. Second\n\n"


def test_as_json_the_steps_are_one_document(capsys: pytest.CaptureFixture[str]) -> None:
    show(iter([Step("First", ("a line",), queries.ResultRows(("sku",), [("A",)]))]), as_json=True)

    assert orjson.loads(capsys.readouterr().out) == [
        {"title": "First", "lines": ["a line"], "rows": [{"sku": "A"}]}
    ]
