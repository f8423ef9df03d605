"""Writes that bring a thing into a state in which it stays: a cancelled shipment, a void label.

What the thing shows settles a lost answer, and doing it again does no harm.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from shipsync.api.paging import Item
from shipsync.clock import Pacing
from shipsync.reverse.orders.live import read_twice
from shipsync.reverse.outbox.store import JsonObject
from shipsync.reverse.outbox.write import Settlement
from shipsync.reverse.stock.proof import Finding, Verdict, made


@dataclass(frozen=True)
class EndState:
    """A thing and its last state, in words: a ``shipment`` that is ``cancelled``.

    ``has_it`` tells from the thing as the account shows it, ``reading`` is what is kept of that.
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
