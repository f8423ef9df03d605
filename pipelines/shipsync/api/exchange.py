"""One attempt at a request: what goes out, and what its end means."""

from __future__ import annotations

from dataclasses import dataclass

import httpx

from shipsync.api import retry
from shipsync.api.answer import Answer, read_body, report, server_time
from shipsync.api.budget import Budget
from shipsync.api.client import open_client
from shipsync.api.refusals import describe, outcome_unknown, refused, unsendable
from shipsync.api.request import Request
from shipsync.clock import Pacing
from shipsync.connection import Connection
from shipsync.errors import ShipsyncError


@dataclass(frozen=True)
class Again:
    """A failed attempt, to be repeated after ``seconds``. Exceptions hold the key: none is kept.

    ``why`` completes a sentence; ``is_unreachable`` tells that not even a connection was made.
    """

    seconds: float
    why: str
    is_unreachable: bool
    request_id: str | None


class Exchange:
    """Sends single attempts to one account and judges them; safe to share between threads.

    ``was_answered`` tells whether anything has ever answered at this address.
    """

    def __init__(
        self,
        connection: Connection,
        transport: httpx.BaseTransport | None,
        pacing: Pacing,
        budget: Budget,
    ) -> None:
        self.was_answered = False
        self._connection = connection
        self._pacing = pacing
        self._budget = budget
        self._reader = open_client(connection, transport, keep_alive=True)
        self._writer = open_client(connection, transport, keep_alive=False)

    def attempt(self, request: Request, number: int) -> Answer | Again | ShipsyncError:
        """Send ``request`` for the ``number``-th time (from 1).

        Errors are given back, not raised, so that no exception of httpx hangs on to them.
        """
        try:
            response = self._sent(request)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return self._failed(request, number, error, None)
        self.was_answered = True
        if not response.is_success:
            return self._failed(request, number, response.status_code, response)
        self._budget.observe(response.headers)
        answer = read_body(response, may_be_empty=not request.is_read)
        if isinstance(answer, Answer):
            return answer
        return self._failed(request, number, answer, response)

    def close(self) -> None:
        """Close every connection."""
        self._reader.close()
        self._writer.close()

    def _sent(self, request: Request) -> httpx.Response:
        client = self._reader if request.is_read else self._writer
        headers = {} if request.content is None else {"content-type": "application/json"}
        return client.request(
            request.method,
            request.path,
            params=request.params,
            content=request.content,
            headers=headers,
        )

    def _failed(
        self,
        request: Request,
        number: int,
        failure: retry.Failure,
        response: httpx.Response | None,
    ) -> Again | ShipsyncError:
        headers = {} if response is None else response.headers
        said = report(response)
        now = server_time(headers) or self._pacing.now()
        chance = self._pacing.random()
        decision = retry.decide(
            request.method,
            failure,
            number,
            headers,
            now,
            chance=chance,
            is_passed_on=said.is_passed_on,
        )
        why = describe(failure, self._connection)
        if isinstance(decision, retry.RetryAfter):
            # A 429 passed on from a carrier says nothing about our own pace.
            if failure == retry.TOO_MANY_REQUESTS and not said.is_passed_on:
                self._budget.push_back(decision.seconds)
            is_unreachable = isinstance(failure, httpx.ConnectError)
            return Again(decision.seconds, why, is_unreachable, said.request_id)
        if isinstance(decision, retry.OutcomeIsUnknown):
            return outcome_unknown(request, why, number, said.request_id)
        if response is None:
            return unsendable(request, why, self._connection)
        return refused(response, request, self._connection)
