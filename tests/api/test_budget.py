from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shipsync.api.budget import BURST_SHARE, Budget
from shipsync.clock import JumpingPacing


def most_in_a_minute(times: list[float]) -> int:
    """The largest number of ``times``, ascending, that lie within 60 seconds of each other."""
    most, first = 0, 0
    for last, time in enumerate(times):
        while time - times[first] > 60:
            first += 1
        most = max(most, last - first + 1)
    return most


@settings(max_examples=40, deadline=None)
@given(
    limit=st.integers(1, 300),
    gaps=st.lists(st.one_of(st.just(0.0), st.floats(0, 90)), min_size=1, max_size=20),
    per_gap=st.integers(1, 60),
)
def test_never_more_than_the_limit_in_any_minute(
    limit: int, gaps: list[float], per_gap: int
) -> None:
    pacing = JumpingPacing()
    budget = Budget(limit, pacing)
    times = []
    for gap in gaps:
        pacing.sleep(gap)
        for _ in range(per_gap):
            budget.acquire()
            times.append(pacing.monotonic())
    assert most_in_a_minute(times) <= limit


def test_a_long_run_uses_nearly_the_whole_limit() -> None:
    pacing = JumpingPacing()
    budget = Budget(200, pacing)
    for _ in range(2000):
        budget.acquire()
    assert pacing.monotonic() < 2000 / 200 * 60 * 1.03


def test_requests_are_spread_and_only_a_small_run_goes_at_once() -> None:
    pacing = JumpingPacing()
    budget = Budget(200, pacing)
    waits = [budget.acquire() for _ in range(100)]
    burst = 200 // BURST_SHARE
    assert waits[:burst] == [0.0] * burst
    assert all(0.25 < wait < 0.35 for wait in waits[burst:])


def test_acquire_tells_how_long_it_waited() -> None:
    pacing = JumpingPacing()
    budget = Budget(60, pacing)
    assert sum(budget.acquire() for _ in range(30)) == pytest.approx(pacing.monotonic())


class _WouldWaitError(Exception):
    pass


class _Standstill(JumpingPacing):
    """A clock that stands: whoever would have to wait gives up instead."""

    def sleep(self, seconds: float) -> None:
        raise _WouldWaitError


def test_threads_share_one_budget() -> None:
    budget = Budget(400, _Standstill())

    def take_all(_: int) -> int:
        taken = 0
        try:
            while True:
                budget.acquire()
                taken += 1
        except _WouldWaitError:
            return taken

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(take_all, range(8))) == 400 // BURST_SHARE


def test_a_pause_holds_everybody_and_is_never_cut_short() -> None:
    pacing = JumpingPacing()
    budget = Budget(200, pacing)
    budget.pause_until(40)
    budget.pause_until(10)
    budget.acquire()
    assert pacing.monotonic() == 40


def test_push_back_pauses_and_slows_down_and_answers_speed_up_again() -> None:
    pacing = JumpingPacing()
    budget = Budget(200, pacing)
    budget.push_back(5)
    assert budget.pace == 100
    budget.acquire()
    assert pacing.monotonic() == 5
    for _ in range(50):
        budget.observe({})
    assert budget.pace == 200


def test_threads_pushed_back_together_slow_down_once() -> None:
    budget = Budget(200, JumpingPacing())
    for _ in range(8):
        budget.push_back(5)
    assert budget.pace == 100


def test_a_storm_slows_down_but_never_stops() -> None:
    pacing = JumpingPacing()
    budget = Budget(160, pacing)
    for _ in range(50):
        budget.acquire()
        budget.push_back(1)
    assert budget.pace == 10
    before = pacing.monotonic()
    for _ in range(20):
        budget.acquire()
    assert 100 < pacing.monotonic() - before < 140


@pytest.mark.parametrize(
    ("headers", "paused_for"),
    [
        pytest.param({"x-rate-limit-remaining": "0", "x-rate-limit-reset": "30"}, 30, id="spent"),
        pytest.param(
            {"x-rate-limit-remaining": "1", "x-rate-limit-reset": "30"}, 0, id="not spent"
        ),
        pytest.param({"x-rate-limit-remaining": "0"}, 0, id="no reset"),
        pytest.param({"x-rate-limit-reset": "30"}, 0, id="no remaining"),
        pytest.param({"x-rate-limit-remaining": "0", "x-rate-limit-reset": "x"}, 0, id="garbage"),
        pytest.param(
            {"x-rate-limit-remaining": "0", "x-rate-limit-reset": "1795375577"}, 0, id="an instant"
        ),
        pytest.param({}, 0, id="none"),
    ],
)
def test_what_remains_is_heeded_if_it_is_told(headers: dict[str, str], paused_for: int) -> None:
    pacing = JumpingPacing()
    budget = Budget(200, pacing)
    budget.observe(headers)
    budget.acquire()
    assert pacing.monotonic() == paused_for


@pytest.mark.parametrize(
    ("told", "pace"), [("40", 40), ("1000", 200), ("0", 200), ("many", 200), ("-3", 200)]
)
def test_a_lower_limit_of_the_account_is_taken_over(told: str, pace: float) -> None:
    budget = Budget(200, JumpingPacing())
    budget.observe({"x-rate-limit-limit": told})
    assert budget.pace == pace


def test_after_a_lower_limit_no_minute_has_more() -> None:
    pacing = JumpingPacing()
    budget = Budget(200, pacing)
    budget.observe({"x-rate-limit-limit": "40"})
    times = []
    for _ in range(200):
        budget.acquire()
        times.append(pacing.monotonic())
    assert most_in_a_minute(times) <= 40


def test_a_clock_that_counts_microseconds_is_waited_by_too() -> None:
    class Coarse(JumpingPacing):
        def monotonic(self) -> float:
            return int(super().monotonic() * 1_000_000) / 1_000_000

        def sleep(self, seconds: float) -> None:
            super().sleep(int(seconds * 1_000_000) / 1_000_000)

    pacing = Coarse()
    budget = Budget(200, pacing)
    for _ in range(1000):
        budget.acquire()

    assert 1000 / 200 * 60 * 0.9 < pacing.monotonic() < 1000 / 200 * 60 * 1.03
