"""One attempt at a request: what goes out, and what its end means."""

from __future__ import annotations

from dataclasses import dataclass

import httpx

from shipsync.api import retry
from shipsync.api.answer import Answer, Unusable, UnusableBody, read_body, report, server_time
from shipsync.api.budget import Budget
from shipsync.api.client import open_client
from shipsync.api.deadline import Deadline
from shipsync.api.refusals import describe, outcome_unknown, refused, unsendable
from shipsync.api.reply import Reply, receive
from shipsync.api.request import Request
from shipsync.api.vendor_words import VendorWords
from shipsync.clock import Pacing
from shipsync.connection import Connection
from shipsync.errors import ShipsyncError

# What some other site answers with, and an API that is in order never does.
_OUT_OF_PLACE = frozenset({Unusable.WEB_PAGE, Unusable.EMPTY, Unusable.NOT_JSON, Unusable.PACKED})
_BROKEN_OFF = (
    httpx.ReadError,
    httpx.ReadTimeout,
    httpx.RemoteProtocolError,
    httpx.DecodingError,
)


@dataclass(frozen=True)
class Again:
    """A failed attempt, to be repeated after ``seconds``. Exceptions hold the key: none is kept.

    ``why`` completes a sentence; ``is_unreachable`` tells that not even a connection was made,
    ``is_out_of_place`` that what answered may be another site, ``may_be_its_rows`` that the server
    failed over what was asked for.
    """

    seconds: float
    why: str
    is_unreachable: bool = False
    is_out_of_place: bool = False
    may_be_its_rows: bool = False
    request_id: str | None = None


@dataclass
class History:
    """How far one request has come: its attempts, and what became of them."""

    attempts: int = 0
    first_failure_at: float | None = None
    request_id: str | None = None
    was_refused_the_key: bool = False
    unreadable: UnusableBody | None = None
    times_unreadable: int = 0
    times_the_same: int = 0

    def note_unreadable(self, body: UnusableBody) -> None:
        """Count a body that can't be read, and how often it was the same one in a row."""
        self.times_unreadable += 1
        self.times_the_same = self.times_the_same + 1 if body == self.unreadable else 1
        self.unreadable = body

    def shows_no_other(self, patience: int) -> bool:
        """Whether nothing else is to be expected: the same that often, or twice as often such a one.

        In a list that moves, the row that spoils it stands elsewhere each time.
        """
        return self.times_the_same >= patience or self.times_unreadable >= 2 * patience


Outcome = Answer | Again | UnusableBody | ShipsyncError


class Exchange:
    """Sends single attempts to one account and judges them; safe to share between threads.

    ``was_answered`` tells whether anything has ever answered at this address, ``has_worked`` whether
    the API has: its answer was of use, so that address and key are right.
    """

    def __init__(
        self,
        connection: Connection,
        transport: httpx.BaseTransport | None,
        pacing: Pacing,
        budget: Budget,
    ) -> None:
        self.was_answered = False
        self.has_worked = False
        self._connection = connection
        self._words = VendorWords(connection.personal_data)
        self._pacing = pacing
        self._budget = budget
        self._deadline = Deadline(pacing)
        self._reader = open_client(connection, transport, self._deadline, keep_alive=True)
        self._writer = open_client(connection, transport, self._deadline, keep_alive=False)

    def attempt(self, request: Request, history: History, seconds: float) -> Outcome:
        """Send ``request`` once more, and have its answer within ``seconds``.

        ``history`` counts this attempt already.

        Errors are given back, not raised, so that no exception of httpx hangs on to them. A body that
        came whole and the same ``request.patience`` times and can't be read is given back as such.
        """
        is_late = False
        try:
            with self._deadline.within(seconds):
                try:
                    reply = self._sent(request)
                finally:
                    is_late = self._deadline.is_over
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            late = f"the answer was not there as a whole after {seconds:g} s" if is_late else None
            return self._failed(request, history, error, None, late)
        self.was_answered = True
        if not reply.is_success:
            return self._failed(request, history, reply.status, reply)
        self._budget.observe(reply.headers)
        answer = read_body(reply, may_be_empty=not request.is_read, words=self._words)
        if isinstance(answer, Answer):
            self.has_worked = True
            return answer
        if request.is_read and answer.is_of_the_list:
            history.note_unreadable(answer)
            if history.shows_no_other(1 if answer.kind is Unusable.TOO_LARGE else request.patience):
                return answer
        return self._failed(request, history, answer, reply)

    def close(self) -> None:
        """Close every connection."""
        self._reader.close()
        self._writer.close()

    def _sent(self, request: Request) -> Reply:
        client = self._reader if request.is_read else self._writer
        headers = {} if request.content is None else {"content-type": "application/json"}
        with client.stream(
            request.method,
            request.path,
            params=request.params,
            content=request.content,
            headers=headers,
        ) as response:
            connection = self._connection
            return receive(response, connection.secrets, connection.largest_answer, self._deadline)

    def _failed(
        self,
        request: Request,
        history: History,
        failure: int | UnusableBody | Exception,
        reply: Reply | None,
        late: str | None = None,
    ) -> Again | ShipsyncError:
        headers = {} if reply is None else reply.headers
        said = report(reply, self._words)
        now = server_time(headers) or self._pacing.now()
        kind = failure.kind if isinstance(failure, UnusableBody) else failure
        decision = retry.decide(
            request.method,
            kind,
            history.attempts,
            headers,
            now,
            chance=self._pacing.random(),
            is_passed_on=said.is_passed_on,
            key_works=self.has_worked and not history.was_refused_the_key,
        )
        history.was_refused_the_key = history.was_refused_the_key or failure == retry.UNAUTHORIZED
        why = late or describe(failure, self._connection)
        if isinstance(decision, retry.RetryAfter):
            # A 429 passed on from a carrier says nothing about our own pace.
            if failure == retry.TOO_MANY_REQUESTS and not said.is_passed_on:
                self._budget.push_back(decision.seconds)
            return Again(
                decision.seconds,
                why,
                is_unreachable=isinstance(failure, httpx.ConnectError),
                is_out_of_place=kind in _OUT_OF_PLACE and not request.content,
                may_be_its_rows=not decision.asked and _may_be_its_rows(kind),
                request_id=said.request_id,
            )
        if isinstance(decision, retry.OutcomeIsUnknown):
            return outcome_unknown(request, why, history.attempts, said.request_id)
        if reply is None:
            return unsendable(request, why, self._connection)
        return refused(reply, request, self._connection, has_worked=self.has_worked)


def _may_be_its_rows(failure: int | Unusable | Exception) -> bool:
    """Whether a server may fail so over a row that it was asked for: it broke down, or broke off."""
    if isinstance(failure, int):
        return failure >= httpx.codes.INTERNAL_SERVER_ERROR
    if isinstance(failure, Unusable):
        return failure in (Unusable.CUT, Unusable.EMPTY)
    return isinstance(failure, _BROKEN_OFF)
