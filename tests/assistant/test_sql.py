"""A query of an assistant's own making reads this database and nothing else."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from shipsync.assistant.sql import MOST_CHARACTERS, MOST_ROWS, query
from shipsync.errors import UsageError


@pytest.mark.parametrize(
    "sql",
    [
        "select shipment_number from raw.shipments",
        "from raw.shipments select shipment_number;",
        "with held as (select * from raw.shipments) select shipment_number from held",
        "select shipment_number from raw.shipments, range(1)",
    ],
)
def test_a_select_is_answered(held: Path, sql: str) -> None:
    assert query(held, sql).rows == [["10452"]]


def test_tables_can_be_looked_up_and_described(held: Path) -> None:
    sql = "select table_schema, table_name from information_schema.tables"
    found = query(held, sql, limit=MOST_ROWS).rows

    assert ["raw", "shipments"] in found
    assert ["shipment_id", "VARCHAR"] in [
        row[:2] for row in query(held, "describe raw.shipments").rows
    ]


@pytest.mark.parametrize(
    "sql",
    [
        "delete from raw.shipments",
        "create temp table mine as select 1",
        "select 1; delete from raw.shipments",
        "copy raw.shipments to '{folder}/out.csv'",
        "attach '{folder}/other.duckdb'",
        "set memory_limit = '8GB'",
        "install httpfs",
        "load httpfs",
        "call pragma_version()",
        "explain analyze select 1",
        "pragma database_list",
        "",
        ";",
        "select * from read_text('{folder}/secret.txt')",
        "select * from '{folder}/secret.txt'",
        "select * from glob('{folder}/*')",
        "select * from read_csv('https://example.com/x.csv')",
        "select (select max(content) from read_text('{folder}/secret.txt'))",
        "select * from query('select * from read_text(''{folder}/secret.txt'')')",
        "select * from enable_profiling(save_location := '{folder}/out.txt')",
        "select * from enable_logging(storage := 'file', storage_path := '{folder}/out')",
        "select * from duckdb_secrets()",
    ],
)
def test_nothing_is_written_and_no_other_file_is_read(held: Path, tmp_path: Path, sql: str) -> None:
    (tmp_path / "secret.txt").write_text("not for you")
    before = held.read_bytes()

    with pytest.raises(UsageError) as refusal:
        query(held, sql.replace("{folder}", str(tmp_path)))

    assert "not for you" not in str(refusal.value)
    assert [file.name for file in tmp_path.iterdir()] == ["secret.txt"]
    assert held.read_bytes() == before


def test_the_connection_itself_refuses_what_the_parser_let_pass(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("not for you")
    # A view is read by its name alone, so that its definition meets no check of ours.
    file = tmp_path / "viewed.duckdb"
    with duckdb.connect(str(file)) as con:
        con.execute(f"create view peep as select content from read_text('{secret}')")  # noqa: S608

    with pytest.raises(UsageError, match="disabled by configuration"):
        query(file, "select * from peep")


def test_rows_are_bounded_and_the_rest_is_said(held: Path) -> None:
    few = query(held, "select * from range(5)", limit=2)
    many = query(held, "select * from range(100000)", limit=10**9)
    exact = query(held, "select * from range(2)", limit=2)
    wide = query(held, f"select repeat('x', {MOST_CHARACTERS // 4}) from range(9)")  # noqa: S608

    assert (len(few.rows), few.is_cut) == (2, True)
    assert (len(many.rows), many.is_cut) == (MOST_ROWS, True)
    assert (len(exact.rows), exact.is_cut) == (2, False)
    assert (len(wide.rows), wide.is_cut) == (3, True)


def test_a_query_that_would_go_on_for_ever_is_stopped(held: Path) -> None:
    with pytest.raises(UsageError, match=r"stopped after 0\.05 seconds"):
        query(held, "select count(*) from range(1000000000000)", seconds=0.05)


def test_a_query_that_wants_all_memory_is_refused(held: Path) -> None:
    with pytest.raises(UsageError, match="256 MB of memory"):
        query(held, "select list(range) from range(200000000)")


def test_values_are_plain(held: Path) -> None:
    sql = (
        "select 1.5::decimal(9, 2), timestamptz '2026-03-02 12:00:00+01', date '2026-03-02', "
        "{'a': [1, null]}, 'x'::blob, 99999999999999999999, 'nan'::double, interval 1 day"
    )
    assert query(held, sql).rows[0] == [
        *(1.5, "2026-03-02T11:00:00Z", "2026-03-02", {"a": [1, None]}, "78"),
        *("99999999999999999999", None, "1 day, 0:00:00"),
    ]


def test_a_mistake_comes_back_with_what_duckdb_says_of_it(held: Path) -> None:
    with pytest.raises(UsageError, match=r"The query failed\..*no_such_table"):
        query(held, "select * from no_such_table")
    with pytest.raises(UsageError, match="not valid SQL"):
        query(held, "selec 1")
