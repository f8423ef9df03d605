"""The account's rate limit, kept by everything that shares one budget.

Two limits of pyrate-limiter hold at once: never more than the limit in any minute, exactly; and an
even pace, of which a short burst may run ahead, so that a small run need not wait. Push-back from
the server pauses everybody and slows the pace, which then recovers answer by answer.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping

from pyrate_limiter import GCRA, InMemoryBucket, Rate, RateItem, StateBucket

from shipsync.clock import Pacing

# Requests are counted here as they leave and there as they arrive, and some are longer on the way:
# a second more keeps what arrives within a minute to the limit too.
MINUTE_MS = 61_000
BURST_SHARE = 10
SLOWEST_SHARE = 1 / 16
LONGEST_RESET_SECONDS = 60
RECOVERY_PER_ANSWER = 1.02


class Budget:
    """Permits for requests; safe to share between threads."""

    def __init__(self, requests_per_minute: int, pacing: Pacing) -> None:
        self._limit = requests_per_minute
        self._pacing = pacing
        self._lock = threading.Lock()
        self._share = 1.0
        self._paused_until = 0.0
        self._minute = InMemoryBucket([Rate(requests_per_minute, MINUTE_MS)])
        self._even = StateBucket([self._pace()], algorithm=GCRA())

    @property
    def pace(self) -> float:
        """The requests a minute that are given out at present."""
        return self._limit * self._share

    def acquire(self) -> float:
        """Wait for a permit for one request; returns the seconds waited."""
        waited = 0.0
        for bucket in (self._even, self._minute):
            while (seconds := self._wanted_wait(bucket)) > 0:
                self._pacing.sleep(seconds)
                waited += seconds
        return waited

    def pause_until(self, moment: float) -> None:
        """Give no permit before ``moment`` of the pacing's clock; never shortens a pause."""
        with self._lock:
            self._paused_until = max(self._paused_until, moment)

    def push_back(self, seconds: float) -> None:
        """Heed a 429: pause for ``seconds``, then halve the pace, down to a sixteenth of the limit.

        Threads that were on their way together are pushed back together; that counts once.
        """
        now = self._pacing.monotonic()
        with self._lock:
            if now >= self._paused_until:
                self._set_share(self._share / 2)
        self.pause_until(now + seconds)

    def observe(self, headers: Mapping[str, str]) -> None:
        """Take note of an answer that was no push-back: recover, and heed what X-Rate-Limit says.

        ShipStation v2 is not known to send these headers; V1 does: how many requests remain, and in
        how many seconds the count starts again.
        """
        remaining = _whole(headers.get("x-rate-limit-remaining"))
        reset = _whole(headers.get("x-rate-limit-reset"))
        if remaining == 0 and reset is not None and 0 < reset <= LONGEST_RESET_SECONDS:
            self.pause_until(self._pacing.monotonic() + reset)
        limit = _whole(headers.get("x-rate-limit-limit"))
        with self._lock:
            if limit is not None and 0 < limit < self._limit:
                self._limit = limit
                self._minute.rates = [Rate(limit, MINUTE_MS)]
                self._set_share(self._share)
            if self._share < 1:
                self._set_share(self._share * RECOVERY_PER_ANSWER)

    def _wanted_wait(self, bucket: InMemoryBucket | StateBucket) -> float:
        with self._lock:
            now = self._pacing.monotonic()
            if now < self._paused_until:
                return self._paused_until - now
            item = RateItem("request", int(now * 1000))
            bucket.leak(item.timestamp)
            if bucket.put(item):
                return 0.0
            wait = bucket.waiting(item)
            assert isinstance(wait, int)  # both buckets are synchronous
            return max(wait, 1) / 1000

    def _set_share(self, share: float) -> None:
        self._share = min(1.0, max(SLOWEST_SHARE, share))
        self._even.rates = [self._pace()]

    def _pace(self) -> Rate:
        limit = max(1, round(self._limit * self._share))
        return Rate(limit, MINUTE_MS, burst=max(1, limit // BURST_SHARE))


def _whole(text: str | None) -> int | None:
    return int(text) if text and re.fullmatch(r"\d{1,9}", text, re.ASCII) else None
