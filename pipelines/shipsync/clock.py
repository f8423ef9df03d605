"""Time and chance: the only module that reads the clock, waits, or draws a random number.

Whatever waits takes a ``Pacing``. ``SystemPacing`` really waits; ``JumpingPacing`` moves its own clock
forward instead, so that a test of an hour's waiting takes no time and can look at every wait. pendulum is
imported when an instant of it is made: commands that ask no account begin quickly without it.
"""

from __future__ import annotations

import random
import threading
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import pendulum


def now() -> datetime:
    """The present instant in UTC, by this machine's clock."""
    return datetime.now(UTC)


class Pacing(Protocol):
    """A clock, a way to wait, and random numbers."""

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
    """The machine's clock, real waiting and real random numbers."""

    def now(self) -> pendulum.DateTime:
        """The present instant in UTC, by this machine's clock."""
        import pendulum

        return pendulum.now("UTC")

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

    ``random()`` always gives ``chance``. Safe to share between threads.
    """

    def __init__(self, start: pendulum.DateTime | None = None, *, chance: float = 0.5) -> None:
        import pendulum

        self._start = start or pendulum.datetime(2026, 1, 1)
        self._elapsed = 0.0
        self._chance = chance
        self._lock = threading.Lock()
        self.waits: list[float] = []

    def now(self) -> pendulum.DateTime:
        """The start plus every wait so far."""
        return self._start.add(seconds=self._elapsed)

    def monotonic(self) -> float:
        """Seconds waited so far."""
        return self._elapsed

    def sleep(self, seconds: float) -> None:
        """Move the clock forward by ``seconds`` at once."""
        with self._lock:
            self._elapsed += seconds
            self.waits.append(seconds)

    def random(self) -> float:
        """Always ``chance``."""
        return self._chance
