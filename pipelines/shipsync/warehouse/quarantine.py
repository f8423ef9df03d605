"""What could not be used of the account's answers, kept in ``ledger.quarantine`` until it comes right."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Final, Literal

import duckdb
import orjson

from shipsync import clock
from shipsync.set_aside import SetAside
from shipsync.sources.redaction import Redaction
from shipsync.sources.sound import sound
from shipsync.sources.streams import STREAMS
from shipsync.statements import statement

_STATEMENTS: Final = "shipsync.warehouse"
LONGEST_BODY: Final = 10_000
MOST_NAMED: Final = 10
"""So many are named one by one in a report; the others are counted."""

Resolution = Literal["came right", "gone"]


@dataclass(frozen=True)
class Quarantined:
    """One row of ``ledger.quarantine``; ``resolved_at`` is None while it waits."""

    quarantine_id: str
    stream: str
    row_id: str | None
    position: int | None
    reason: str
    body: str | None
    first_seen_at: datetime
    last_seen_at: datetime
    times_seen: int
    run_id: str | None
    resolved_at: datetime | None
    resolution: Resolution | None

    @property
    def place(self) -> str:
        """How a person finds it."""
        return self.row_id or (f"row {self.position} of its answer" if self.position else "")


class Quarantine:
    """Sets things aside for one run and takes out what came right; each change is committed at once.

    ``named`` holds the first sentences of what this run set aside, ``counts`` how many things by
    stream. Safe to share between threads.
    """

    def __init__(
        self,
        con: duckdb.DuckDBPyConnection,
        run_id: str | None = None,
        redaction: Redaction | None = None,
    ) -> None:
        self._cursor = con.cursor()
        self._run_id = run_id
        self._redaction = redaction or Redaction()
        self._lock = threading.Lock()
        self._met: set[str] = set()
        self._waiting_ids: dict[str, set[str]] = {}
        self.counts: Counter[str] = Counter()
        self.named: list[str] = []

    def put(self, thing: SetAside) -> None:
        """Keep ``thing``; what is here already is brought up to date and waits again."""
        body = _stored(thing, self._redaction)
        key = _identity(thing, body)
        with self._lock:
            if key not in self._met:
                self._met.add(key)
                self.counts[thing.stream] += 1
                if len(self.named) < MOST_NAMED:
                    self.named.append(str(thing))
            self._cursor.execute(
                statement(_STATEMENTS, "put_in_quarantine"),
                {
                    "quarantine_id": key,
                    "stream": thing.stream,
                    "row_id": thing.row_id,
                    "position": thing.position,
                    "reason": thing.reason,
                    "body": _cut(body),
                    "seen_at": clock.now(),
                    "run_id": self._run_id,
                },
            )

    def waiting(
        self, stream: str | None = None, *, with_resolved: bool = False
    ) -> list[Quarantined]:
        """What waits, newest first; ``with_resolved`` also what has come right."""
        query = statement(_STATEMENTS, "waiting_in_quarantine")
        values = {"stream": stream, "with_resolved": with_resolved}
        with self._lock:
            if not self._cursor.execute(statement(_STATEMENTS, "has_quarantine")).fetchall():
                # Opened to read, and not brought up to date yet.
                return []
            return [Quarantined(*row) for row in self._cursor.execute(query, values).fetchall()]

    def came_right(self, stream: str, row_ids: Collection[str]) -> int:
        """Take out what waits of ``stream`` under one of these ids, unless this run set it aside."""
        if self._ids_waiting(stream).isdisjoint(row_ids):
            return 0
        right = [one for one in self.waiting(stream) if one.row_id in row_ids]
        self._waiting_ids.pop(stream, None)
        return self.resolve(right, "came right")

    def _ids_waiting(self, stream: str) -> set[str]:
        # Asked once: what this run itself sets aside does not come right in it.
        if stream not in self._waiting_ids:
            waiting = self.waiting(stream)
            self._waiting_ids[stream] = {one.row_id for one in waiting if one.row_id is not None}
        return self._waiting_ids[stream]

    def whole_list_was_read(self, stream: str) -> int:
        """Take out what waits of a list that was read whole in this run and showed it no more."""
        return self.resolve(self.waiting(stream), "gone")

    def resolve(self, things: Collection[Quarantined], resolution: Resolution) -> int:
        """Take out ``things`` that this run did not set aside; returns how many."""
        keys = [one.quarantine_id for one in things if one.quarantine_id not in self._met]
        if keys:
            with self._lock:
                self._cursor.execute(
                    statement(_STATEMENTS, "resolve_in_quarantine"),
                    {
                        "quarantine_ids": keys,
                        "resolved_at": clock.now(),
                        "resolution": resolution,
                    },
                )
        return len(keys)


def _stored(thing: SetAside, redaction: Redaction) -> str | None:
    """The body as JSON, redacted; what is no object cannot be looked through, and is kept or not.

    Where there is none: between which rows it stood, which is nobody's data.
    """
    if thing.body is None:
        return None if thing.neighbours is None else orjson.dumps(asdict(thing.neighbours)).decode()
    fit = sound(thing.body)
    if redaction.policy != "keep":
        stream = STREAMS.get(thing.stream)
        if stream is None or not isinstance(fit, dict):
            return None
        fit = redaction.apply(stream, fit)
    return orjson.dumps(fit).decode()


def _identity(thing: SetAside, body: str | None) -> str:
    kind, what = ("id", thing.row_id)
    if what is None and thing.neighbours is not None:
        kind, what = ("neighbour", str(thing.neighbours.anchor))
    elif what is None:
        kind, what = ("position", str(thing.position)) if body is None else ("body", body)
    return blake2b(f"{thing.stream}\x1f{kind}\x1f{what}".encode(), digest_size=16).hexdigest()


def _cut(body: str | None) -> str | None:
    return body if body is None or len(body) <= LONGEST_BODY else f"{body[:LONGEST_BODY]}…"
