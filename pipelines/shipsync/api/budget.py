"""The account's rate limit, kept by everything that shares one budget.

Two limits hold at once: never more than the limit in any minute, exactly; and an even pace, of which a
short burst may run ahead, so that a small run need not wait. Push-back from the server pauses everybody and
slows the pace, which then recovers answer by answer.

What must be known for that is kept by a ``KeepsRate``, which all processes of a machine share. A person who
waits for an answer takes no turn but the next free place, and as long as somebody does, jobs go half as fast.
"""

from __future__ import annotations

import math
import re
import threading
from collections.abc import Mapping
from typing import Final

from shipsync.api.budget_state import KeepsRate, OwnRate, RateState
from shipsync.clock import Pacing

WINDOW_SECONDS: Final = 61.0
"""A second more than a minute: requests are counted here as they leave and there as they arrive."""
BURST_SHARE: Final = 10
URGENT_SECONDS: Final = 5.0
SLOWEST_SHARE: Final = 1 / 16
LONGEST_RESET_SECONDS: Final = 60
RECOVERY_PER_ANSWER: Final = 1.02
LONGEST_SLEEP_SECONDS: Final = 5.0
SHORTEST_SLEEP_SECONDS: Final = 0.001
"""What is due sooner is due now: a clock that counts microseconds never reaches a part of one."""


class Budget:
    """Permits for requests; safe to share between threads.

    ``rate`` is what is shared with others; ``urgent``: somebody waits for the answer.
    """

    def __init__(
        self,
        requests_per_minute: int,
        pacing: Pacing,
        rate: KeepsRate | None = None,
        *,
        urgent: bool = False,
    ) -> None:
        self._limit = requests_per_minute
        self._pacing = pacing
        self._rate = rate or OwnRate()
        self._urgent = urgent
        # Others may slow down or speed up what is shared: then no long wait is slept through.
        self._longest_sleep = math.inf if rate is None else LONGEST_SLEEP_SECONDS
        self._lock = threading.Lock()

    @property
    def pace(self) -> float:
        """The requests a minute that are given out at present."""
        with self._rate.changed(self._pacing.monotonic()) as state:
            return self._limit * state.share

    def acquire(self) -> float:
        """Wait for a permit for one request; returns the seconds waited."""
        waited = 0.0
        while (seconds := self._wanted_wait()) > 0:
            seconds = min(seconds, self._longest_sleep)
            self._pacing.sleep(seconds)
            waited += seconds
        return waited

    def pause_until(self, moment: float) -> None:
        """Give no permit before ``moment`` of the pacing's clock; never shortens a pause."""
        with self._rate.changed(self._pacing.monotonic()) as state:
            state.paused_until = max(state.paused_until, moment)

    def push_back(self, seconds: float) -> None:
        """Heed a 429: pause for ``seconds``, then halve the pace, down to a sixteenth of the limit.

        Who were on their way together are pushed back together; that counts once.
        """
        now = self._pacing.monotonic()
        with self._rate.changed(now) as state:
            if now >= state.paused_until:
                state.share = max(SLOWEST_SHARE, state.share / 2)
            state.paused_until = max(state.paused_until, now + seconds)

    def observe(self, headers: Mapping[str, str]) -> None:
        """Take note of an answer that was no push-back: recover, and heed what X-Rate-Limit says.

        ShipStation v2 is not known to send these headers; V1 does: how many requests remain, and in
        how many seconds the count starts again.
        """
        remaining = _whole(headers.get("x-rate-limit-remaining"))
        reset = _whole(headers.get("x-rate-limit-reset"))
        now = self._pacing.monotonic()
        if remaining == 0 and reset is not None and 0 < reset <= LONGEST_RESET_SECONDS:
            self.pause_until(now + reset)
        limit = _whole(headers.get("x-rate-limit-limit"))
        with self._lock:
            if limit is not None and 0 < limit < self._limit:
                self._limit = limit
        with self._rate.changed(now) as state:
            state.share = min(1.0, state.share * RECOVERY_PER_ANSWER)

    def _wanted_wait(self) -> float:
        now = self._pacing.monotonic()
        with self._rate.changed(now) as state:
            ready_at = self._ready_at(state, now)
            if ready_at - now >= SHORTEST_SLEEP_SECONDS:
                return ready_at - now
            state.slots[-1] += 1
            state.turn = max(state.turn, now) + self._interval(state, now)
            return 0.0

    def _ready_at(self, state: RateState, now: float) -> float:
        if self._urgent:
            state.urgent_until = now + URGENT_SECONDS
            return max(state.paused_until, state.free_at(self._limit))
        # One is kept free, so that who waits is not outrun each time that one becomes free.
        most = self._limit - 1 if now < state.urgent_until else self._limit
        return max(state.paused_until, state.free_at(max(1, most)), state.turn - self._ahead(state))

    def _interval(self, state: RateState, now: float) -> float:
        """Seconds to the next turn: even, and so that what is left of the minute lasts until more is free."""
        even = self._even(state)
        if state.turn - now < self._ahead(state):
            return even
        left = max(0, self._limit - sum(state.slots))
        lasting = (state.free_at(self._limit - left) - now) / (left + 1)
        # While somebody waits for answers, a job leaves every other turn.
        return max(even, lasting) * (2 if now < state.urgent_until and not self._urgent else 1)

    def _ahead(self, state: RateState) -> float:
        """Seconds by which a burst may run ahead of its turn."""
        limit = max(1, round(self._limit * state.share))
        return (max(1, limit // BURST_SHARE) - 1) * self._even(state)

    def _even(self, state: RateState) -> float:
        return WINDOW_SECONDS / max(1, round(self._limit * state.share))


def _whole(text: str | None) -> int | None:
    return int(text) if text and re.fullmatch(r"\d{1,9}", text, re.ASCII) else None
