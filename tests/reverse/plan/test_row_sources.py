"""Rows out of the database: what a query may do, what it may not, and what it is told then."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from shipsync.errors import InputFileError
from shipsync.reverse.plan.row_sources import ModelName, RowSource, SqlQuery, read_source
from shipsync.warehouse.database import connect


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """Three counts in a table, and a view of them; blanks around a SKU are part of it."""
    path = tmp_path / "shop.duckdb"
    with connect(path) as con:
        con.execute("create schema mine")
        con.execute(
            "create table mine.counts as select * from (values ('A-1', 'Main', 3), "
            "('A-2', 'Main', 4), (' A-3 ', null, 12)) as counts (sku, location, quantity)"
        )
        con.execute("create view mine.due as from mine.counts where quantity > 3")
    return path


@pytest.fixture
def con(database: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with connect(database, read_only=True) as con:
        yield con


def test_a_query_gives_its_rows_as_text(con: duckdb.DuckDBPyConnection) -> None:
    given = read_source(con, SqlQuery("select *, 1.50 as cost_amount from mine.counts;"))
    assert given.columns == ("sku", "location", "quantity", "cost_amount")
    assert [(row.line, row.cells) for row in given.rows][1:] == [
        (2, {"sku": "A-2", "location": "Main", "quantity": "4", "cost_amount": "1.50"}),
        (3, {"sku": " A-3 ", "quantity": "12", "cost_amount": "1.50"}),
    ]


def test_a_file_may_hold_the_query(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    file = tmp_path / "due.sql"
    file.write_text(
        "-- what is due\nwith due as (from mine.due) select * from due order by sku desc"
    )
    given = read_source(con, file)
    assert given.source == str(file)
    assert [row.cells["sku"] for row in given.rows] == ["A-2", " A-3 "]


def test_a_model_gives_its_rows(con: duckdb.DuckDBPyConnection) -> None:
    given = read_source(con, ModelName("mine.due"))
    assert (given.source, [row.cells["sku"] for row in given.rows]) == (
        "mine.due",
        ["A-2", " A-3 "],
    )


def test_a_query_may_find_nothing(con: duckdb.DuckDBPyConnection) -> None:
    assert read_source(con, SqlQuery("from mine.counts where false")).rows == ()


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        pytest.param(
            SqlQuery("from mine.counts; delete from mine.counts"),
            "The query must be one select statement; it holds select, delete.",
            id="two",
        ),
        pytest.param(
            SqlQuery("drop table mine.counts"),
            "The query must be one select statement; it holds drop.",
            id="drop",
        ),
        pytest.param(
            SqlQuery("-- later"),
            "The query must be one select statement; it holds nothing.",
            id="none",
        ),
        pytest.param(
            SqlQuery("select * from read_csv('/etc/passwd')"),
            'The query failed: Permission Error: Cannot access file "/etc/passwd" - file system '
            "operations are disabled by configuration.",
            id="file",
        ),
        pytest.param(
            SqlQuery("select * from database"),
            "The query failed: Catalog Error: Table with name database does not exist.",
            id="variable",
        ),
        pytest.param(
            SqlQuery("select 'A-1' as sku, 'A-2' as sku"),
            "The query gives the column 'sku' twice; rename one of them.",
            id="column_twice",
        ),
        pytest.param(
            SqlQuery("select ['A-1'] as sku"),
            "The query holds no plain text or number in 'sku' on line 1.",
            id="nested",
        ),
        pytest.param(
            SqlQuery("select * from range(1000001)"),
            "The query gives more than 1,000,000 rows; narrow it.",
            id="too_many",
        ),
        pytest.param(
            ModelName("mine.lost"),
            "The database holds no model mine.lost. `shipsync build` makes shipsync's own; give any "
            "other with its schema, as SCHEMA.NAME.",
            id="no_model",
        ),
        pytest.param(
            ModelName("mine.due; drop view mine.due"),
            "The database holds no model mine.due; drop view mine.due. `shipsync build` makes shipsync's "
            "own; give any other with its schema, as SCHEMA.NAME.",
            id="no_name",
        ),
    ],
)
def test_what_is_refused_says_why(
    con: duckdb.DuckDBPyConnection, source: RowSource, sentence: str
) -> None:
    with pytest.raises(InputFileError) as refused:
        read_source(con, source)
    assert str(refused.value) == sentence


@pytest.mark.parametrize(
    ("view", "reason"),
    [
        ("from mine.gone", "Catalog Error: Table with name gone does not exist"),
        (
            "select no_such_column from mine.counts",
            'Binder Error: Referenced column "no_such_column"',
        ),
    ],
)
def test_a_model_that_reads_what_is_gone_is_not_told_as_missing(
    database: Path, view: str, reason: str
) -> None:
    with connect(database) as con:
        con.execute("create table mine.gone (sku varchar)")
        con.execute("alter table mine.counts add column no_such_column varchar")
        con.execute(f"create view mine.wanted as {view}")
        con.execute("drop table mine.gone")
        con.execute("alter table mine.counts drop column no_such_column")

        with pytest.raises(InputFileError) as refused:
            read_source(con, ModelName("mine.wanted"))

    assert str(refused.value).startswith(f"mine.wanted cannot be read: {reason}")


def test_a_query_that_runs_for_ever_is_stopped(con: duckdb.DuckDBPyConnection) -> None:
    endless = SqlQuery("with recursive n as (select 1 as i union all select i from n) from n")
    with pytest.raises(InputFileError, match=r"took longer than 0.05 s and was stopped"):
        read_source(con, endless, longest_seconds=0.05)


def test_a_query_file_that_is_not_there_is_named(con: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(InputFileError, match=r"lost\.sql cannot be read: No such file"):
        read_source(con, Path("lost.sql"))
