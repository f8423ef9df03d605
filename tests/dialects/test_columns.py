"""What is written out gives the same columns and rows."""

from __future__ import annotations

import duckdb
import pytest
import sqlglot
from sqlglot import exp

from shipsync.dialects.columns import write_out


@pytest.fixture
def con() -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    con.execute("create table one as select 1 as a, 2 as b, 3 as c")
    con.execute("create table two as select 4 as c, 5 as d")
    return con


def written_out(sql: str, con: duckdb.DuckDBPyConnection) -> exp.Expression:
    return write_out(sqlglot.parse_one(sql, dialect="duckdb"), con)


@pytest.mark.parametrize(
    "sql",
    [
        "select * replace (a + 1 as a) from one",
        "select x.* exclude (b) replace (x.c + 1 as c), y.d from one as x cross join two as y",
        "with one as (select a as z from one) select * replace (z + 1 as z) from one",
        "with t as (with u as (select d as e from two) select * replace (7 as e) from u) select * from t",
        "select * from one union all by name select * from two",
        "with t as (select * from one), u as (select * from t union all by name select * from two "
        "union all by name select 8 as e) select * replace (0 as c) from u order by all",
    ],
)
def test_columns_written_out_give_the_same_rows(sql: str, con: duckdb.DuckDBPyConnection) -> None:
    tree = written_out(sql, con)
    assert "replace" not in tree.sql("duckdb").lower()
    assert "by name" not in tree.sql("duckdb").lower()
    here, there = con.sql(sql), con.sql(tree.sql("duckdb"))
    assert (there.columns, there.fetchall()) == (here.columns, here.fetchall())


@pytest.mark.parametrize(
    "sql",
    [
        "select * from main.one",
        "with t as (select x.*, y.d from main.one as x cross join two as y) select * from t",
        "select count(*) as n from main.one",
    ],
)
def test_a_column_that_publishing_adds_comes_into_no_model(
    sql: str, con: duckdb.DuckDBPyConnection
) -> None:
    tree = write_out(sqlglot.parse_one(sql, dialect="duckdb"), con, ["main.one"])
    before = con.sql(sql).columns
    con.execute("alter table one add column published_part varchar")
    assert con.sql(tree.sql("duckdb")).columns == before
