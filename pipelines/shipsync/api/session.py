"""One session per run: sends requests within the rate budget and repeats what may be repeated.

A read is repeated until it has a usable answer or ``give_up_after`` has passed since it first
failed. A write goes out again only while it is certain that nobody acted on it; once it may have
been received, a lost answer is ``OutcomeUnknown`` and the write is never repeated here.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from types import TracebackType
from typing import Self

import httpx
import orjson
import pendulum
import tenacity

from shipsync.api.answer import Answer
from shipsync.api.budget import Budget
from shipsync.api.exchange import Again, Exchange
from shipsync.api.refusals import given_up
from shipsync.api.request import Parameters, Request, as_text
from shipsync.clock import Pacing, SystemPacing
from shipsync.connection import Connection
from shipsync.errors import ConfigurationError, ShipsyncError, Unavailable

_FIRST_CONTACT_ATTEMPTS = 3
_LONG_WAIT_SECONDS = 5.0


@dataclass
class _Progress:
    """How far a request has come."""

    attempts: int = 0
    first_failure_at: float | None = None
    request_id: str | None = None


class Session:
    """The way to one account; safe to share between threads.

    ``transport`` replaces the network, ``pacing`` the clock; ``give_up_after`` is the connection's
    if left out. ``on_request`` is called with the stream's name after every attempt. Counted are
    ``requests_by_stream`` (every attempt), ``retries`` and ``waited_seconds``;
    ``accepted_page_sizes`` holds, by path, what a server that refused a page size took instead.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        transport: httpx.BaseTransport | None = None,
        pacing: Pacing | None = None,
        give_up_after: timedelta | None = None,
        on_request: Callable[[str], None] | None = None,
    ) -> None:
        self.connection = connection
        self.on_request = on_request
        self.requests_by_stream: Counter[str] = Counter()
        self.retries = 0
        self.waited_seconds = 0.0
        self.accepted_page_sizes: dict[str, int] = {}
        self._give_up_after = (give_up_after or connection.give_up_after).total_seconds()
        self._pacing = pacing or SystemPacing()
        self._budget = Budget(connection.requests_per_minute, self._pacing)
        self._exchange = Exchange(connection, transport, self._pacing, self._budget)
        self._lock = threading.Lock()

    def now(self) -> pendulum.DateTime:
        """The present instant by the clock of this machine, or the one given instead of it."""
        return self._pacing.now()

    @property
    def requests_sent(self) -> int:
        """Attempts so far, the failed ones included."""
        with self._lock:
            return self.requests_by_stream.total()

    def read(self, path: str, params: Parameters | None = None, *, stream: str) -> Answer:
        """GET ``path``, with retries.

        Raises ``KeyRefused``, ``AccessDenied``, ``NotFound``, ``RequestRejected``, ``Unavailable``
        (no usable answer in time) and ``ConfigurationError`` (it was another site that answered).
        """
        return self._send(Request(stream, "GET", path, as_text(params or {})))

    def write(
        self,
        method: str,
        path: str,
        body: object | None,
        *,
        stream: str,
        after_waiting: Callable[[], None] | None = None,
    ) -> Answer:
        """Send a change, so that at most one attempt of it can have been carried out.

        An attempt that nobody acted on is repeated after a wait. ``after_waiting`` is called before
        that, and before a first attempt that waited long for its turn; what it raises ends the
        matter. Raises ``OutcomeUnknown`` if it may have been
        received and no usable answer came. Every other error, of those ``read`` raises, means that
        nothing was changed.
        """
        if self.connection.read_only:
            raise ConfigurationError(
                f"Connection {self.connection.name!r} is read_only; nothing was sent. "
                "Set read_only = false to let it change the account."
            )
        content = None if body is None else orjson.dumps(body)
        return self._send(Request(stream, method, path, {}, content), after_waiting)

    def close(self) -> None:
        """Close every connection."""
        self._exchange.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _send(self, request: Request, after_waiting: Callable[[], None] | None = None) -> Answer:
        progress = _Progress()
        outcome = tenacity.Retrying(
            retry=tenacity.retry_if_result(lambda result: isinstance(result, Again)),
            wait=lambda state: _again(state).seconds,
            stop=lambda state: self._is_over(progress, _again(state)),
            sleep=self._wait_for_retry,
            retry_error_callback=lambda state: self._given_up(request, progress, _again(state)),
        )(self._attempt, request, progress, after_waiting)
        # Raised here, outside any handler, so that no exception of httpx becomes its context.
        if isinstance(outcome, Answer):
            return outcome
        assert isinstance(outcome, ShipsyncError)
        raise outcome

    def _attempt(
        self, request: Request, progress: _Progress, after_waiting: Callable[[], None] | None
    ) -> Answer | Again | ShipsyncError:
        waited = self._budget.acquire()
        if after_waiting is not None and (progress.attempts or waited > _LONG_WAIT_SECONDS):
            after_waiting()
        progress.attempts += 1
        with self._lock:
            self.waited_seconds += waited
            self.requests_by_stream[request.stream] += 1
        try:
            result = self._exchange.attempt(request, progress.attempts)
        finally:
            if self.on_request is not None:
                self.on_request(request.stream)
        if isinstance(result, Again):
            progress.request_id = result.request_id or progress.request_id
        return result

    def _is_over(self, progress: _Progress, again: Again) -> bool:
        now = self._pacing.monotonic()
        if progress.first_failure_at is None:
            progress.first_failure_at = now
        if self._is_nobody_there(again):
            return progress.attempts >= _FIRST_CONTACT_ATTEMPTS
        return now + again.seconds > progress.first_failure_at + self._give_up_after

    def _is_nobody_there(self, again: Again) -> bool:
        return again.is_unreachable and not self._exchange.was_answered

    def _given_up(self, request: Request, progress: _Progress, again: Again) -> Unavailable:
        return given_up(
            request,
            again.why,
            progress.attempts,
            progress.request_id,
            due=again.seconds,
            limit=None if self._is_nobody_there(again) else self._give_up_after,
        )

    def _wait_for_retry(self, seconds: float) -> None:
        with self._lock:
            self.retries += 1
            self.waited_seconds += seconds
        self._pacing.sleep(seconds)


def _again(state: tenacity.RetryCallState) -> Again:
    assert state.outcome is not None
    result = state.outcome.result()
    assert isinstance(result, Again)
    return result
