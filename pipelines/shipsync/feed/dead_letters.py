"""Events that could not be delivered, and what waits behind them.

Order within a shipment is kept at the price of delay: while one event of a shipment is dead, every
later one of that shipment goes dead too, unsent, until ``changes retry`` has sent those before it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import duckdb

from shipsync import clock, queries
from shipsync.feed.events import ChangeEvent
from shipsync.statements import statement

_STATEMENTS: Final = "shipsync.feed"


@dataclass(frozen=True)
class DeadLetter:
    """An event that is not delivered; ``attempts`` is 0 if it only waits behind another."""

    sequence: int
    order_key: str
    reason: str
    attempts: int
    recorded_at: datetime


class DeadLetters:
    """Those of one consumer; each change belongs to the caller's transaction, if there is one."""

    def __init__(self, con: duckdb.DuckDBPyConnection, consumer: str) -> None:
        self._con = con
        self._consumer = consumer

    def open(self) -> list[DeadLetter]:
        """Those not delivered yet, in the order of their events."""
        rows = queries.fetch(
            self._con, "open_letters", {"consumer": self._consumer}, package=_STATEMENTS
        )
        return [DeadLetter(**row) for row in rows.objects()]

    def bury(self, event: ChangeEvent, reason: str, attempts: int) -> None:
        """Record that ``event`` was not delivered; attempts add up."""
        self._con.execute(
            statement(_STATEMENTS, "bury"),
            {
                "consumer": self._consumer,
                "sequence": event.sequence,
                "order_key": event.order_key,
                "reason": reason,
                "attempts": attempts,
                "recorded_at": clock.now(),
            },
        )

    def settle(self, sequence: int) -> None:
        """Record that the event was delivered after all."""
        self._con.execute(
            statement(_STATEMENTS, "settle"),
            {"consumer": self._consumer, "sequence": sequence, "delivered_at": clock.now()},
        )

    def pause(self, reason: str) -> None:
        """Deliver nothing more to this consumer until ``resume``."""
        self._con.execute(
            statement(_STATEMENTS, "pause"),
            {"consumer": self._consumer, "reason": reason, "paused_at": clock.now()},
        )

    def resume(self) -> None:
        """Deliver again."""
        self._con.execute(statement(_STATEMENTS, "resume"), {"consumer": self._consumer})

    def paused_because(self) -> str | None:
        """Why nothing is delivered, None if it is."""
        found = queries.fetch(
            self._con, "paused", {"consumer": self._consumer}, package=_STATEMENTS
        )
        return str(found.rows[0][0]) if found.rows else None
