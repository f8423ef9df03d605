"""A copy is whole or refused, holds what was committed, and never keeps the file from a writer."""

from __future__ import annotations

import signal
import subprocess
import sys
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any

import duckdb
import pytest

from shipsync import overview
from shipsync.errors import DatabaseCorrupt, DatabaseError
from shipsync.warehouse import lock, read_copy
from shipsync.warehouse.copies import copied, of_one_state, readable
from shipsync.warehouse.database import connect

# Leaves a commit in the log and one that never was, as a killed run does.
KILLED = """
import os, signal, sys
import duckdb
con = duckdb.connect(sys.argv[1])
con.execute("create table committed as select 1 as id")
con.begin()
con.execute("create table open as select 1 as id")
os.kill(os.getpid(), signal.SIGKILL)
"""


def tables(file: Path) -> list[tuple[str]]:
    with connect(file, read_only=True) as con:
        return con.execute("select table_name from duckdb_tables() order by 1").fetchall()


def test_a_copy_holds_what_a_killed_run_had_committed(tmp_path: Path) -> None:
    file = tmp_path / "held.duckdb"
    connect(file).close()
    killed = subprocess.run([sys.executable, "-c", KILLED, str(file)], check=False, timeout=60)
    assert killed.returncode == -signal.SIGKILL
    assert Path(f"{file}.wal").stat().st_size > 0

    with copied(file) as copy:
        assert tables(copy) == [("committed",)]
    assert not copy.parent.exists()


class RunBetween:
    """Opens a file to read; before the first time a run begins, and has committed the half of its work."""

    def __init__(self, database: Path) -> None:
        self.database = database
        self.run = ExitStack()

    def __call__(self, file: Path) -> duckdb.DuckDBPyConnection:
        if lock.is_at_rest(self.database):
            self.run.enter_context(lock.hold(self.database))
            with connect(self.database) as con:
                con.execute("create table half as select 1 as id")
        return connect(file, read_only=True)


def test_a_reader_sees_nothing_of_a_run_that_begins_while_it_opens_the_file(tmp_path: Path) -> None:
    file = tmp_path / "held.duckdb"
    with read_copy.at_work(file), connect(file) as con:
        con.execute("create table whole as select 1 as id")
    # Something else than a run, as a person by hand: the copy is older, and a reader takes the file itself.
    with connect(file) as con:
        con.execute("create table late as select 1 as id")
    between = RunBetween(file)
    with between.run, readable(file, between) as con:
        assert con.execute("select table_name from duckdb_tables()").fetchall() == [("whole",)]
    with readable(file, is_ledger=True) as con:
        named = con.execute("select table_name from duckdb_tables() order by 1").fetchall()
        assert named == [("half",), ("late",), ("whole",)]


class TakenWhileARunBegins(ExitStack):
    """Takes a copy only after a run began, and has committed the half of its work."""

    def __init__(self, database: Path) -> None:
        super().__init__()
        self.between = RunBetween(database)

    def enter_context(self, cm: AbstractContextManager[Any]) -> Any:
        self.between(self.between.database).close()
        return super().enter_context(cm)


def test_a_copy_is_not_of_the_middle_of_a_run_that_begins_while_it_is_taken(tmp_path: Path) -> None:
    file = tmp_path / "held.duckdb"
    with read_copy.at_work(file), connect(file) as con:
        con.execute("create table whole as select 1 as id")
    with connect(file) as con:
        con.execute("create table late as select 1 as id")
    with TakenWhileARunBegins(file) as held, held.between.run:
        assert tables(of_one_state(held, file)) == [("whole",)]
    with ExitStack() as held:
        assert tables(of_one_state(held, file)) == [("half",), ("late",), ("whole",)]


def test_the_file_can_be_written_while_its_copy_is_read(tmp_path: Path) -> None:
    file = tmp_path / "held.duckdb"
    connect(file).close()
    with copied(file) as copy, connect(copy, read_only=True) as reader:
        writer = (
            "import sys, duckdb; duckdb.connect(sys.argv[1]).execute('create table late(id int)')"
        )
        subprocess.run([sys.executable, "-c", writer, str(file)], check=True, timeout=60)
        assert reader.execute("select count(*) from duckdb_tables()").fetchone() == (0,)
    assert tables(file) == [("late",)]


def test_an_overview_of_an_empty_database_says_what_makes_each_part(tmp_path: Path) -> None:
    file = tmp_path / "new.duckdb"
    connect(file).close()

    for section in overview.read(file).sections:
        assert section.rows.rows == ()
        assert section.missing is not None
        assert "`shipsync run`" in section.missing


def test_errors_name_the_file_and_not_the_copy(tmp_path: Path) -> None:
    file = tmp_path / "bad.duckdb"
    with pytest.raises(DatabaseError, match=f"There is no database at {file} yet"):
        overview.read(file)
    file.write_text("this is no database")
    with pytest.raises(DatabaseCorrupt, match=f"^{file} is not a DuckDB database"):
        overview.read(file)
