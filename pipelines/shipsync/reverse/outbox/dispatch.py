"""Carrying out writes through the outbox: what to do with each, and what its answer means.

For every write: look, record ``sending``, send, record the outcome. A write found unsettled is taken up
where it was left. What is thrown by a crash in between, and why it is safe:

- before ``sending`` is on disk: nothing has left; the write is looked at and sent as if new;
- after it, before the outcome is on disk: the request may or may not have been carried out, and the
  write is treated exactly as one whose answer was lost.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic

from shipsync.clock import Pacing
from shipsync.errors import (
    AccountError,
    ConfigurationError,
    IncompleteRead,
    OutcomeUnknown,
    RequestRejected,
    ShipsyncError,
    Unavailable,
)
from shipsync.reverse.outbox.finding import Verdict
from shipsync.reverse.outbox.states import Source, WriteState
from shipsync.reverse.outbox.store import JsonObject, LedgerEntry, LedgerEvent
from shipsync.reverse.outbox.write import (
    A,
    NoLongerFits,
    OnNewReading,
    SeemsMade,
    Settlement,
    Write,
    WriteKind,
    WriteOutcome,
    earlier,
    outcome_of,
)
from shipsync.reverse.outbox.writer import LedgerWriter

RESENDS = 3
FIRST_RESEND_SECONDS = 2.0

_SETTLED_AS = {
    Verdict.MADE: WriteState.APPLIED,
    Verdict.NOT_MADE: WriteState.REJECTED,
    Verdict.UNDECIDED: WriteState.UNKNOWN,
}


@dataclass(frozen=True)
class Recorder:
    """Records events of one plan, now; each is on disk when a method returns.

    Its methods raise ``DatabaseError`` when the outbox cannot be written.
    """

    ledger: LedgerWriter
    pacing: Pacing
    plan_digest: str

    def record(
        self,
        write: Write[Any],
        state: WriteState,
        source: Source,
        attempt: int,
        *,
        reading_before: JsonObject | None = None,
        reading_after: JsonObject | None = None,
        http_status: int | None = None,
        request_id: str | None = None,
        reason: str | None = None,
    ) -> WriteOutcome:
        """Record a step of a write; returns it as an outcome."""
        event = LedgerEvent(
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
        return outcome_of(write.subject, event)

    def settled(
        self,
        key: str,
        subject: str,
        attempt: int,
        seen: Settlement | ShipsyncError,
        *,
        plan_digest: str | None = None,
    ) -> WriteOutcome:
        """Record what a reading after a lost answer came to, or that there was none.

        ``plan_digest`` is that of the plan that sent it, if it was another one.
        """
        if isinstance(seen, Settlement):
            state, reading = _SETTLED_AS[seen.finding.verdict], seen.reading
            reason = seen.finding.reason
        else:
            state, reading = WriteState.UNKNOWN, None
            reason = (
                f"The answer was lost, and the account could not be read back: {seen} Apply the plan "
                "again to settle it."
            )
        event = LedgerEvent(
            key,
            state,
            Source.READING,
            self.pacing.now(),
            plan_digest or self.plan_digest,
            attempt,
            reading_after=reading,
            reason=reason,
        )
        self.ledger.record(event)
        return replace(outcome_of(subject, event), could_be_read=isinstance(seen, Settlement))


@dataclass(frozen=True)
class Dispatcher(Generic[A]):
    """Carries out writes of one kind and one plan; safe to share between threads.

    ``entries`` are the writes that the outbox had at the start, by key.
    """

    kind: WriteKind[A]
    recorder: Recorder
    entries: Mapping[str, LedgerEntry]

    def carry_out(self, write: Write[A]) -> WriteOutcome:
        """Bring one planned or unsettled write to an outcome.

        Raises ``AccountError``, ``Unavailable``, ``ConfigurationError`` or ``IncompleteRead`` when the
        account cannot be used: the write is left as it was. Raises ``DatabaseError`` when the outbox
        cannot be written.
        """
        entry = self.entries.get(write.key)
        if entry is not None and entry.is_unsettled:
            return self._resume(write, entry)
        sent = entry.attempt if entry is not None else 0
        try:
            if (late := self._made_late(write, entry)) is not None:
                return late
            look = self.kind.look(write)
        except NoLongerFits as misfit:
            return self.recorder.record(
                write, WriteState.REJECTED, Source.CHECK, sent, reason=str(misfit)
            )
        except RequestRejected as refusal:
            reason = f"It could not be looked at before it was sent: {refusal}"
            return self.recorder.record(
                write, WriteState.REJECTED, Source.CHECK, sent, reason=reason
            )
        if look.misfit is not None:
            return self.recorder.record(
                write, WriteState.REJECTED, Source.CHECK, sent, reason=look.misfit
            )
        return self._send(write, look.reading, sent)

    def settle(self, entry: LedgerEntry) -> WriteOutcome:
        """Settle an unsettled write by reading alone; nothing is sent."""
        if entry.reading_before is None:
            return earlier(entry)
        seen = self._read_back(entry.request, entry.reading_before)
        return self.recorder.settled(
            entry.row_key, entry.subject, entry.attempt, seen, plan_digest=entry.plan_digest
        )

    def _resume(self, write: Write[A], entry: LedgerEntry) -> WriteOutcome:
        if not write.may_be_repeated or entry.reading_before is None:
            return self.settle(entry)
        seen = self._read_back(write.request, entry.reading_before)
        if isinstance(seen, Settlement) and _is_due_again(seen):
            return self._send(write, seen.reading, entry.attempt, is_open=True)
        return self.recorder.settled(write.key, write.subject, entry.attempt, seen)

    def _made_late(self, write: Write[A], entry: LedgerEntry | None) -> WriteOutcome | None:
        """What became of a write that was not found made after its answer was lost, and is by now.

        None if it never went out so, or if nothing speaks for it. What went out is the entry's request.
        """
        if entry is None or not entry.may_be_made_late or entry.reading_before is None:
            return None
        seen = self.kind.settle(entry.request, entry.reading_before, waits=False)
        if not seen.finding.looks_made:
            return None
        reason = (
            f"An attempt of it that was found not made ({entry.subject}) seems to have been made after that. "
            "Look at the account and resolve the row by hand."
        )
        is_as_sent = entry.request == write.recorded
        outcome = self.recorder.record(
            write,
            WriteState.UNKNOWN,
            Source.READING,
            entry.attempt,
            reading_after=None if is_as_sent else seen.reading,
            reason=reason,
        )
        if not is_as_sent:
            return outcome
        return self.recorder.settled(write.key, write.subject, entry.attempt, seen)

    def _send(
        self, write: Write[A], before: JsonObject, sent: int, *, is_open: bool = False
    ) -> WriteOutcome:
        """Send it, again if that is safe; ``is_open`` when an attempt is out whose answer was lost."""
        attempts = 1 + RESENDS if write.may_be_repeated else 1
        for left in reversed(range(attempts)):
            sent += 1
            outcome, before = self._attempt(write, before, sent, is_open=is_open)
            if outcome is not None:
                return outcome
            is_open = True
            if left:
                self.recorder.pacing.sleep(FIRST_RESEND_SECONDS * 2 ** (attempts - 1 - left))
            seen = self._read_back(write.request, before)
            if not left or not _is_due_again(seen):
                break
        return self.recorder.settled(write.key, write.subject, sent, seen)

    def _attempt(
        self, write: Write[A], before: JsonObject, sent: int, *, is_open: bool
    ) -> tuple[WriteOutcome | None, JsonObject]:
        """Send it once; no outcome when its answer was lost. With the reading at which it went out.

        While an earlier attempt is open, a refusal says nothing of that one: the account is read.
        """
        readings = [before]

        def on_new_reading(reading: JsonObject) -> None:
            self.recorder.record(
                write, WriteState.SENDING, Source.PLAN, sent, reading_before=reading
            )
            readings.append(reading)

        self.recorder.record(write, WriteState.SENDING, Source.PLAN, sent, reading_before=before)
        try:
            outcome = self._answered(write, sent, on_new_reading, readings, is_open=is_open)
        except (AccountError, ConfigurationError, IncompleteRead, Unavailable) as error:
            # Each of these says that nothing was changed: by this attempt.
            state = WriteState.UNKNOWN if is_open else WriteState.PLANNED
            self.recorder.record(write, state, Source.ANSWER, sent, reason=str(error))
            raise
        return outcome, readings[-1]

    def _answered(
        self,
        write: Write[A],
        sent: int,
        on_new_reading: OnNewReading,
        readings: Sequence[JsonObject],
        *,
        is_open: bool,
    ) -> WriteOutcome | None:
        try:
            done = self.kind.send(write, readings[0], on_new_reading)
        except OutcomeUnknown:
            return None
        except NoLongerFits as misfit:
            seen = self._read_back(write.request, readings[-1]) if is_open else None
            if seen is None:
                # It was put off, so nothing came of it; that is known for certain.
                self.recorder.record(write, WriteState.PLANNED, Source.ANSWER, sent)
            return self._refused(write, sent, Source.CHECK, str(misfit), seen)
        except SeemsMade as doubt:
            if is_open:
                # The attempt before this one may well be what made it.
                return None
            return self.recorder.record(
                write,
                WriteState.UNKNOWN,
                Source.READING,
                sent,
                reading_after=doubt.reading,
                reason=str(doubt),
            )
        except RequestRejected as refusal:
            seen = self._read_back(write.request, readings[-1]) if is_open else None
            said = "; ".join(refusal.messages) or str(refusal)
            return self._refused(write, sent, Source.ANSWER, said, seen, refusal)
        return self.recorder.record(
            write,
            WriteState.APPLIED,
            Source.ANSWER,
            sent,
            reading_after=done.reading,
            http_status=done.answer.status,
            request_id=done.answer.request_id,
            reason=done.reason,
        )

    def _refused(
        self,
        write: Write[A],
        sent: int,
        source: Source,
        reason: str,
        seen: Settlement | ShipsyncError | None,
        refusal: RequestRejected | None = None,
    ) -> WriteOutcome:
        """Record a refusal; ``seen`` is what was read if an earlier attempt was open, and goes before."""
        if seen is not None:
            if not isinstance(seen, Settlement) or seen.finding.verdict is not Verdict.NOT_MADE:
                return self.recorder.settled(write.key, write.subject, sent, seen)
            source = Source.READING
        return self.recorder.record(
            write,
            WriteState.REJECTED,
            source,
            sent,
            http_status=refusal.status if refusal else None,
            request_id=refusal.request_id if refusal else None,
            reason=reason,
        )

    def _read_back(self, request: JsonObject, before: JsonObject) -> Settlement | ShipsyncError:
        try:
            return self.kind.settle(request, before)
        except ShipsyncError as error:
            return error


def _is_due_again(seen: Settlement | ShipsyncError) -> bool:
    """Whether a write whose answer was lost is to be sent once more."""
    if not isinstance(seen, Settlement):
        return False
    return seen.may_be_sent_again and seen.finding.verdict is not Verdict.MADE
