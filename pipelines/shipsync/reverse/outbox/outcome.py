"""What became of one write, as a run reports it."""

from __future__ import annotations

from dataclasses import dataclass

from shipsync.reverse.outbox.states import WriteState
from shipsync.reverse.outbox.store import LedgerEntry, LedgerEvent


@dataclass(frozen=True)
class WriteOutcome:
    """What became of one write; ``is_earlier`` when it was settled before this run.

    ``could_be_read`` is False when the account was to be read back, and would not let itself be read.
    """

    key: str
    subject: str
    state: WriteState
    reason: str | None = None
    request_id: str | None = None
    attempt: int = 0
    is_earlier: bool = False
    could_be_read: bool = True


def earlier(entry: LedgerEntry) -> WriteOutcome:
    """The outcome that a write already has."""
    return WriteOutcome(
        entry.row_key,
        entry.subject,
        entry.state,
        entry.reason,
        entry.request_id,
        entry.attempt,
        is_earlier=True,
    )


def outcome_of(subject: str, event: LedgerEvent) -> WriteOutcome:
    """The outcome that an event of this run states."""
    return WriteOutcome(
        event.row_key, subject, event.state, event.reason, event.request_id, event.attempt
    )
