"""One run over the writes of a plan: which are taken up, several at a time, and how it ends.

An interruption (Ctrl-C) lets what is under way come to its outcome and begins nothing more. So does an
error that concerns the account or the database as a whole; the rows not begun stay as they were.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Any, Generic, TypeAlias, TypeVar

from shipsync.errors import ShipsyncError
from shipsync.reverse.outbox.dispatch import Dispatcher
from shipsync.reverse.outbox.states import Source, WriteState
from shipsync.reverse.outbox.store import LedgerEntry, LedgerEvent
from shipsync.reverse.outbox.write import A, Write, WriteOutcome, earlier

T = TypeVar("T")
Pick: TypeAlias = Callable[[Sequence[Write[A]]], Sequence[Write[A]]]


@dataclass(frozen=True)
class WriteProgress:
    """How far a run has come: rows done of rows to do, and how many stand in each state."""

    done: int
    total: int
    counts: Counter[WriteState]


@dataclass(frozen=True)
class TakenPlaces:
    """Places where a write must not go now, with the key of the other write that has them.

    ``open`` are those whose outcome nobody knows: a reading there could no longer tell the two apart.
    ``unread`` are the same, as long as the account would not let itself be read: that may pass.
    ``changed`` are those that changed the place after the plan was made: what the plan says of what is
    there, or should be, is of before.
    """

    open: Mapping[str, str] = field(default_factory=dict)
    unread: Mapping[str, str] = field(default_factory=dict)
    changed: Mapping[str, str] = field(default_factory=dict)

    def is_unread(self, write: Write[Any]) -> bool:
        """Whether it can be decided only when the account can be read again."""
        return bool(_others(self.unread, write))

    def reason_against(self, write: Write[Any]) -> str | None:
        """Why the write is rejected; None if it may go."""
        if others := _others(self.open, write):
            return (
                "It is not known whether an earlier row there was carried out. Run `shipsync writes resolve "
                f"{others[0]}`, then plan this row again."
            )
        # What may be repeated states what should be there; the rest adds to whatever is.
        if write.may_be_repeated and (others := _others(self.changed, write)):
            return (
                f"The row {others[0]} made a change there after this plan was made. Run `shipsync sync` and "
                "plan this row again."
            )
        return None


@dataclass
class Rollout(Generic[A]):
    """Takes writes through a dispatcher; ``outcomes`` fills up by key.

    ``stopped_by`` is the error that ended the run early.
    """

    dispatcher: Dispatcher[A]
    in_flight: int
    progress: Callable[[WriteProgress], None] | None = None
    outcomes: dict[str, WriteOutcome] = field(default_factory=dict)
    interrupted: bool = False
    stopped_by: ShipsyncError | None = None
    _stop: threading.Event = field(default_factory=threading.Event)

    def settle(self, entries: Sequence[LedgerEntry]) -> list[WriteOutcome]:
        """Read back what earlier plans left open; nothing of theirs is sent."""
        settled: list[WriteOutcome] = []
        unread = [entry for entry in entries if not entry.was_read_back]
        self._through(unread, self.dispatcher.settle, settled.append)
        return settled

    def begin(
        self, writes: Sequence[Write[A]], taken: TakenPlaces, pick: Pick[A] | None = None
    ) -> list[Write[A]]:
        """Record what is planned and return what is to be carried out; nothing once it is stopped.

        ``pick`` chooses from those with something left to do; the others are not touched.
        """
        if self._stop.is_set():
            return []
        left: list[Write[A]] = []
        for write in writes:
            if outcome := self._earlier(write, self.dispatcher.entries.get(write.key)):
                self.outcomes[write.key] = outcome
            elif not taken.is_unread(write):
                left.append(write)
        to_do: list[Write[A]] = []
        events: list[LedgerEvent] = []
        for write in left if pick is None else pick(left):
            entry = self.dispatcher.entries.get(write.key)
            if entry is not None and entry.is_unsettled:
                # It may be made already: it is settled, never refused.
                to_do.append(write)
                continue
            events.append(self._planned(write, entry))
            if reason := taken.reason_against(write):
                events.append(self._blocked(write, entry, reason))
            else:
                to_do.append(write)
        self.dispatcher.recorder.ledger.record(*events)
        return to_do

    def carry_out(self, writes: Sequence[Write[A]]) -> None:
        """Bring each write to its outcome, until all are done or the run is stopped."""
        counts = Counter(outcome.state for outcome in self.outcomes.values())
        total = len(writes) + len(self.outcomes)

        def done(outcome: WriteOutcome) -> None:
            if outcome.key in self.outcomes:
                return
            self.outcomes[outcome.key] = outcome
            counts[outcome.state] += 1
            if self.progress is not None:
                self.progress(WriteProgress(len(self.outcomes), total, counts.copy()))

        self._through(writes, self.dispatcher.carry_out, done)

    def _earlier(self, write: Write[A], entry: LedgerEntry | None) -> WriteOutcome | None:
        """The outcome that needs nothing more to be done; None if the write is to be taken up."""
        if entry is None:
            return None
        if (entry.is_applied or entry.is_unsettled) and entry.request != write.recorded:
            reason = f"The key {write.key} was used for something else ({entry.subject})."
            return WriteOutcome(write.key, write.subject, WriteState.REJECTED, reason)
        return earlier(entry) if entry.is_done_under(self.dispatcher.recorder.plan_digest) else None

    def _planned(self, write: Write[A], entry: LedgerEntry | None) -> LedgerEvent:
        return LedgerEvent(
            write.key,
            WriteState.PLANNED,
            Source.PLAN,
            self.dispatcher.recorder.pacing.now(),
            self.dispatcher.recorder.plan_digest,
            entry.attempt if entry else 0,
            subject=write.subject,
            places=write.places,
            request=write.recorded,
        )

    def _blocked(self, write: Write[A], entry: LedgerEntry | None, reason: str) -> LedgerEvent:
        event = LedgerEvent(
            write.key,
            WriteState.REJECTED,
            Source.CHECK,
            self.dispatcher.recorder.pacing.now(),
            self.dispatcher.recorder.plan_digest,
            entry.attempt if entry else 0,
            reason=reason,
        )
        self.outcomes[write.key] = WriteOutcome(write.key, write.subject, event.state, event.reason)
        return event

    def _through(
        self,
        items: Iterable[T],
        work: Callable[[T], WriteOutcome],
        done: Callable[[WriteOutcome], None],
    ) -> None:
        """Work on items in their order, ``in_flight`` at a time; ``done`` is called in this thread."""
        waiting: set[Future[WriteOutcome | None]] = set()
        source = iter(items)
        with ThreadPoolExecutor(self.in_flight, thread_name_prefix="write") as pool:
            while True:
                try:
                    while len(waiting) < self.in_flight and not self._stop.is_set():
                        item = next(source, None)
                        if item is None:
                            break
                        waiting.add(pool.submit(self._unless_stopped, work, item))
                    if not waiting:
                        return
                    finished, _ = wait(waiting, return_when=FIRST_COMPLETED)
                    for future in finished:
                        self._take(future, done)
                        waiting.discard(future)
                except KeyboardInterrupt:
                    self.interrupted = True
                    self._stop.set()

    def _unless_stopped(self, work: Callable[[T], WriteOutcome], item: T) -> WriteOutcome | None:
        return None if self._stop.is_set() else work(item)

    def _take(
        self, future: Future[WriteOutcome | None], done: Callable[[WriteOutcome], None]
    ) -> None:
        try:
            outcome = future.result()
        except ShipsyncError as error:
            self.stopped_by = self.stopped_by or error
            self._stop.set()
            return
        if outcome is not None:
            done(outcome)


def _others(keys: Mapping[str, str], write: Write[Any]) -> list[str]:
    return sorted({keys.get(place, write.key) for place in write.places} - {write.key})
