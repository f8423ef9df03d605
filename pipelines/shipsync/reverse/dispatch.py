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
from shipsync.reverse.write import A, Kind, Settlement, Write

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
        seen = self._read_back(entry.request, entry.reading_before, is_last=True)
        return self._settled(entry.row_key, entry.subject, entry.attempt, entry.plan_digest, seen)

    def _resume(self, write: Write[A], entry: Entry) -> Outcome:
        if not write.may_be_repeated or entry.reading_before is None:
            return self.settle(entry)
        seen = self._read_back(write.request, entry.reading_before, is_last=False)
        if isinstance(seen, Settlement) and _is_due_again(seen):
            return self._send(write, seen.reading, entry.attempt)
        if entry.was_read_back:
            return earlier(entry)
        return self._settled(write.key, write.subject, entry.attempt, self.plan_digest, seen)

    def _send(self, write: Write[A], before: JsonObject, sent: int) -> Outcome:
        attempts = 1 + RESENDS if write.may_be_repeated else 1
        for left in reversed(range(attempts)):
            sent += 1
            outcome = self._attempt(write, before, sent)
            if outcome is not None:
                return outcome
            if left:
                self.pacing.sleep(FIRST_RESEND_SECONDS * 2 ** (attempts - 1 - left))
            seen = self._read_back(write.request, before, is_last=not left)
            if not left or not _is_due_again(seen):
                break
        return self._settled(write.key, write.subject, sent, self.plan_digest, seen)

    def _attempt(self, write: Write[A], before: JsonObject, sent: int) -> Outcome | None:
        """Send it once; None when its answer was lost."""
        self._record(write, State.SENDING, Source.PLAN, sent, reading_before=before)
        try:
            done = self.kind.send(write)
        except OutcomeUnknown:
            return None
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
        return self._record(
            write,
            State.APPLIED,
            Source.ANSWER,
            sent,
            reading_after=done.reading,
            http_status=done.answer.status,
            request_id=done.answer.request_id,
            reason=done.reason,
        )

    def _read_back(
        self, request: JsonObject, before: JsonObject, *, is_last: bool
    ) -> Settlement | ShipsyncError:
        try:
            return self.kind.settle(request, before, is_last=is_last)
        except ShipsyncError as error:
            return error

    def _settled(
        self,
        key: str,
        subject: str,
        attempt: int,
        plan_digest: str,
        seen: Settlement | ShipsyncError,
    ) -> Outcome:
        """Record what a reading after a lost answer came to, or that there was none."""
        if isinstance(seen, Settlement):
            state, reading = _SETTLED_AS[seen.finding.verdict], seen.reading
            reason = seen.finding.reason
        else:
            state, reading = State.UNKNOWN, None
            reason = (
                f"The answer was lost, and the account could not be read back: {seen} Apply the plan "
                "again to settle it."
            )
        event = Event(
            key,
            state,
            Source.READING,
            self.pacing.now(),
            plan_digest,
            attempt,
            reading_after=reading,
            reason=reason,
        )
        self.ledger.record(event)
        return _outcome(subject, event)

    def _record(
        self,
        write: Write[A],
        state: State,
        source: Source,
        attempt: int,
        *,
        reading_before: JsonObject | None = None,
        reading_after: JsonObject | None = None,
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
            reading_after=reading_after,
            http_status=http_status,
            request_id=request_id,
            reason=reason,
        )
        self.ledger.record(event)
        return _outcome(write.subject, event)


def _is_due_again(seen: Settlement | ShipsyncError) -> bool:
    """Whether a write whose answer was lost is to be sent once more."""
    if not isinstance(seen, Settlement):
        return False
    return seen.may_be_sent_again and seen.finding.verdict is not Verdict.MADE


def _outcome(subject: str, event: Event) -> Outcome:
    return Outcome(
        event.row_key, subject, event.state, event.reason, event.request_id, event.attempt
    )
