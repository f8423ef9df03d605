"""Delivery: the events behind a consumer's offset, sent to a target in order, batch by batch.

::

    batch ── Taken ───▶ offset moves on
          ── Refused ─▶ halves, down to single events ── refused ``attempts`` times ─▶ dead letter
          ── Away ────▶ again after a while, until the time budget is spent ─▶ stop, offset stays
          ── Gone ────▶ the consumer is paused

The offset is committed after a batch was taken. Killed between the two, the batch is sent again: twice
perhaps, never not at all, and never before an earlier event of the same shipment.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

import duckdb
import tenacity

from shipsync.clock import Pacing, SystemPacing
from shipsync.feed.consumers import (
    EVERYTHING,
    Selection,
    acknowledged,
    checked_name,
    read,
    read_after,
    set_acknowledged,
)
from shipsync.feed.dead_letters import DeadLetters
from shipsync.feed.events import ChangeEvent
from shipsync.feed.target import Away, DeliveryTarget, Gone, Refused, Taken, Verdict
from shipsync.warehouse.database import transaction

# So many single events refused with none taken between them: the receiver is at fault, not the events.
_REFUSED_IN_A_ROW: Final = 3
_FIRST_WAIT: Final = 1.0
_LONGEST_WAIT: Final = 60.0


@dataclass(frozen=True)
class Effort:
    """How hard to try.

    ``attempts``: how often a single event is sent before it goes dead. ``budget_seconds``: how long to
    go on since the target last took something. ``batch_size``: events sent at once.
    """

    batch_size: int = 200
    attempts: int = 5
    budget_seconds: float = 60.0


@dataclass
class DeliveryReport:
    """What became of one delivery; ``reason`` says why it ended before its end.

    ``dead``: events that went dead in a delivery, or that still are after a retry. ``outcome``:
    ``done``, ``stopped`` (the rest goes out next time) or ``paused``.
    """

    consumer: str
    delivered: int = 0
    dead: int = 0
    acknowledged: int = 0
    outcome: Literal["done", "stopped", "paused"] = "done"
    reason: str | None = None

    def end(self, outcome: Literal["stopped", "paused"], reason: str) -> bool:
        """Note why it ends here; returns False, for "not to go on"."""
        self.outcome, self.reason = outcome, reason
        return False


@dataclass
class Delivery:
    """Deliveries to one target for one consumer; the caller holds the run lock and has migrated."""

    con: duckdb.DuckDBPyConnection
    consumer: str
    target: DeliveryTarget
    effort: Effort = field(default_factory=Effort)
    pacing: Pacing = field(default_factory=SystemPacing)

    def __post_init__(self) -> None:
        self._letters = DeadLetters(self.con, checked_name(self.consumer))
        self._report = DeliveryReport(self.consumer)
        self._blocked: dict[str, int] = {}
        self._refused_in_a_row = 0

    def deliver(
        self,
        *,
        selection: Selection = EVERYTHING,
        limit: int | None = None,
        with_object: bool = False,
    ) -> DeliveryReport:
        """Send what the consumer has not been sent, at most ``limit`` events (None: all).

        Raises ``DatabaseError`` only; what the target does is in the report.
        """
        report = self._begin()
        # Backwards, so that the first of a shipment is the one that the others wait behind.
        letters = reversed(self._letters.open())
        self._blocked = {letter.order_key: letter.sequence for letter in letters}
        left = limit
        while report.outcome == "done" and left != 0:
            size = self.effort.batch_size if left is None else min(left, self.effort.batch_size)
            batch = read(
                self.con, self.consumer, selection=selection, limit=size, with_object=with_object
            )
            if batch.events and not self._send(batch.events):
                break
            if batch.up_to > acknowledged(self.con, self.consumer):
                set_acknowledged(self.con, self.consumer, batch.up_to)
            if not batch.events:
                break
            left = None if left is None else left - len(batch.events)
        report.acknowledged = acknowledged(self.con, self.consumer)
        return report

    def retry(self, *, with_object: bool = False) -> DeliveryReport:
        """Lift a pause, and send the dead letters again, in order, each alone.

        One that is refused again stays dead, and so do those of its shipment behind it.
        """
        self._letters.resume()
        report = self._begin()
        still_dead: set[str] = set()
        for letter in self._letters.open():
            if letter.order_key in still_dead:
                continue
            before = letter.sequence - 1
            (event,) = read_after(self.con, before, limit=1, with_object=with_object).events
            verdict, attempts = self._tried(event)
            if isinstance(verdict, Taken):
                self._letters.settle(letter.sequence)
                report.delivered += 1
            elif isinstance(verdict, Refused):
                self._letters.bury(event, verdict.reason, attempts)
                still_dead.add(letter.order_key)
                if not self._may_go_on(verdict):
                    break
            elif not self._stops(verdict):
                break
        report.dead = len(self._letters.open())
        report.acknowledged = acknowledged(self.con, self.consumer)
        return report

    def _begin(self) -> DeliveryReport:
        self._refused_in_a_row = 0
        self._report = DeliveryReport(self.consumer)
        because = self._letters.paused_because()
        if because is not None:
            self._report.end("paused", because)
        return self._report

    def _send(self, events: Sequence[ChangeEvent]) -> bool:
        """Send ``events`` and account for every one of them; returns whether to go on."""
        ready = [event for event in events if event.order_key not in self._blocked]
        if not ready:
            self._account(events, [])
            return True
        verdict, attempts = self._tried(*ready)
        if isinstance(verdict, Taken):
            self._refused_in_a_row = 0
            self._account(events, ready)
            return True
        if not isinstance(verdict, Refused):
            return self._stops(verdict)
        if len(ready) > 1:
            half = events.index(ready[len(ready) // 2])
            return self._send(events[:half]) and self._send(events[half:])
        if not self._may_go_on(verdict):
            return False
        self._account(events, [], died=ready[0], reason=verdict.reason, attempts=attempts)
        return True

    def _account(
        self,
        events: Sequence[ChangeEvent],
        delivered: Sequence[ChangeEvent],
        *,
        died: ChangeEvent | None = None,
        reason: str = "",
        attempts: int = 0,
    ) -> None:
        """Commit what became of ``events`` together with the offset behind the last of them."""
        delivered_numbers = {event.sequence for event in delivered}
        dead = 0
        with transaction(self.con):
            for event in events:
                if event.sequence in delivered_numbers:
                    continue
                dead += 1
                if event is died:
                    self._blocked[event.order_key] = event.sequence
                    self._letters.bury(event, reason, attempts)
                else:
                    first = self._blocked[event.order_key]
                    self._letters.bury(event, f"waits behind event {first}", 0)
            set_acknowledged(self.con, self.consumer, events[-1].sequence)
        self._report.delivered += len(delivered)
        self._report.dead += dead

    def _tried(self, *events: ChangeEvent) -> tuple[Verdict, int]:
        """The verdict on ``events`` after as many attempts as are due, and their number."""
        began = self.pacing.monotonic()
        attempts = self.effort.attempts if len(events) == 1 else 1

        def waits(state: tenacity.RetryCallState) -> float:
            doubled = min(_FIRST_WAIT * 2.0 ** (state.attempt_number - 1), _LONGEST_WAIT)
            asked = verdict.wait_seconds if isinstance(verdict := _verdict(state), Away) else 0.0
            return max(asked, doubled * (0.5 + self.pacing.random()))

        def is_over(state: tenacity.RetryCallState) -> bool:
            verdict = _verdict(state)
            if isinstance(verdict, Refused):
                return state.attempt_number >= attempts
            due: float = self.pacing.monotonic() + state.upcoming_sleep
            return due > began + self.effort.budget_seconds

        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_result(_may_be_repeated),
            wait=waits,
            stop=is_over,
            sleep=self.pacing.sleep,
            retry_error_callback=_verdict,
        )
        verdict = retrying(self.target.put, events)
        return verdict, int(retrying.statistics["attempt_number"])

    def _stops(self, verdict: Verdict) -> bool:
        if isinstance(verdict, Gone):
            with transaction(self.con):
                self._letters.pause(verdict.reason)
                set_acknowledged(self.con, self.consumer, acknowledged(self.con, self.consumer))
            return self._report.end("paused", verdict.reason)
        assert isinstance(verdict, Away)
        return self._report.end("stopped", verdict.reason)

    def _may_go_on(self, verdict: Refused) -> bool:
        self._refused_in_a_row += 1
        if self._refused_in_a_row < _REFUSED_IN_A_ROW:
            return True
        return self._report.end(
            "stopped", f"{verdict.reason} to {_REFUSED_IN_A_ROW} events in a row"
        )


def _verdict(state: tenacity.RetryCallState) -> Verdict:
    assert state.outcome is not None
    verdict: Verdict = state.outcome.result()
    return verdict


def _may_be_repeated(verdict: Verdict) -> bool:
    return isinstance(verdict, Refused) or (isinstance(verdict, Away) and not verdict.is_hopeless)
