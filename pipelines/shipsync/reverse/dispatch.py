"""Carrying out writes through the outbox: what to do with each, and what its answer means.

For every write: look, record ``sending``, send, record the outcome. A write found unsettled is taken up
where it was left. What is thrown by a crash in between, and why it is safe:

- before ``sending`` is on disk: nothing has left; the write is looked at and sent as if new;
- after it, before the outcome is on disk: the request may or may not have been carried out, and the
  write is treated exactly as one whose answer was lost.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic

from shipsync.clock import Pacing
from shipsync.errors import (
    AccountError,
    ConfigurationError,
    OutcomeUnknown,
    RequestRejected,
    ShipsyncError,
    Unavailable,
)
from shipsync.reverse.ledger_writer import LedgerWriter
from shipsync.reverse.outbox import Entry, Event, JsonObject
from shipsync.reverse.proof import Verdict
from shipsync.reverse.states import Source, State
from shipsync.reverse.write import A, Kind, Write

RESENDS = 3
FIRST_RESEND_SECONDS = 2.0

_SETTLED_AS = {
    Verdict.MADE: State.APPLIED,
    Verdict.NOT_MADE: State.REJECTED,
    Verdict.UNDECIDED: State.UNKNOWN,
}


@dataclass(frozen=True)
class Outcome:
    """What became of one write; ``is_earlier`` when it was settled before this run."""

    key: str
    subject: str
    state: State
    reason: str | None = None
    request_id: str | None = None
    attempt: int = 0
    is_earlier: bool = False


def earlier(entry: Entry) -> Outcome:
    """The outcome that a write already has."""
    return Outcome(
        entry.row_key,
        entry.subject,
        entry.state,
        entry.reason,
        entry.request_id,
        entry.attempt,
        is_earlier=True,
    )


@dataclass(frozen=True)
class _Lost:
    """A write that went out and whose answer is missing; ``said`` is what is known of the failure."""

    key: str
    subject: str
    request: JsonObject
    before: JsonObject
    attempt: int
    plan_digest: str
    said: str = ""


@dataclass(frozen=True)
class Dispatcher(Generic[A]):
    """Carries out writes of one kind and one plan; safe to share between threads.

    ``entries`` are the writes the outbox held at the start, by key.
    """

    kind: Kind[A]
    ledger: LedgerWriter
    pacing: Pacing
    plan_digest: str
    entries: Mapping[str, Entry]

    def carry_out(self, write: Write[A]) -> Outcome:
        """Bring one planned or unsettled write to an outcome.

        Raises ``AccountError``, ``Unavailable``, ``ConfigurationError`` or ``IncompleteRead`` when the
        account cannot be used: the write is left as it was. Raises ``DatabaseError`` when the outbox
        cannot be written.
        """
        entry = self.entries.get(write.key)
        if entry is not None and entry.is_unsettled:
            return self._resume(write, entry)
        sent = entry.attempt if entry is not None else 0
        look = self.kind.look(write)
        if look.misfit is not None:
            return self._record(write, State.REJECTED, Source.CHECK, sent, reason=look.misfit)
        return self._send(write, look.reading, sent)

    def settle(self, entry: Entry) -> Outcome:
        """Settle an unsettled write by reading alone; nothing is sent.

        A write that a reading could not settle before stays as it is: what moved the stock since is
        part of every later reading.
        """
        if entry.reading_before is None or entry.was_read_back:
            return earlier(entry)
        return self._settle(
            _Lost(
                entry.row_key,
                entry.subject,
                entry.request,
                entry.reading_before,
                entry.attempt,
                entry.plan_digest,
            )
        )

    def _resume(self, write: Write[A], entry: Entry) -> Outcome:
        if not write.may_be_repeated:
            return self.settle(entry)
        look = self.kind.look(write)
        if look.misfit is None:
            return self._send(write, look.reading, entry.attempt)
        if entry.state is State.UNKNOWN:
            return earlier(entry)
        reason = f"Its answer was lost, and it is not sent again: {look.misfit}"
        return self._record(write, State.UNKNOWN, Source.CHECK, entry.attempt, reason=reason)

    def _send(self, write: Write[A], before: JsonObject, sent: int) -> Outcome:
        said = ""
        for resend in range(RESENDS + 1 if write.may_be_repeated else 1):
            if resend:
                self.pacing.sleep(FIRST_RESEND_SECONDS * 2 ** (resend - 1))
            sent += 1
            self._record(write, State.SENDING, Source.PLAN, sent, reading_before=before)
            try:
                answer = self.kind.send(write)
            except OutcomeUnknown as lost:
                said = str(lost)
            except RequestRejected as refusal:
                return self._record(
                    write,
                    State.REJECTED,
                    Source.ANSWER,
                    sent,
                    http_status=refusal.status,
                    request_id=refusal.request_id,
                    reason="; ".join(refusal.messages) or str(refusal),
                )
            except (AccountError, ConfigurationError, Unavailable) as error:
                # Each of these says that nothing was changed.
                self._record(write, State.PLANNED, Source.ANSWER, sent, reason=str(error))
                raise
            else:
                return self._record(
                    write,
                    State.APPLIED,
                    Source.ANSWER,
                    sent,
                    http_status=answer.status,
                    request_id=answer.request_id,
                )
        lost_write = _Lost(
            write.key, write.subject, write.request, before, sent, self.plan_digest, said
        )
        return self._settle(lost_write)

    def _settle(self, lost: _Lost) -> Outcome:
        try:
            settlement = self.kind.settle(lost.request, lost.before)
        except ShipsyncError as error:
            event = Event(
                lost.key,
                State.UNKNOWN,
                Source.READING,
                self.pacing.now(),
                lost.plan_digest,
                lost.attempt,
                reason=f"{lost.said} The account could not be read back: {error} Apply the plan again "
                "to settle it.".strip(),
            )
        else:
            event = Event(
                lost.key,
                _SETTLED_AS[settlement.finding.verdict],
                Source.READING,
                self.pacing.now(),
                lost.plan_digest,
                lost.attempt,
                reading_after=settlement.reading,
                reason=settlement.finding.reason,
            )
        self.ledger.record(event)
        return _outcome(lost.subject, event)

    def _record(
        self,
        write: Write[A],
        state: State,
        source: Source,
        attempt: int,
        *,
        reading_before: JsonObject | None = None,
        http_status: int | None = None,
        request_id: str | None = None,
        reason: str | None = None,
    ) -> Outcome:
        event = Event(
            write.key,
            state,
            source,
            self.pacing.now(),
            self.plan_digest,
            attempt,
            reading_before=reading_before,
            http_status=http_status,
            request_id=request_id,
            reason=reason,
        )
        self.ledger.record(event)
        return _outcome(write.subject, event)


def _outcome(subject: str, event: Event) -> Outcome:
    return Outcome(
        event.row_key, subject, event.state, event.reason, event.request_id, event.attempt
    )
