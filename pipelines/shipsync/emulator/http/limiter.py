"""The account's own rate limit: so many requests in any sixty seconds."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from math import ceil

WINDOW_SECONDS = 60.0


class Limiter:
    """Counts requests over the last minute of the given clock (seconds that never run back)."""

    def __init__(self, per_minute: int, clock: Callable[[], float]) -> None:
        self.per_minute = per_minute
        self._clock = clock
        self._taken: deque[float] = deque()

    def take(self) -> int | None:
        """Count a request; None when it may pass, else the whole seconds until one may."""
        now = self._clock()
        while self._taken and self._taken[0] <= now - WINDOW_SECONDS:
            self._taken.popleft()
        if len(self._taken) < self.per_minute:
            self._taken.append(now)
            return None
        oldest = self._taken[0] if self._taken else now
        return max(1, ceil(oldest + WINDOW_SECONDS - now))

    @property
    def remaining(self) -> int:
        """Requests that may still pass at this instant."""
        return self.per_minute - len(self._taken)

    @property
    def resets_in(self) -> int:
        """Whole seconds until the oldest counted request is forgotten."""
        return ceil(self._taken[0] + WINDOW_SECONDS - self._clock()) if self._taken else 0
