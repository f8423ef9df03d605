"""What the outbox knows of a write, and what it asks of a kind of write.

A kind turns rows into ``Write`` objects, looks before it sends, sends, and says what a reading proves when
the answer was lost. Everything else (states, order, threads, interruptions) is the same for all kinds and
lives in ``dispatch``, ``rollout`` and ``apply``, which know no kind.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Protocol, TypeAlias, TypeVar

from shipsync.reverse.outbox.finding import Finding, ReadBack
from shipsync.reverse.outbox.states import WriteState
from shipsync.reverse.outbox.store import JsonObject, LedgerEntry, LedgerEvent

if TYPE_CHECKING:
    from shipsync.api.answer import Answer

A = TypeVar("A")


@dataclass(frozen=True)
class Write(Generic[A]):
    """One write: ``action`` is what its kind knows of it.

    ``places`` name what it changes; two writes that share one are never under way together.
    ``request`` is what goes out; ``kept``, if there is one, is what the outbox keeps in its place.
    ``may_be_repeated`` says whether carrying it out twice comes to the same as once.
    """

    key: str
    subject: str
    places: tuple[str, ...]
    request: Mapping[str, object]
    may_be_repeated: bool
    action: A
    kept: Mapping[str, object] | None = None

    @property
    def recorded(self) -> Mapping[str, object]:
        """The request as the outbox keeps it."""
        return self.request if self.kept is None else self.kept


@dataclass(frozen=True)
class Look:
    """What was seen before sending: the reading to keep, and why the write no longer fits, if so."""

    reading: JsonObject
    misfit: str | None = None


class NoLongerFits(Exception):
    """What was to be sent must not be, by what was seen while it waited; ``str()`` is the reason."""


class SeemsMade(Exception):
    """What was not carried out, by its answer, seems to be; ``str()`` is the reason."""

    def __init__(self, reason: str, reading: JsonObject) -> None:
        super().__init__(reason)
        self.reading = reading


OnNewReading: TypeAlias = Callable[[JsonObject], None]
"""Takes a reading that is newer than the one that ``look`` gave, before a write goes out at it."""


@dataclass(frozen=True)
class Sent:
    """The answer that says a write was carried out, and what of it is worth keeping."""

    answer: Answer
    reason: str | None = None
    reading: JsonObject | None = None


@dataclass(frozen=True)
class Settlement:
    """What a reading after a lost answer proves, and the reading to keep.

    ``may_be_sent_again`` only for what may be repeated, and only where nothing has moved.
    """

    finding: Finding
    reading: JsonObject
    may_be_sent_again: bool = False


class WriteKind(Protocol[A]):
    """One kind of write, on one session. Its methods are called from several threads at once."""

    @property
    def name(self) -> str:
        """Its name in the outbox."""
        ...

    def look(self, write: Write[A]) -> Look:
        """Read what the write would change, just before it is sent."""
        ...

    def send(self, write: Write[A], before: JsonObject, on_new_reading: OnNewReading) -> Sent:
        """Send it once; ``before`` is the reading that ``look`` gave, ``on_new_reading`` takes a newer one.

        Raises what ``Session.write`` raises, ``NoLongerFits`` and ``SeemsMade``.
        """
        ...

    def settle(self, request: JsonObject, before: JsonObject, *, waits: bool = True) -> Settlement:
        """Read the account after a lost answer; ``before`` is the reading that ``look`` gave.

        Unless ``waits`` is False it is read a second time, later, before "not made" is concluded: a
        server may still be at work on a request whose answer we stopped waiting for. Raises what
        ``Session.read`` raises, ``IncompleteRead`` and, unless it waits, ``NoLongerFits``.
        """
        ...

    def read_back(self, applied: Sequence[AppliedWrite[A]]) -> ReadBack:
        """Look whether the account still shows what these writes made of it.

        A difference need not be a fault: somebody else may have changed it since. Raises what
        ``Session.read`` raises, and ``IncompleteRead``.
        """
        ...


@dataclass(frozen=True)
class AppliedWrite(Generic[A]):
    """A write that was applied, and what the outbox knows of it."""

    write: Write[A]
    entry: LedgerEntry


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
