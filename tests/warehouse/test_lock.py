"""One run at a time, and who stepped aside for it."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shipsync import clock
from shipsync.errors import DatabaseError, LockHeld
from shipsync.warehouse import lock
from shipsync.warehouse.lock import Holder, LockState

NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "data" / "shop.duckdb"


def step_aside(database: Path) -> None:
    with pytest.raises(LockHeld, match=rf"process {os.getpid()}, since 20"), lock.hold(database):
        pass


def test_a_second_run_is_refused_and_counted_until_the_next_one_gets_in(database: Path) -> None:
    began = clock.now()
    with lock.hold(database):
        assert lock.state(database).refused == 0
        step_aside(database)
        step_aside(database)
        standing = lock.state(database)
        assert standing.refused == 2
        assert standing.holder is not None
        assert standing.holder.process == str(os.getpid())
        assert standing.holder.since is not None
        assert began <= standing.holder.since <= clock.now()
        assert standing.first_refused_at is not None
        assert began <= standing.first_refused_at <= clock.now()
    assert lock.state(database) == LockState(None, 2, standing.first_refused_at)
    with lock.hold(database):
        assert lock.state(database).refused == 0
    assert lock.state(database) == LockState(None)


def test_looking_at_the_lock_leaves_nothing_behind(tmp_path: Path) -> None:
    assert lock.state(tmp_path / "shop.duckdb") == LockState(None)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "content", [b"", b"\xff", b"[]", b"{}", b'{"refused": "x"}', b'{"refused": 1}']
)
def test_a_spoilt_note_of_who_stepped_aside_says_nothing(database: Path, content: bytes) -> None:
    with lock.hold(database):
        step_aside(database)
    database.with_name("shop.duckdb.stepped-aside.json").write_bytes(content)
    assert lock.state(database) == LockState(None)


def test_a_lock_file_of_an_older_version_is_read(database: Path) -> None:
    with lock.hold(database):
        database.with_name("shop.duckdb.lock").write_text(str(os.getpid()))
        assert lock.state(database).holder == Holder(str(os.getpid()), None)


@pytest.mark.parametrize("left", ["999999999 2026-11-29T10:00:00+00:00", "9" * 50, "x", ""])
def test_what_a_killed_run_left_behind_is_no_holder(database: Path, left: str) -> None:
    with lock.hold(database):
        pass
    database.with_name("shop.duckdb.lock").write_text(left)
    assert lock.state(database) == LockState(None)


def test_a_link_in_the_place_of_the_lock_is_not_followed(database: Path, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("kept")
    database.parent.mkdir()
    database.with_name("shop.duckdb.lock").symlink_to(precious)
    with pytest.raises(DatabaseError), lock.hold(database):
        pass
    assert precious.read_text() == "kept"


def test_the_lock_is_for_its_owner_alone(database: Path) -> None:
    with lock.hold(database):
        pass
    assert database.with_name("shop.duckdb.lock").stat().st_mode & 0o777 == 0o600


HOUR = timedelta(hours=1)
HELD = Holder("4711", NOON - timedelta(minutes=5))


@pytest.mark.parametrize(
    "standing",
    [
        LockState(None),
        LockState(HELD),
        LockState(HELD, 1, NOON - HOUR),
        LockState(None, 1, NOON),
        LockState(Holder("4711", None)),
        LockState(Holder("4711", NOON - HOUR)),
    ],
)
def test_a_run_that_meets_another_once_is_nothing_to_speak_of(standing: LockState) -> None:
    assert standing.complaint(NOON) is None


@pytest.mark.parametrize(
    ("standing", "said"),
    [
        (
            LockState(HELD, 2, NOON - timedelta(minutes=4)),
            "2 commands in a row stepped aside for another run (exit code 4), the first at 2026-11-29 "
            "11:56 UTC. Process 4711 is at work since 2026-11-29 11:55 UTC. If it hangs, stop it",
        ),
        (
            LockState(None, 3, NOON - timedelta(minutes=9)),
            "3 commands in a row stepped aside for another run (exit code 4), the first at 2026-11-29 "
            "11:51 UTC. Nothing holds the lock now; the next run goes on.",
        ),
        (
            LockState(None, 1, NOON - 2 * HOUR),
            "1 command stepped aside for another run (exit code 4), the first at 2026-11-29 10:00 UTC.",
        ),
        (
            LockState(Holder("4711", NOON - 2 * HOUR, "shipsync run")),
            "shipsync run (process 4711) is at work since 2026-11-29 10:00 UTC. If it hangs, stop it",
        ),
        (
            LockState(Holder("4711", NOON - 2 * HOUR)),
            "Process 4711 is at work since 2026-11-29 10:00 UTC. If it hangs, stop it",
        ),
    ],
)
def test_what_may_hang_is_said(standing: LockState, said: str) -> None:
    complaint = standing.complaint(NOON)
    assert complaint is not None
    assert complaint.startswith(said)
    assert complaint.endswith(".")
