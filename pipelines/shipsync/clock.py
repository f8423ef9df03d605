"""Time: the one place that asks what time it is, waits, or draws a random number.

Whatever paces itself takes a ``Pacing``. ``SystemPacing`` really waits; ``JumpingPacing`` moves its
own clock on instead, so that an hour of waiting costs nothing and can be read off afterwards.
"""

from __future__ import annotations

import random
import threading
import time
from typing import Protocol

import pendulum


def now() -> pendulum.DateTime:
    """The present instant in UTC, by this machine's clock."""
    return pendulum.now("UTC")


class Pacing(Protocol):
    """What waiting needs from the world."""

    def now(self) -> pendulum.DateTime:
        """The present instant in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds since some fixed moment; never goes back."""
        ...

    def sleep(self, seconds: float) -> None:
        """Return after ``seconds``."""
        ...

    def random(self) -> float:
        """A number from 0 up to, not including, 1."""
        ...


class SystemPacing:
    """The machine's clock, real waiting and real chance."""

    def now(self) -> pendulum.DateTime:
        """The present instant in UTC, by this machine's clock."""
        return now()

    def monotonic(self) -> float:
        """Seconds by the machine's monotonic clock."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait ``seconds``."""
        time.sleep(seconds)

    def random(self) -> float:
        """A number from 0 up to, not including, 1."""
        return random.random()


class JumpingPacing:
    """A clock that jumps over every wait; ``waits`` holds each one, in seconds.

    Chance is fixed: ``random()`` gives ``chance`` every time. Safe to share between threads.
    """

    def __init__(self, start: pendulum.DateTime | None = None, *, chance: float = 0.5) -> None:
        self._start = start or pendulum.datetime(2026, 1, 1)
        self._elapsed = 0.0
        self._chance = chance
        self._lock = threading.Lock()
        self.waits: list[float] = []

    def now(self) -> pendulum.DateTime:
        """The start, moved on by every wait so far."""
        return self._start.add(seconds=self._elapsed)

    def monotonic(self) -> float:
        """Seconds waited so far."""
        return self._elapsed

    def sleep(self, seconds: float) -> None:
        """Move the clock on by ``seconds`` at once."""
        with self._lock:
            self._elapsed += seconds
            self.waits.append(seconds)

    def random(self) -> float:
        """Always ``chance``."""
        return self._chance
