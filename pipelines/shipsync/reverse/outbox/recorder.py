"""Writing down what becomes of the writes of one plan, and reporting it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from shipsync.clock import Pacing
from shipsync.errors import ShipsyncError
from shipsync.reverse.outbox.outcome import WriteOutcome, outcome_of
from shipsync.reverse.outbox.states import Source, WriteState
from shipsync.reverse.outbox.store import JsonObject, LedgerEvent
from shipsync.reverse.outbox.write import Settlement, Write
from shipsync.reverse.outbox.writer import LedgerWriter
from shipsync.reverse.stock.proof import Verdict

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
