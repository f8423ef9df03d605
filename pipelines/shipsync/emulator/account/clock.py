"""The account's own clock: what tests move, and what the Date header says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pendulum


def _stands_still() -> float:
    return 0.0


class Clock:
    """UTC time that moves only when it is told to, plus whatever ``elapsed`` adds.

    ``elapsed`` gives seconds that never run backwards; ``time.monotonic`` makes the clock run.
    """

    def __init__(
        self, start: pendulum.DateTime, *, elapsed: Callable[[], float] = _stands_still
    ) -> None:
        self._at = start.in_timezone("UTC")
        self._elapsed = elapsed
        self._zero = elapsed()

    def now(self) -> pendulum.DateTime:
        """The present instant in UTC."""
        return self._at + timedelta(seconds=self._elapsed() - self._zero)

    def advance(
        self, *, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0
    ) -> pendulum.DateTime:
        """Move forward and return the new instant; ValueError when it would go back."""
        step = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
        if step < timedelta(0):
            raise ValueError(f"the clock does not go back ({step} asked for)")
        self._at += step
        return self.now()

    def move_to(self, at: pendulum.DateTime) -> None:
        """Move forward to ``at``; ValueError when that lies in the past."""
        now = self.now()
        if at < now:
            raise ValueError(f"the clock does not go back (from {now} to {at})")
        self._at += at - now
