"""The states of a write, and the steps between them.

::

    (new) ──▶ planned ──▶ sending ──▶ applied         the account was changed; final
              │ │  ▲         │ ├────▶ rejected        the account was not changed
              │ │  └─────────┘ └────▶ unknown ──▶ applied | rejected
              │ ▼   not carried        │             by a reading or by a person
              │ rejected   out         ▼
              │ └──▶ planned        sending           only what may be repeated
              │      a new plan holds the key again
              └────▶ unknown                          an attempt of an earlier plan, found not made,
                                                      seems to have been made after that

A write is known by its kind and key. ``sending`` found when nothing is running means that the process
died with the answer outstanding; it is treated as a lost answer.
"""

from __future__ import annotations

from enum import StrEnum


class WriteState(StrEnum):
    """Where a write stands."""

    PLANNED = "planned"
    SENDING = "sending"
    APPLIED = "applied"
    REJECTED = "rejected"
    UNKNOWN = "unknown"


class Source(StrEnum):
    """Who or what says so."""

    PLAN = "plan"
    CHECK = "check"
    ANSWER = "answer"
    READING = "reading"
    PERSON = "person"


UNSETTLED = frozenset({WriteState.SENDING, WriteState.UNKNOWN})

_FOLLOWING: dict[WriteState | None, frozenset[WriteState]] = {
    None: frozenset({WriteState.PLANNED}),
    WriteState.PLANNED: frozenset(
        {WriteState.PLANNED, WriteState.SENDING, WriteState.REJECTED, WriteState.UNKNOWN}
    ),
    WriteState.SENDING: frozenset(WriteState),
    WriteState.UNKNOWN: frozenset(
        {WriteState.SENDING, WriteState.APPLIED, WriteState.REJECTED, WriteState.UNKNOWN}
    ),
    WriteState.REJECTED: frozenset({WriteState.PLANNED}),
    WriteState.APPLIED: frozenset(),
}


def may_follow(state: WriteState | None, following: WriteState) -> bool:
    """Whether a write in ``state`` (None: not yet in the outbox) can step to ``following``."""
    return following in _FOLLOWING[state]
