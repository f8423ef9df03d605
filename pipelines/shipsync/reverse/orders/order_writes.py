"""What the kinds of writes about orders share: each is read back by itself, from the account as it is.

What is looked for after a lost answer is looked for twice, some time apart, before it counts as not there.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Generic

from shipsync.clock import Pacing
from shipsync.reverse.orders.live import Live
from shipsync.reverse.outbox.finding import Drift, Finding, ReadBack, Verdict, made
from shipsync.reverse.outbox.store import JsonObject
from shipsync.reverse.outbox.write import A, AppliedWrite, Settlement, Write
from shipsync.reverse.plan.kind import Means

if TYPE_CHECKING:
    from shipsync.api.paging import Item


class OrderWrites(ABC, Generic[A]):
    """The writes of one kind through one session; ``name`` is the kind's in the outbox.

    What a ``WriteKind`` needs besides is each kind's own: how it looks, sends and settles, and ``_drift``.
    Safe to share between threads.
    """

    name: str

    def __init__(self, means: Means) -> None:
        self._session = means.session
        self._live = Live(means.session)
        self._pacing = means.pacing
        self._late_commit_wait = means.late_commit_wait

    def read_back(self, applied: Sequence[AppliedWrite[A]]) -> ReadBack:
        """Look whether the account still shows what each of these writes made of it."""
        looked = [(done.write, self._drift(done.write)) for done in applied]
        drifts = (
            Drift(self.name, write.key, write.subject, *found)
            for write, found in looked
            if found is not None
        )
        return ReadBack(len(looked), tuple(drifts))

    @abstractmethod
    def _drift(self, write: Write[A]) -> tuple[str, str] | None:
        """What was expected and what was found, if they differ."""

    def _wait(self, waits: bool) -> timedelta | None:
        """How long a server may still be at work on a request whose answer was lost; None: not asked."""
        return self._late_commit_wait if waits else None

    def _read_now(self, **shown: object) -> JsonObject:
        """A reading: what the account shows, and when it did."""
        return {"read_at": self._pacing.now().to_iso8601_string(), **shown}


def read_twice(
    look: Callable[[], Item | None], pacing: Pacing, wait: timedelta | None
) -> Item | None:
    """What a look finds, at once or after ``wait``: None only when nothing was there both times.

    A server may still be at work on a request whose answer we stopped waiting for. Without a ``wait``
    there is one look.
    """
    found = look()
    if found is None and wait is not None:
        pacing.sleep(wait.total_seconds())
        found = look()
    return found


@dataclass(frozen=True)
class EndState:
    """A state in which a thing stays once it is in it, in words: a ``shipment`` that is ``cancelled``.

    What the thing shows settles a lost answer, and doing it again does no harm. ``has_it`` tells from the
    thing as the account shows it, ``reading`` is what is kept of that.
    """

    thing: str
    state: str
    has_it: Callable[[Item], bool]
    reading: Callable[[Item | None], JsonObject]

    def settle(
        self, look: Callable[[], Item | None], pacing: Pacing, wait: timedelta | None
    ) -> Settlement:
        """What a ``look`` at the thing says after a lost answer; a second one after ``wait``."""

        def reached() -> Item | None:
            found = look()
            return found if found is not None and self.has_it(found) else None

        found = read_twice(reached, pacing, wait)
        if found is not None:
            reason = f"The answer was lost; the {self.thing} is {self.state}, and was not before."
            return Settlement(made(reason), self.reading(found))
        found = look()
        if found is None:
            reason = (
                f"The answer was lost, and the account does not show the {self.thing} any more. Look for it "
                "in ShipStation and resolve the row by hand."
            )
            return Settlement(Finding(Verdict.UNDECIDED, reason), self.reading(None))
        reason = (
            f"The answer was lost; the {self.thing} is not {self.state}, read twice. Run the command "
            "again."
        )
        return Settlement(
            Finding(Verdict.NOT_MADE, reason), self.reading(found), may_be_sent_again=True
        )
