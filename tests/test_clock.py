from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC

import pendulum
import pytest

from shipsync import clock
from shipsync.clock import JumpingPacing, SystemPacing


def test_now_is_in_utc() -> None:
    assert clock.now().tzinfo is UTC
    assert SystemPacing().now().timezone_name == "UTC"


def test_the_system_never_goes_back_and_its_chance_is_a_share() -> None:
    pacing = SystemPacing()
    before = pacing.monotonic()
    pacing.sleep(0)
    assert pacing.monotonic() >= before
    assert all(0 <= pacing.random() < 1 for _ in range(100))


def test_a_jumping_clock_moves_by_what_is_waited() -> None:
    pacing = JumpingPacing(pendulum.datetime(2026, 2, 28, 23, 59), chance=0.25)
    pacing.sleep(90)
    pacing.sleep(0.5)
    assert pacing.monotonic() == 90.5
    assert pacing.now() == pendulum.datetime(2026, 3, 1, 0, 0, 30, 500_000)
    assert pacing.waits == [90, 0.5]
    assert pacing.random() == 0.25


def test_threads_lose_none_of_its_time() -> None:
    pacing = JumpingPacing()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(pacing.sleep, [1.0] * 800))
    assert pacing.monotonic() == pytest.approx(800)
