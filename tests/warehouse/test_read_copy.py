"""The copy for readers: whole, of one moment, and put in place of the former by one rename."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from shipsync.errors import DatabaseError, LockHeld, ShipsyncError, UsageError
from shipsync.warehouse import lock, read_copy
from shipsync.warehouse.copies import readable, take
from shipsync.warehouse.database import connect, explained


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A database with one number in it, and its copy."""
    file = tmp_path / "shop.duckdb"
    with read_copy.at_work(file), connect(file) as con:
        con.execute("create table numbers as select 1 as n")
    return file


def write(database: Path, number: int) -> None:
    with connect(database) as con:
        con.execute("update numbers set n = ?", [number])


def number(con: duckdb.DuckDBPyConnection) -> int:
    row = con.execute("select n from numbers").fetchone()
    assert row is not None
    return int(row[0])


def read(database: Path, *, is_ledger: bool = False) -> int:
    with readable(database, is_ledger=is_ledger) as con:
        return number(con)


def in_copy(database: Path) -> int:
    with connect(read_copy.path_of(database), read_only=True) as con:
        return number(con)


def test_it_lies_beside_the_database_for_its_owner_alone(database: Path) -> None:
    copy = database.with_name("shop.read.duckdb")
    assert read_copy.path_of(database) == copy
    assert copy.stat().st_mode & 0o777 == 0o600
    assert sorted(file.name for file in database.parent.iterdir()) == [
        "shop.duckdb",
        "shop.duckdb.lock",
        "shop.read.duckdb",
    ]


def test_a_run_puts_a_new_one_in_place_and_whoever_has_the_former_open_keeps_it(
    database: Path,
) -> None:
    with connect(read_copy.path_of(database), read_only=True) as notebook:
        with read_copy.at_work(database):
            write(database, 2)
        assert number(notebook) == 1
        # In one process DuckDB opens a file once: what this path is now, another name tells.
        other = database.with_name("other.duckdb")
        shutil.copyfile(read_copy.path_of(database), other)
        with connect(other, read_only=True) as con:
            assert number(con) == 2


def test_while_a_run_is_at_work_what_the_last_one_left_is_read(database: Path) -> None:
    with read_copy.at_work(database), connect(database) as con:
        con.execute("update numbers set n = 2")
        assert read(database) == 1
    assert read(database) == 2


def test_what_a_killed_run_left_half_done_is_not_read(database: Path) -> None:
    killed = (
        "import os, signal, sys; from pathlib import Path;"
        "from shipsync.warehouse import lock; from shipsync.warehouse.database import connect\n"
        "with lock.hold(Path(sys.argv[1])), connect(Path(sys.argv[1])) as con:\n"
        "    con.execute('update numbers set n = 2'); os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", killed, str(database)], check=False)
    assert read(database) == 1
    assert read(database, is_ledger=True) == 2
    with read_copy.at_work(database):
        pass
    assert read(database) == 2


def test_what_must_be_newest_is_read_as_of_the_last_commit(database: Path) -> None:
    hold = (
        "import sys, duckdb; con = duckdb.connect(sys.argv[1]); con.execute('update numbers set n = 3');"
        "print(flush=True); input()"
    )
    with (
        lock.hold(database),
        subprocess.Popen(
            [sys.executable, "-c", hold, str(database)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as run,
    ):
        assert run.stdout is not None
        run.stdout.readline()
        assert read(database, is_ledger=True) == 3
        assert read(database) == 1
        run.communicate("\n")


def test_what_was_changed_without_a_run_is_read_from_the_database(database: Path) -> None:
    write(database, 2)
    assert not read_copy.is_current(database)
    assert read(database) == 2
    assert in_copy(database) == 1


def test_a_reader_of_the_copy_keeps_no_run_from_the_database(database: Path) -> None:
    with readable(database) as con:
        assert number(con) == 1
        write(database, 2)


def test_a_run_that_fails_leaves_what_it_committed(database: Path) -> None:
    def run() -> None:
        with read_copy.at_work(database):
            write(database, 2)
            raise ShipsyncError("It failed.")

    with pytest.raises(ShipsyncError, match=r"It failed\."):
        run()
    assert in_copy(database) == 2


def test_a_run_on_a_damaged_database_leaves_the_former_copy(database: Path, tmp_path: Path) -> None:
    database.write_bytes(b"<html>")
    with (
        pytest.raises(ShipsyncError, match="damaged"),
        read_copy.at_work(database),
        explained(database),
    ):
        connect(database)
    with connect(read_copy.path_of(database), read_only=True) as con:
        assert number(con) == 1
    with pytest.raises(DatabaseError, match="damaged"):
        take(database, tmp_path / "taken.duckdb")


def test_a_run_that_is_refused_touches_no_copy(database: Path) -> None:
    with lock.hold(database), pytest.raises(LockHeld), read_copy.at_work(database):
        pass
    assert in_copy(database) == 1


def test_nothing_is_copied_when_nothing_changed(database: Path) -> None:
    before = read_copy.path_of(database).stat().st_ino
    with read_copy.at_work(database):
        pass
    assert read_copy.path_of(database).stat().st_ino == before


def test_a_log_that_a_killed_run_left_goes_into_the_copy(database: Path) -> None:
    killed = (
        "import os, signal, sys, duckdb; con = duckdb.connect(sys.argv[1]);"
        "con.execute('update numbers set n = 7'); os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", killed, str(database)], check=False)
    assert database.with_name("shop.duckdb.wal").exists()
    with read_copy.at_work(database):
        pass
    assert in_copy(database) == 7
    assert not database.with_name("shop.duckdb.wal").exists()


def test_a_log_beside_the_former_copy_does_not_go_into_the_new_one(database: Path) -> None:
    log = database.with_name("shop.read.duckdb.wal")
    log.write_bytes(b"of somebody who opened the copy to write")
    with read_copy.at_work(database):
        write(database, 2)
    assert not log.exists()
    assert in_copy(database) == 2


def test_where_no_copy_can_be_made_the_run_goes_well_and_the_former_is_not_taken_for_new(
    database: Path,
) -> None:
    # A folder in the place of the copy that is being made.
    database.with_name("shop.read.duckdb.part").mkdir()
    with read_copy.at_work(database):
        write(database, 2)
    assert in_copy(database) == 1
    assert read(database) == 2


def test_removed_it_is_gone_with_everything_beside_it(database: Path) -> None:
    for name in ("shop.read.duckdb.part", "shop.read.duckdb.wal"):
        database.with_name(name).write_bytes(b"left")
    read_copy.remove(database)
    assert sorted(file.name for file in database.parent.iterdir()) == [
        "shop.duckdb",
        "shop.duckdb.lock",
    ]
    assert read(database) == 1


def test_bytes_are_copied_where_the_kernel_can_share_none(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(os.urandom(3_000_000))
    with source.open("rb") as old, target.open("wb") as new:
        read_copy.copy_bytes(old.fileno(), new.fileno(), 3_000_000)
    assert target.read_bytes() == source.read_bytes()


def test_a_snapshot_holds_what_the_database_holds_and_replaces_nothing(
    database: Path, tmp_path: Path
) -> None:
    write(database, 2)
    taken = tmp_path / "taken.duckdb"
    assert take(database, taken) == taken.stat().st_size
    assert taken.stat().st_mode & 0o777 == 0o600
    with connect(taken, read_only=True) as con:
        assert number(con) == 2
    with pytest.raises(UsageError, match="is there already"):
        take(database, taken)
    with pytest.raises(DatabaseError, match="There is no database"):
        take(tmp_path / "none.duckdb", tmp_path / "other.duckdb")


def test_a_snapshot_that_cannot_be_written_asks_for_another_place(
    database: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DatabaseError, match="Name another place for the copy"):
        take(database, tmp_path / "file" / "taken.duckdb")


def test_a_snapshot_in_the_middle_of_a_run_is_of_the_run_before(
    database: Path, tmp_path: Path
) -> None:
    with read_copy.at_work(database), connect(database) as con:
        con.execute("update numbers set n = 2")
        take(database, tmp_path / "taken.duckdb")
    with connect(tmp_path / "taken.duckdb", read_only=True) as con:
        assert number(con) == 1
