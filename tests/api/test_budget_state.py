"""What processes share of an account's rate: exact under kills, torn files and clocks that begin anew."""

from __future__ import annotations

import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from api.test_budget import most_in_a_minute
from shipsync.api.budget import BURST_SHARE, Budget
from shipsync.api.budget_state import OwnRate, SharedRate, shared_rate
from shipsync.clock import JumpingPacing

KEY = "a-key-that-nobody-may-see"
URL = "https://api.example.com"

TAKES_ALL = """
import sys
from pathlib import Path
from shipsync.api.budget import Budget
from shipsync.api.budget_state import SharedRate
from shipsync.clock import JumpingPacing

class Standstill(JumpingPacing):
    def sleep(self, seconds):
        print(taken)
        sys.exit()

taken, budget = 0, Budget(1000, Standstill(), SharedRate(Path(sys.argv[1])))
while True:
    budget.acquire()
    taken += 1
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "account.rate"


def test_processes_share_one_budget(file: Path) -> None:
    started = [
        subprocess.Popen([sys.executable, "-c", TAKES_ALL, file], stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    taken = [int(process.communicate()[0]) for process in started]
    assert sum(taken) == 1000 // BURST_SHARE


def test_a_process_killed_while_it_counts_holds_nobody_up(file: Path) -> None:
    dies = (
        "import os, signal, sys; from pathlib import Path\n"
        "from shipsync.api.budget_state import SharedRate\n"
        "with SharedRate(Path(sys.argv[1])).changed(5.0) as state:\n"
        "    state.slots[-1] += 1\n"
        "    os.kill(os.getpid(), signal.SIGKILL)"
    )
    SharedRate(file)
    killed = subprocess.run([sys.executable, "-c", dies, file], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert Budget(200, JumpingPacing(), SharedRate(file)).acquire() == 0.0


@pytest.mark.parametrize("limit", [1, 20, 60, 200])
def test_sessions_that_share_keep_the_limit_together(file: Path, limit: int) -> None:
    pacing = JumpingPacing()
    budgets = [Budget(limit, pacing, SharedRate(file), urgent=number == 2) for number in range(3)]
    times = []
    for turn in range(4 * limit):
        budgets[turn % 3].acquire()
        times.append(pacing.monotonic())
    assert most_in_a_minute(times) <= limit


def test_a_pause_and_a_slower_pace_hold_for_all(file: Path) -> None:
    pacing = JumpingPacing()
    one, other = (Budget(200, pacing, SharedRate(file)) for _ in range(2))
    one.push_back(40)
    assert other.pace == 100
    other.acquire()
    assert pacing.monotonic() == 40


def test_who_waits_for_an_answer_gets_a_turn_at_once_during_a_backfill() -> None:
    pacing, rate = JumpingPacing(), OwnRate()
    job, person = Budget(200, pacing, rate), Budget(200, pacing, rate, urgent=True)
    waits, times = [], []
    for turn in range(1_000):
        job.acquire()
        times.append(pacing.monotonic())
        if turn % 40 == 0:
            waits += [person.acquire() for _ in range(4)]
            times += [pacing.monotonic()] * 4
    assert max(waits) <= 2
    assert most_in_a_minute(times) <= 200


@pytest.mark.parametrize(
    "content",
    [b"", b"shr1", b"x" * 5_000, bytes(range(256)) * 5],
    ids=["empty", "cut off", "of somebody else", "noise"],
)
def test_a_spoilt_file_is_begun_anew(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    pacing = JumpingPacing()
    budget = Budget(200, pacing, SharedRate(file))
    times = []
    for _ in range(250):
        budget.acquire()
        times.append(pacing.monotonic())
    assert most_in_a_minute(times) <= 200


def test_a_clock_that_began_anew_stops_nobody(file: Path) -> None:
    late = JumpingPacing()
    late.sleep(1_000_000)
    before = Budget(200, late, SharedRate(file))
    for _ in range(200):
        before.acquire()
    before.push_back(3_000)
    early = JumpingPacing()
    Budget(200, early, SharedRate(file)).acquire()
    assert early.monotonic() < 1


def test_the_file_is_its_owners_and_tells_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "rates"
    rate = shared_rate(URL, KEY, folder)
    Budget(200, JumpingPacing(), rate).acquire()
    assert shared_rate(f"{URL}/", KEY, folder) is not rate
    [file] = folder.glob("*.rate")
    assert [stat.S_IMODE(path.stat().st_mode) for path in (folder, file)] == [0o700, 0o600]
    assert KEY not in file.name
    assert KEY.encode() not in file.read_bytes()
    shared_rate(URL, "another key", folder)
    shared_rate("https://other.example.com", KEY, folder)
    assert len(list(folder.glob("*.rate"))) == 3


def test_without_a_place_for_the_file_a_session_keeps_its_own_count(tmp_path: Path) -> None:
    in_the_way = tmp_path / "rates"
    in_the_way.write_text("no folder")
    assert isinstance(shared_rate(URL, KEY, in_the_way), OwnRate)


def test_a_link_in_place_of_the_file_is_not_followed(tmp_path: Path) -> None:
    victim, link = tmp_path / "victim", tmp_path / "account.rate"
    victim.write_text("precious")
    link.symlink_to(victim)
    with pytest.raises(OSError, match=r"symbolic link|levels"):
        SharedRate(link)
    assert victim.read_text() == "precious"
