"""What became of one write, as a run reports it."""

from __future__ import annotations

from dataclasses import dataclass

from shipsync.reverse.outbox import Entry, Event
from shipsync.reverse.states import State


@dataclass(frozen=True)
class Outcome:
    """What became of one write; ``is_earlier`` when it was settled before this run.

    ``could_be_read`` is False when the account was to be read back, and would not let itself be read.
    """

    key: str
    subject: str
    state: State
    reason: str | None = None
    request_id: str | None = None
    attempt: int = 0
    is_earlier: bool = False
    could_be_read: bool = True


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


def outcome_of(subject: str, event: Event) -> Outcome:
    """The outcome that an event of this run states."""
    return Outcome(
        event.row_key, subject, event.state, event.reason, event.request_id, event.attempt
    )
