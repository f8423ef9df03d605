"""One session per run: sends requests within the rate budget, repeats what may be repeated.

A read is repeated until it has a usable answer or ``give_up_after`` has passed since its first failure.
A write goes out again only while it is certain that nobody acted on it; once it may have been
received, a lost answer is ``OutcomeUnknown`` and the write is never repeated here.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import TracebackType
from typing import Self

import httpx
import orjson
import tenacity

from shipsync import __version__
from shipsync.api import retry
from shipsync.api.answer import Answer, read_body, report, server_time
from shipsync.api.budget import Budget
from shipsync.api.refusals import Request, describe, refused
from shipsync.clock import Pacing, SystemPacing
from shipsync.connection import Connection, Secret
from shipsync.errors import ConfigurationError, OutcomeUnknown, ShipsyncError, Unavailable

Parameters = Mapping[str, str | int | bool]

_FIRST_CONTACT_ATTEMPTS = 3
_SHOWN_PARAMETERS = ("page", "page_size", "sort_by", "sort_dir")


class _KeyHeader(httpx.Auth):
    """Puts the key on a request at the last moment, so that no header list of ours holds it."""

    def __init__(self, key: Secret) -> None:
        self._key = key

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["api-key"] = self._key.reveal()
        yield request


@dataclass
class _Call:
    """One request on its way through its attempts."""

    request: Request
    method: str
    path: str
    params: dict[str, str]
    content: bytes | None
    attempts: int = 0
    first_failure_at: float | None = None
    request_id: str | None = None


@dataclass(frozen=True)
class _Again:
    """An attempt that may be repeated after ``seconds``. Holds no exception: those hold the key."""

    seconds: float
    why: str
    unreachable: bool


class Session:
    """The connection to one account; safe to share between threads.

    ``transport`` replaces the network, ``pacing`` the clock. ``on_request`` is called with the stream
    after every attempt. ``give_up_after`` defaults to the connection's.
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
        self.retries = 0
        self.waited_seconds = 0.0
        self.requests_by_stream: Counter[str] = Counter()
        self.accepted_page_sizes: dict[str, int] = {}
        self._give_up_after = (give_up_after or connection.give_up_after).total_seconds()
        self._pacing = pacing or SystemPacing()
        self._budget = Budget(connection.requests_per_minute, self._pacing)
        self._lock = threading.Lock()
        self._was_answered = False
        self._reader = _client(connection, transport)
        # A kept connection may be closed by the server just as a write leaves on it, and nobody can
        # tell then whether it was received. Writes are few: each gets a connection of its own.
        limits = httpx.Limits(max_keepalive_connections=0)
        self._writer = (
            _client(connection, transport, limits=limits) if transport is None else self._reader
        )

    @property
    def requests_sent(self) -> int:
        """Attempts so far, the failed ones included."""
        return self.requests_by_stream.total()

    def read(self, path: str, params: Parameters | None = None, *, stream: str) -> Answer:
        """GET ``path``; comes back with a usable answer or raises.

        Raises ``KeyRefused``, ``AccessDenied``, ``NotFound``, ``RequestRejected``, ``ConfigurationError``
        (another site answered) and ``Unavailable`` (no usable answer in time).
        """
        return self._send("GET", path, params or {}, None, stream)

    def write(self, method: str, path: str, body: object | None, *, stream: str) -> Answer:
        """Send a change; at most one attempt of it can have been carried out.

        Raises what ``read`` raises, and ``OutcomeUnknown`` if it may have been received and no usable
        answer came. All other errors mean that nothing was changed.
        """
        if self.connection.read_only:
            raise ConfigurationError(
                f"Connection {self.connection.name!r} is read_only; nothing was sent. "
                "Set read_only = false to let it change the account."
            )
        return self._send(method, path, {}, None if body is None else orjson.dumps(body), stream)

    def close(self) -> None:
        """Close every connection."""
        self._reader.close()
        self._writer.close()

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
        self, method: str, path: str, params: Parameters, content: bytes | None, stream: str
    ) -> Answer:
        texts = {name: _parameter(value) for name, value in params.items()}
        request = Request(stream, f"{method} {path}{_shown(texts)}")
        call = _Call(request, method, path, texts, content)
        outcome = tenacity.Retrying(
            retry=tenacity.retry_if_result(lambda result: isinstance(result, _Again)),
            wait=lambda state: _again(state).seconds,
            stop=lambda state: self._is_over(call, _again(state)),
            sleep=self._wait_for_retry,
            retry_error_callback=lambda state: self._given_up(call, _again(state)),
        )(self._attempt, call)
        # Raised here, outside any handler, so that no exception of httpx hangs on to it as context.
        if isinstance(outcome, ShipsyncError):
            raise outcome
        assert isinstance(outcome, Answer)
        return outcome

    def _attempt(self, call: _Call) -> Answer | _Again | ShipsyncError:
        self._count_waiting(self._budget.acquire())
        call.attempts += 1
        with self._lock:
            self.requests_by_stream[call.request.stream] += 1
        try:
            client = self._reader if call.method == "GET" else self._writer
            response = client.request(
                call.method, call.path, params=call.params, content=call.content
            )
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return self._failed(call, error, None)
        finally:
            if self.on_request is not None:
                self.on_request(call.request.stream)
        return self._classified(call, response)

    def _classified(self, call: _Call, response: httpx.Response) -> Answer | _Again | ShipsyncError:
        self._was_answered = True
        if response.is_success:
            self._budget.observe(response.headers)
            answer = read_body(response, may_be_empty=call.method != "GET")
            if isinstance(answer, Answer):
                return answer
            return self._failed(call, answer, response)
        return self._failed(call, response.status_code, response)

    def _failed(
        self, call: _Call, failure: retry.Failure, response: httpx.Response | None
    ) -> _Again | ShipsyncError:
        headers = response.headers if response is not None else {}
        now = server_time(headers) or self._pacing.now()
        decision = retry.decide(
            call.method, failure, call.attempts, headers, now, chance=self._pacing.random()
        )
        said = report(response) if response is not None else None
        call.request_id = (said and said.request_id) or call.request_id
        why = describe(failure, self.connection)
        if isinstance(decision, retry.RetryAfter):
            if failure == retry.TOO_MANY_REQUESTS and not (said and "carrier" in said.sources):
                self._budget.slow_down()
                self._budget.pause(decision.seconds)
            return _Again(decision.seconds, why, isinstance(failure, httpx.ConnectError))
        if isinstance(decision, retry.OutcomeIsUnknown):
            return OutcomeUnknown(
                f"It is not known whether {call.request.line} (stream {call.request.stream}) was carried "
                f"out: {why}{_identified(call)}. Read the account back before sending it again.",
                stream=call.request.stream,
                request=call.request.line,
                attempts=call.attempts,
                request_id=call.request_id,
            )
        if response is None:
            return ConfigurationError(
                f"{call.request.line} cannot be sent: {why}. Check base_url {self.connection.base_url}."
            )
        return refused(response, call.request, self.connection)

    def _is_over(self, call: _Call, again: _Again) -> bool:
        now = self._pacing.monotonic()
        if call.first_failure_at is None:
            call.first_failure_at = now
        if again.unreachable and not self._was_answered:
            return call.attempts >= _FIRST_CONTACT_ATTEMPTS
        return now + again.seconds > call.first_failure_at + self._give_up_after

    def _given_up(self, call: _Call, again: _Again) -> Unavailable:
        return Unavailable(
            f"No usable answer to {call.request.line} (stream {call.request.stream}) after "
            f"{call.attempts} attempts: {again.why}{_identified(call)}. The next one was due in "
            f"{again.seconds:.0f} s and give_up_after_seconds is {self._give_up_after:g}; run again later.",
            stream=call.request.stream,
            request=call.request.line,
            attempts=call.attempts,
            request_id=call.request_id,
        )

    def _wait_for_retry(self, seconds: float) -> None:
        with self._lock:
            self.retries += 1
        self._count_waiting(seconds)
        self._pacing.sleep(seconds)

    def _count_waiting(self, seconds: float) -> None:
        with self._lock:
            self.waited_seconds += seconds


def _client(
    connection: Connection,
    transport: httpx.BaseTransport | None,
    limits: httpx.Limits | None = None,
) -> httpx.Client:
    return httpx.Client(
        base_url=connection.base_url,
        auth=_KeyHeader(connection.api_key),
        headers={
            "user-agent": f"shipsync/{__version__}",
            "accept": "application/json",
            "accept-encoding": "gzip, deflate",
            "content-type": "application/json",
        },
        timeout=connection.timeout_seconds,
        limits=limits or httpx.Limits(max_connections=8, max_keepalive_connections=8),
        transport=transport,
        follow_redirects=False,
        # A proxy named in the environment is for the world outside, not for this machine's emulator.
        trust_env=not connection.on_loopback,
    )


def _again(state: tenacity.RetryCallState) -> _Again:
    assert state.outcome is not None
    result = state.outcome.result()
    assert isinstance(result, _Again)
    return result


def _parameter(value: str | int | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _shown(params: Mapping[str, str]) -> str:
    """The part of a query that helps to find the request; names and addresses of people stay out."""
    shown = [
        f"{name}={value}"
        for name, value in params.items()
        if name in _SHOWN_PARAMETERS or name.endswith(("_start", "_end"))
    ]
    return f"?{'&'.join(shown)}" if shown else ""


def _identified(call: _Call) -> str:
    return f" (request id {call.request_id})" if call.request_id else ""
