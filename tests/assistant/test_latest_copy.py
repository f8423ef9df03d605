"""What an assistant asks reads a copy: no run waits for it, and it waits for no run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from shipsync.assistant.latest_copy import LatestCopy
from shipsync.assistant.tools import Tools
from shipsync.errors import DatabaseCorrupt, DatabaseError
from shipsync.warehouse.database import connect

# Writes without a pause until its input ends, as a run would.
BUSY = """
import sys, threading, duckdb
con = duckdb.connect(sys.argv[1])
con.execute("create table if not exists main.busy (n int)")
print("at work", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def database(held: Path, tmp_path: Path) -> Path:
    """A copy of the shared file that a test may write to."""
    file = tmp_path / "shop.duckdb"
    shutil.copyfile(held, file)
    return file


def count(tools: Tools) -> int:
    rows: list[list[int]] = tools.query("select count(*) from raw.labels", 1)["rows"]
    return rows[0][0]


def test_a_run_may_write_while_every_tool_is_at_work(database: Path) -> None:
    copy = LatestCopy(database)
    with copy.opened() as reader, connect(database) as writer:
        before = reader.execute("select count(*) from raw.labels").fetchone()
        writer.execute("delete from raw.labels")
        assert reader.execute("select count(*) from raw.labels").fetchone() == before


def test_an_assistant_is_answered_while_a_run_is_at_work(database: Path) -> None:
    tools = Tools(database)
    with subprocess.Popen(
        [sys.executable, "-c", BUSY, str(database)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as run:
        assert run.stdin is not None
        assert run.stdout is not None
        assert run.stdout.readline() == b"at work\n"
        try:
            assert count(tools) == 1
            assert tools.track_order("10452")["shipstation"]["order_id"] == "10452"
            assert tools.stock_of("mug-blue")["on_hand"] == 7
            assert len(tools.latest_changes(None, 5)["changes"]) == 5
            assert tools.find_shipment("10452")["shipments"]
        finally:
            run.stdin.close()
    assert run.returncode == 0


def test_what_was_committed_is_seen_by_the_next_question(database: Path) -> None:
    tools = Tools(database)
    before = count(tools)
    with connect(database) as con:
        con.execute("insert into raw.labels select * from raw.labels")
    state = database.stat()
    os.utime(database, ns=(state.st_atime_ns, state.st_mtime_ns + 1))

    assert (before, count(tools)) == (1, 2)


def test_copies_are_few_and_go_with_their_owner(database: Path) -> None:
    copy = LatestCopy(database)
    copies = []
    for position in range(4):
        os.utime(database, ns=(0, position + 1))
        copies.append(copy.file())

    assert [file.exists() for file in copies] == [False, False, True, True]
    assert copies[-1].parent.stat().st_mode & 0o077 == 0
    copy.close()
    assert not copies[-1].exists()


def test_what_is_wrong_with_the_database_is_said_of_it_and_not_of_the_copy(tmp_path: Path) -> None:
    file = tmp_path / "shop.duckdb"
    with pytest.raises(DatabaseError, match=r"no database at .*shop\.duckdb.*shipsync sync"):
        Tools(file).query("select 1", 1)
    file.write_bytes(b"no database at all" * 1000)
    with pytest.raises(DatabaseCorrupt, match=str(file)):
        Tools(file).track_order("10452")
