"""A run that falls on a short reading waits for its end, and not for ever."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from shipsync.clock import JumpingPacing
from shipsync.errors import DatabaseError, DatabaseLocked
from shipsync.warehouse.database import connect

READ = (
    "import sys, duckdb; con = duckdb.connect(sys.argv[1], read_only=True); "
    "print('open', flush=True); sys.stdin.read()"
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "held.duckdb"
    duckdb.connect(str(path)).close()
    return path


@pytest.fixture
def reader(file: Path) -> Iterator[subprocess.Popen[str]]:
    """Another program that has the file open to read until its standard input ends."""
    words = [sys.executable, "-c", READ, str(file)]
    with subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        yield process
        process.communicate()


class EndsTheReading(JumpingPacing):
    """Lets a reader end during the third wait."""

    def __init__(self, reader: subprocess.Popen[str]) -> None:
        super().__init__()
        self._reader = reader

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        if len(self.waits) == 3:
            self._reader.communicate()


def test_a_writer_waits_for_a_short_reading(file: Path, reader: subprocess.Popen[str]) -> None:
    pacing = EndsTheReading(reader)

    with connect(file, pacing=pacing) as con:
        con.execute("create table written (number integer)")

    assert len(pacing.waits) == 3


def test_a_writer_gives_up_after_two_seconds(file: Path, reader: subprocess.Popen[str]) -> None:
    pacing = JumpingPacing()

    with pytest.raises(DatabaseLocked, match="open in another program"):
        connect(file, pacing=pacing)

    assert sum(pacing.waits) == pytest.approx(2.0)


def test_readers_share_the_file_and_what_is_no_lock_is_not_waited_for(
    file: Path, reader: subprocess.Popen[str], tmp_path: Path
) -> None:
    pacing = JumpingPacing()
    (tmp_path / "text.duckdb").write_text("no database, but long enough to be looked at " * 200)

    connect(file, read_only=True, pacing=pacing).close()
    with pytest.raises(DatabaseError, match="not a DuckDB database"):
        connect(tmp_path / "text.duckdb", pacing=pacing)

    assert pacing.waits == []
