"""A round of a fleet: who comes first, who holds up whom, and what is written down of it."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shipsync.errors import LockHeld
from shipsync.fleet.account_run import AccountRun
from shipsync.fleet.accounts import FleetAccount
from shipsync.fleet.record import FleetRecord
from shipsync.fleet.round import run_round
from shipsync.warehouse import lock

PROGRAM = (sys.executable, str(Path(__file__).with_name("stand_in.py")))
NOW = datetime(2026, 10, 1, 12, tzinfo=UTC)
ENOUGH = timedelta(minutes=2)


@pytest.fixture
def record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path / "fleet_runs.duckdb"


def fleet(*names: str) -> list[FleetAccount]:
    return [FleetAccount(name, {}) for name in names]


def played(
    record: Path, *names: str, workers: int = 2, deadline: timedelta = ENOUGH
) -> dict[str, AccountRun]:
    runs = run_round(fleet(*names), record, workers=workers, deadline=deadline, program=PROGRAM)
    return {run.account: run for run in runs}


def ended(account: str, outcome: str, at: datetime, read_up_to: datetime | None) -> AccountRun:
    code = {"done": 0, "at work already": 4}.get(outcome, 1)
    return AccountRun(
        account,
        outcome,  # type: ignore[arg-type]
        code,
        at - timedelta(seconds=10),
        at,
        read_up_to=read_up_to,
    )


def test_each_account_is_run_and_what_became_of_it_is_told(record: Path) -> None:
    runs = played(record, "fine", "odd", "revoked", "busy", "killed")
    assert {name: (run.outcome, run.exit_code) for name, run in runs.items()} == {
        "fine": ("done", 0),
        "odd": ("needs a person", 3),
        "revoked": ("failed", 1),
        "busy": ("at work already", 4),
        "killed": ("failed", -9),
    }
    fine = runs["fine"]
    assert (fine.requests, fine.rows, fine.read_up_to) == (5, 7, datetime(2026, 10, 1, tzinfo=UTC))
    assert runs["odd"].said == "One row was set aside."
    assert runs["revoked"].said == "The key was refused (HTTP 401)."
    assert runs["killed"].said == "It was ended by signal 9."
    assert runs["revoked"].requests is None


def test_one_that_is_slow_is_ended_and_holds_up_no_other(record: Path) -> None:
    names = ("slow", "fine_1", "fine_2", "fine_3")
    runs = played(record, *names, workers=2, deadline=timedelta(seconds=5))
    assert runs["slow"].outcome == "took too long"
    assert runs["slow"].said.startswith("It was ended 0:00:05 after its beginning")
    assert {runs[name].outcome for name in names[1:]} == {"done"}
    assert list(runs)[-1] == "slow"


def test_the_one_that_waited_longest_comes_first(record: Path) -> None:
    kept = FleetRecord(record)
    for number, name in enumerate(("c", "a", "b")):
        kept.put(ended(name, "done", NOW + timedelta(minutes=number), NOW))
    played(record, "a", "b", "c", "new", workers=1)
    assert Path("began.txt").read_text().split() == ["new", "c", "a", "b"]


def test_two_rounds_are_never_at_work_at_once(record: Path) -> None:
    with lock.hold(record), pytest.raises(LockHeld):
        played(record, "fine")
    assert not Path("began.txt").exists()


def test_a_round_that_is_ended_early_begins_no_further_account(record: Path) -> None:
    names = [f"fine_{number}" for number in range(20)]
    runs = run_round(fleet(*names), record, workers=1, deadline=ENOUGH, program=PROGRAM)
    next(runs)
    runs.close()
    assert len(Path("began.txt").read_text().split()) < len(names)
    assert len(played(record, "fine_0")) == 1


def test_status_says_who_fails_and_how_far_each_is_behind(record: Path) -> None:
    kept = FleetRecord(record)
    assert kept.status(NOW) == []
    hours = [NOW + timedelta(hours=number) for number in range(5)]
    kept.put(ended("fine", "done", hours[0], hours[0]))
    kept.put(ended("fine", "done", hours[3], hours[2]))
    kept.put(ended("revoked", "done", hours[0], hours[0]))
    kept.put(ended("revoked", "failed", hours[1], None))
    kept.put(ended("revoked", "at work already", hours[2], None))
    kept.put(ended("revoked", "failed", hours[3], None))
    kept.put(ended("never", "failed", hours[3], None))
    found = [
        (one.account, one.outcome, one.failed_since, one.lag_seconds, one.good_at)
        for one in kept.status(hours[4])
    ]
    assert found == [
        ("revoked", "failed", 2, 4 * 3600.0, hours[0]),
        ("never", "failed", 1, None, None),
        ("fine", "done", 0, 2 * 3600.0, hours[3]),
    ]
