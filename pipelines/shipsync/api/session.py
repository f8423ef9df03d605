"""One session per run: sends requests within the rate budget and repeats what may be repeated.

A read is repeated until it has a usable answer or ``give_up_after`` has passed since it first
failed. A write goes out again only while it is certain that nobody acted on it; once it may have
been received, a lost answer is ``OutcomeUnknown`` and the write is never repeated here.
"""

from __future__ import annotations

import math
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from types import TracebackType
from typing import Self

import httpx
import orjson
import pendulum
import tenacity

from shipsync.api.answer import Answer, UnusableBody
from shipsync.api.budget import Budget
from shipsync.api.budget_state import KeepsRate, SharedRate, shared_rate
from shipsync.api.endpoints import Listing
from shipsync.api.exchange import Again, Exchange, History, Outcome
from shipsync.api.page_sizes import PageSizes
from shipsync.api.refusals import another_site, given_up, unreadable
from shipsync.api.repairs import RepairLog
from shipsync.api.request import Parameters, Request, as_text
from shipsync.api.tolerant_json import Document
from shipsync.api.vendor_words import VendorWords
from shipsync.clock import Pacing, SystemPacing
from shipsync.connection import Connection
from shipsync.errors import ConfigurationError, DeadlinePassed, ShipsyncError
from shipsync.set_aside import SetsAside

_FIRST_CONTACT_ATTEMPTS = 3
_STRANGE_ANSWERS = 6
_LONG_WAIT_SECONDS = 5.0


class Session:
    """The way to one account; safe to share between threads.

    ``transport`` replaces the network, ``pacing`` the clock; ``give_up_after`` is the connection's
    if left out. ``on_request`` is called with the stream's name after every attempt. Counted are
    ``requests_by_stream`` (every attempt), ``retries`` and ``waited_seconds``;
    ``page_sizes`` knows how many rows each list gives at once;
    ``repairs`` what of the answers had to be read otherwise than it came, ``words`` what of an error's texts
    may be passed on.

    ``rate`` is what the budget of requests is counted in: over the network, by the machine's clock, it is
    the one that all processes of this user share for the account; else the session's own. ``urgent``:
    somebody waits for the answers, so that they come before those of a job.

    ``sets_aside`` is handed the rows of a list that can't be read. Without it such a list is
    incomplete: who takes a row that is missing for a row that is gone must not be handed the rest.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        transport: httpx.BaseTransport | None = None,
        pacing: Pacing | None = None,
        give_up_after: timedelta | None = None,
        on_request: Callable[[str], None] | None = None,
        urgent: bool = False,
        rate: KeepsRate | None = None,
    ) -> None:
        self.connection = connection
        self.on_request = on_request
        self.requests_by_stream: Counter[str] = Counter()
        self.retries = 0
        self.waited_seconds = 0.0
        self.page_sizes = PageSizes()
        self.words = VendorWords(connection.personal_data)
        self.repairs = RepairLog(self.words)
        self.sets_aside: SetsAside | None = None
        self._request_deadline = connection.request_deadline.total_seconds()
        self._run_ends_at = math.inf
        self._give_up_after = (give_up_after or connection.give_up_after).total_seconds()
        self._pacing = pacing or SystemPacing()
        self._shared: SharedRate | None = None
        if rate is None and transport is None and pacing is None:
            rate = shared_rate(connection.base_url, connection.api_key.reveal())
            self._shared = rate if isinstance(rate, SharedRate) else None
        self._budget = Budget(connection.requests_per_minute, self._pacing, rate, urgent=urgent)
        self._exchange = Exchange(connection, transport, self._pacing, self._budget)
        self._lock = threading.Lock()

    def now(self) -> pendulum.DateTime:
        """The present instant by the clock of this machine, or the one given instead of it."""
        return self._pacing.now()

    def page_size(self, listing: Listing) -> int:
        """How many rows of ``listing`` to ask for at once: as the setting says, and as it documents."""
        return min(self.connection.page_size, listing.most_rows)

    @property
    def requests_sent(self) -> int:
        """Attempts so far, the failed ones included."""
        with self._lock:
            return self.requests_by_stream.total()

    def read(
        self,
        path: str,
        params: Parameters | None = None,
        *,
        stream: str,
        give_up_after: timedelta | None = None,
    ) -> Answer:
        """GET ``path``, with retries, for ``give_up_after`` if that is sooner than the session's.

        Raises ``KeyRefused``, ``AccessDenied``, ``NotFound``, ``RequestRejected``, ``Unavailable``
        (no usable answer in time), of which ``UnreadableAnswer`` (the same body each time, and no
        JSON), and ``ConfigurationError`` (it was another site that answered).
        """
        request = Request(stream, "GET", path, as_text(params or {}), give_up_after=give_up_after)
        outcome = self._send(request)
        if isinstance(outcome, UnusableBody):
            raise unreadable(request, outcome)
        return outcome

    def try_read(
        self,
        path: str,
        params: Parameters,
        *,
        stream: str,
        patience: int = 3,
        give_up_after: timedelta | None = None,
    ) -> Answer | UnusableBody:
        """As ``read``, but a body that came the same ``patience`` times and can't be read is returned."""
        query = as_text(params)
        return self._send(
            Request(stream, "GET", path, query, patience=patience, give_up_after=give_up_after)
        )

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
        outcome = self._send(Request(stream, method, path, {}, content), after_waiting)
        assert isinstance(outcome, Answer)  # to a write it is a lost answer, which is raised
        return outcome

    @contextmanager
    def bounded(self, period: timedelta) -> Iterator[None]:
        """No request is sent once ``period`` has passed; those in the block raise ``DeadlinePassed``."""
        self._run_ends_at = self._pacing.monotonic() + period.total_seconds()
        try:
            yield
        finally:
            self._run_ends_at = math.inf

    def close(self) -> None:
        """Close every connection, and the file in which the rate is counted."""
        self._exchange.close()
        if self._shared is not None:
            self._shared.close()
            self._shared = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _send(
        self, request: Request, after_waiting: Callable[[], None] | None = None
    ) -> Answer | UnusableBody:
        history = History()
        outcome = tenacity.Retrying(
            retry=tenacity.retry_if_result(lambda result: isinstance(result, Again)),
            wait=lambda state: _again(state).seconds,
            stop=lambda state: self._is_over(request, history, _again(state)),
            sleep=self._wait_for_retry,
            retry_error_callback=lambda state: self._given_up(request, history, _again(state)),
        )(self._attempt, request, history, after_waiting)
        # Raised here, outside any handler, so that no exception of httpx becomes its context.
        if isinstance(outcome, ShipsyncError):
            raise outcome
        assert isinstance(outcome, Answer | UnusableBody)
        if isinstance(outcome, Answer) and outcome.repairs:
            self.repairs.note(request.stream, Document(outcome.body, outcome.repairs))
        return outcome

    def _attempt(
        self, request: Request, history: History, after_waiting: Callable[[], None] | None
    ) -> Outcome:
        waited = self._budget.acquire()
        left = self._run_ends_at - self._pacing.monotonic()
        if left <= 0:
            return self._too_late(request)
        if after_waiting is not None and (history.attempts or waited > _LONG_WAIT_SECONDS):
            after_waiting()
        history.attempts += 1
        with self._lock:
            self.waited_seconds += waited
            self.requests_by_stream[request.stream] += 1
        try:
            result = self._exchange.attempt(request, history, min(left, self._request_deadline))
        finally:
            if self.on_request is not None:
                self.on_request(request.stream)
        if isinstance(result, Again):
            history.request_id = result.request_id or history.request_id
        return result

    def _patience(self, request: Request) -> float:
        """The seconds for which a request is repeated."""
        if request.give_up_after is None:
            return self._give_up_after
        return min(self._give_up_after, request.give_up_after.total_seconds())

    def _is_over(self, request: Request, history: History, again: Again) -> bool:
        now = self._pacing.monotonic()
        if history.first_failure_at is None:
            history.first_failure_at = now
        if self._is_pointless(again):
            enough = _FIRST_CONTACT_ATTEMPTS if again.is_unreachable else _STRANGE_ANSWERS
            return history.attempts >= enough
        if now + again.seconds >= self._run_ends_at:
            return True
        return now + again.seconds > history.first_failure_at + self._patience(request)

    def _is_pointless(self, again: Again) -> bool:
        """Whether the address looks wrong: nobody ever answered there, or never as the API does."""
        if again.is_unreachable:
            return not self._exchange.was_answered
        return again.is_out_of_place and not self._exchange.has_worked

    def _given_up(self, request: Request, history: History, again: Again) -> ShipsyncError:
        if self._is_pointless(again) and again.is_out_of_place:
            return another_site(request, again.why, self.connection)
        if self._pacing.monotonic() + again.seconds >= self._run_ends_at:
            return self._too_late(request)
        return given_up(
            request,
            again.why,
            history.attempts,
            history.request_id,
            due=again.seconds,
            limit=None if self._is_pointless(again) else self._patience(request),
            may_be_its_rows=again.may_be_its_rows,
        )

    def _too_late(self, request: Request) -> DeadlinePassed:
        hours = self.connection.run_deadline.total_seconds() / 3600
        return DeadlinePassed(
            f"The run ended before {request} was answered: it may ask the account for {hours:g} h "
            "(run_deadline_hours). What was loaded is kept, and the next run goes on from there."
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
