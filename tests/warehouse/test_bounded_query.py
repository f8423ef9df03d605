"""A query of somebody else's takes what it may and no more, and its process is gone afterwards."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest

from shipsync.warehouse.bounded_query import (
    QueryFailed,
    QueryLimits,
    QueryRefused,
    QueryStopped,
    run_query,
)
from shipsync.warehouse.database import connect

BRIEF = QueryLimits(seconds=3.0, memory_mb=64)
AMPLE = QueryLimits(seconds=60.0, memory_mb=256)
PARENT_MEGABYTES = 64


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A database with two rows, in a folder that holds nothing else."""
    folder = tmp_path / "only"
    folder.mkdir()
    with connect(folder / "two.duckdb") as con:
        con.execute("create table two as select * from (values (1, 'a'), (2, 'b')) rows (n, t)")
    return folder / "two.duckdb"


@pytest.fixture(autouse=True)
def nothing_is_left(tmp_path: Path) -> Iterator[None]:
    """No child of ours is there when a test ends, and this process has not grown by much."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    yield
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    assert grown < PARENT_MEGABYTES
    assert children() == []
    assert [path.name for path in (tmp_path / "only").rglob("*")] == ["two.duckdb"]


def children() -> list[int]:
    """The processes that this one has started and that run a query."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes()
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        if b"query_child" in command and parent == os.getpid():
            found.append(int(folder.name))
    return found


UNIONS = " union all ".join(["select n, t from two"] * 20_000)
NESTED = "select " + "(" * 50_000 + "1" + ")" * 50_000
TAKES_TOO_MUCH = {
    "levenshtein of long texts": "select levenshtein(repeat('ab', 200000), repeat('ba', 200000))",
    "levenshtein of many rows": "select sum(levenshtein(repeat('ab', 2000), "
    "repeat('ba', 2000) || range)) from range(100000)",
    "repeat": "select length(repeat(repeat('x', 100000000), 40))",
    "repeat of many": "select list(repeat('x', 1000000)) from range(10000)",
    "a list without end": "select list(range) from range(2000000000)",
    "a recursion without end": "with recursive up(n) as (select 1 union all select n + 1 from up) "
    "select count(*) from up",
    "a recursion that doubles": "with recursive up(t) as "
    "(select 'x' union all select t || t from up) select max(length(t)) from up",
    "a range join": "select count(*) from range(3000000) a(x) "
    "join range(3000000) b(y) on x < y and x * y > 7",
    "a cross join": "select count(*) from range(1000000) a, range(1000000) b, range(1000000) c "
    "where (a.range + b.range) % 7 = c.range % 11",
    "a regular expression": "select sum(length(regexp_replace(range || repeat('ab', 20000), "
    "'(a|b|ab)*c', ''))) from range(1000000)",
    "20,000 unions": UNIONS,
    "50,000 brackets": NESTED,
    "a text of many replacements": "select length(replace(repeat('a', 10000000), 'a', "
    "repeat('b', 1000)))",
}


@pytest.mark.parametrize("kind", TAKES_TOO_MUCH)
def test_what_takes_too_much_is_stopped(file: Path, kind: str) -> None:
    with pytest.raises((QueryStopped, QueryFailed)) as stopped:
        run_query(file, TAKES_TOO_MUCH[kind], BRIEF)

    assert "stopped" in str(stopped.value) or kind in ("20,000 unions", "50,000 brackets")


def test_the_memory_of_the_child_is_bounded_by_the_system(file: Path) -> None:
    ample = "select length(repeat('x', 50000000))"

    assert run_query(file, ample, AMPLE).rows == [(50_000_000,)]
    with pytest.raises(QueryStopped, match="256 MB of memory"):
        run_query(file, "select length(repeat(repeat('x', 100000000), 40))", AMPLE)


def test_a_child_that_is_killed_from_outside_is_told(file: Path) -> None:
    # A sleep that no limit of ours ends: the pipe is closed by the death of the process alone.
    with pytest.raises(QueryStopped):
        run_query(file, "select count(*) from range(1000000000000)", QueryLimits(seconds=0.5))


def test_a_log_that_a_query_switches_on_is_written_nowhere(file: Path) -> None:
    sql = f"select * from enable_logging(storage := 'file', storage_path := '{file.parent}/log')"  # noqa: S608

    with suppress(QueryFailed, QueryStopped):
        run_query(file, sql, AMPLE)
    assert [path.name for path in file.parent.iterdir()] == ["two.duckdb"]


@pytest.mark.parametrize(
    "sql",
    [
        "select * from enable_profiling(save_location := '{folder}/profile')",
        "select * from read_text('{folder}/../secret.txt')",
        "select * from glob('{folder}/*')",
        "select * from duckdb_secrets(), read_blob('/proc/self/environ')",
        "copy two to '{folder}/out.csv'",
        "attach '{folder}/other.duckdb'",
        "set memory_limit = '8GB'",
        "pragma memory_limit = '8GB'",
        "select 1; delete from two",
        "delete from two",
        "",
        "select getenv('HOME')",
        "select * from no_such",
        "selec",
    ],
)
def test_no_file_is_written_or_read_whatever_is_called(
    file: Path, tmp_path: Path, sql: str
) -> None:
    (tmp_path / "secret.txt").write_text("not for you")
    before = file.read_bytes()

    with pytest.raises((QueryRefused, QueryFailed, QueryStopped)) as refusal:
        run_query(file, sql.replace("{folder}", str(file.parent)), AMPLE)

    assert "not for you" not in str(refusal.value)
    assert file.read_bytes() == before


def test_the_child_knows_nothing_of_our_environment(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCES__SHIPSTATION__API_KEY", "a-secret")

    with pytest.raises((QueryFailed, QueryRefused)):
        run_query(file, "select getvariable('x') || getenv('SOURCES__SHIPSTATION__API_KEY')", AMPLE)


def test_rows_and_bytes_are_bounded_and_that_is_said(file: Path) -> None:
    few = run_query(file, "select * from range(5)", QueryLimits(rows=2, seconds=60))
    exact = run_query(file, "select * from range(2)", QueryLimits(rows=2, seconds=60))
    wide = run_query(
        file,
        "select repeat('x', 1000) from range(1000)",
        QueryLimits(answer_bytes=10_000, seconds=60),
    )
    single = run_query(
        file, "select repeat('x', 1000000)", QueryLimits(answer_bytes=10_000, seconds=60)
    )
    none = run_query(file, "from two where false", AMPLE)

    assert (few.rows, few.is_cut) == ([(0,), (1,)], True)
    assert (exact.rows, exact.is_cut) == ([(0,), (1,)], False)
    assert (0 < len(wide.rows) < 10, wide.is_cut) == (True, True)
    assert (single.rows, single.is_cut) == ([], True)
    assert (none.columns, none.rows, none.is_cut) == (("n", "t"), [], False)


def test_values_arrive_as_duckdb_gives_them(file: Path) -> None:
    sql = """
        select
            1.5::decimal(9, 2), timestamptz '2026-03-02 12:00:00.5+01', timestamp '2026-03-02 12:00:00',
            date '2026-03-02', time '12:30:00', {'a': [1, null], 'b': 'é'}, map {'k': 1.5}, 'x'::blob,
            99999999999999999999999::hugeint, 'inf'::double, interval 90 minute,
            'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid, 'it''s "é"' || chr(10), null, true, $word
    """

    assert run_query(file, sql, AMPLE, values={"word": "bound"}).rows == [
        (
            Decimal("1.50"),
            datetime(2026, 3, 2, 11, 0, 0, 500_000, tzinfo=UTC),
            datetime(2026, 3, 2, 12, 0),  # noqa: DTZ001 - a local time
            date(2026, 3, 2),
            time(12, 30),
            {"a": [1, None], "b": "é"},
            {"k": Decimal("1.5")},
            b"x",
            99999999999999999999999,
            float("inf"),
            timedelta(minutes=90),
            UUID("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
            'it\'s "é"\n',
            *(None, True, "bound"),
        )
    ]


def test_a_table_function_that_is_not_listed_is_refused_by_name(file: Path) -> None:
    listed = frozenset({"range"})

    assert run_query(file, "select count(*) from range(3)", AMPLE, table_functions=listed).rows
    with pytest.raises(QueryRefused, match=r"glob\(\) can't be read"):
        run_query(file, "select (select 1 from glob('/*') limit 1)", AMPLE, table_functions=listed)
