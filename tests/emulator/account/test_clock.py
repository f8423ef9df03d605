"""The account's own clock."""

from __future__ import annotations

import pytest

from emulator.conftest import START
from shipsync.emulator.account.clock import Clock


def test_the_clock_moves_forward_only() -> None:
    clock = Clock(START)
    assert clock.advance(days=1, hours=1) == START.add(days=1, hours=1)
    with pytest.raises(ValueError, match="does not go back"):
        clock.advance(days=-1)
    with pytest.raises(ValueError, match="does not go back"):
        clock.move_to(START)


def test_the_clock_may_run() -> None:
    seconds = [100.0]
    clock = Clock(START, elapsed=lambda: seconds[0])
    assert clock.now() == START
    seconds[0] += 2.5
    assert clock.now() == START.add(seconds=2, microseconds=500_000)
