"""The account's rate limit, kept by everything that shares one budget.

Two limits of pyrate-limiter hold at once: in any 60 seconds never more than the limit, exactly; and
an even pace, off which a short burst may stand out so that a small run need not wait. Push-back from
the server pauses everybody and slows the pace, which then recovers answer by answer.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping

from pyrate_limiter import GCRA, InMemoryBucket, Rate, RateItem, StateBucket

from shipsync.clock import Pacing

MINUTE_MS = 60_000
BURST_SHARE = 10
SLOWEST_SHARE = 1 / 16
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

    def pause(self, seconds: float) -> None:
        """Give no permit for ``seconds``; a longer pause that already runs is not cut short."""
        with self._lock:
            self._paused_until = max(self._paused_until, self._pacing.monotonic() + seconds)

    def slow_down(self) -> None:
        """Halve the pace, down to a sixteenth of the limit: the server said it was too much."""
        with self._lock:
            self._set_share(self._share / 2)

    def observe(self, headers: Mapping[str, str]) -> None:
        """Take note of an answer that was no push-back: recover, and heed X-Rate-Limit headers if any.

        ShipStation v2 is not known to send them; V1 does: Remaining requests, and Reset in seconds.
        """
        remaining = _whole(headers.get("x-rate-limit-remaining"))
        reset = _whole(headers.get("x-rate-limit-reset"))
        if remaining == 0 and reset is not None and 0 < reset <= MINUTE_MS // 1000:
            self.pause(reset)
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
