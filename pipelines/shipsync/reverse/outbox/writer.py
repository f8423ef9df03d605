"""One thread that writes the outbox for many: what arrives together is committed together.

A commit reaches the disk before ``record`` returns, and costs some milliseconds; sharing it is what lets
several writes be under way at a time without the ledger holding them up.
"""

from __future__ import annotations

import queue
import threading
from concurrent.futures import Future
from types import TracebackType
from typing import Self

from shipsync.reverse.outbox.states import WriteState, may_follow
from shipsync.reverse.outbox.store import LedgerEvent, Outbox


class LedgerWriter:
    """Appends events for any thread while it is open; ``states`` are where the writes stand so far."""

    def __init__(self, outbox: Outbox, states: dict[str, WriteState]) -> None:
        self._outbox = outbox
        self._states = states
        self._queue: queue.SimpleQueue[tuple[tuple[LedgerEvent, ...], Future[None]] | None]
        self._queue = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="outbox")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._queue.put(None)
        self._thread.join()

    def record(self, *events: LedgerEvent) -> None:
        """Return once the events are on disk.

        Raises ``DatabaseError`` if they could not be written, and ``ValueError`` for a step that the
        state machine of ``outbox`` does not know.
        """
        written: Future[None] = Future()
        self._queue.put((events, written))
        written.result()

    def _work(self) -> None:
        while (first := self._queue.get()) is not None:
            waiting = [first]
            while not self._queue.empty():
                following = self._queue.get()
                if following is None:
                    self._queue.put(None)
                    break
                waiting.append(following)
            self._write(waiting)

    def _write(self, waiting: list[tuple[tuple[LedgerEvent, ...], Future[None]]]) -> None:
        accepted: list[tuple[tuple[LedgerEvent, ...], Future[None]]] = []
        for events, written in waiting:
            try:
                self._step(events)
                accepted.append((events, written))
            except ValueError as error:
                written.set_exception(error)
        try:
            self._outbox.append([event for events, _ in accepted for event in events])
        except (
            Exception
        ) as error:  # whatever it is, those who wait must hear of it, or wait for ever
            for _, written in accepted:
                written.set_exception(error)
            return
        for _, written in accepted:
            written.set_result(None)

    def _step(self, events: tuple[LedgerEvent, ...]) -> None:
        for event in events:
            state = self._states.get(event.row_key)
            if not may_follow(state, event.state):
                raise ValueError(f"{event.row_key} cannot go from {state} to {event.state}")
            self._states[event.row_key] = event.state
