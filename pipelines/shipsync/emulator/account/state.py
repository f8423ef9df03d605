"""What every part of an account shares: clock, lock, journal, options, new ids, the paged lists."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Mapping
from random import Random
from typing import Any
from zlib import crc32

import orjson
import pendulum

from shipsync.emulator.account import layouts
from shipsync.emulator.account.clock import Clock
from shipsync.emulator.account.collection import Collection
from shipsync.emulator.account.journal import Journal, Kind
from shipsync.emulator.options import Options
from shipsync.emulator.timestamps import of_moment

START = pendulum.datetime(2026, 3, 2, 8)
"""Where the clock of an account stands when nobody says otherwise."""


def serialized(body: Mapping[str, Any]) -> bytes:
    """The JSON of a body, in memory of its own size.

    orjson hands out the block that it grew while writing, up to twice what is needed.
    """
    return bytes(memoryview(orjson.dumps(body)))


class NumberSource:
    """New ids. The first number of a kind depends on the kind alone, so seeds stay comparable.

    ``random`` is also what an account draws from when it makes up a body by itself.
    """

    def __init__(self, seed: int, options: Options, lock: threading.RLock) -> None:
        self.random = Random(seed)
        self.options = options
        self._lock = lock
        self._counters: dict[str, int] = {}

    def new_number(self, kind: str) -> int:
        """The next whole number for ids of a kind."""
        with self._lock:
            name = kind.removesuffix("s")
            first = 100_000 + crc32(name.encode()) % 800_000_000
            self._counters[name] = self._counters.get(name, first) + 1
            return self._counters[name]

    def new_id(self, kind: str) -> str:
        """The next id of a kind, such as ``se-412669417`` (inventory ids: see ``Options``)."""
        if kind.startswith("inventory_") and self.options.inventory_ids == "uuid":
            return str(self.new_uuid())
        return f"se-{self.new_number(kind)}"

    def new_uuid(self) -> uuid.UUID:
        """A uuid drawn from the account's seed."""
        with self._lock:
            return uuid.UUID(int=self.random.getrandbits(128), version=4)


class AccountState:
    """The state that the parts of one account work on together.

    Whoever changes it takes ``lock``, so threads may use one account at once.
    """

    def __init__(
        self,
        *,
        seed: int,
        options: Options,
        start: pendulum.DateTime,
        elapsed: Callable[[], float] | None,
    ) -> None:
        self.options = options
        self.clock = Clock(start, elapsed=elapsed) if elapsed else Clock(start)
        self.journal = Journal()
        self.lock = threading.RLock()
        self.numbers = NumberSource(seed, options, self.lock)
        self.shipments = Collection(layouts.SHIPMENTS)
        self.labels = Collection(layouts.LABELS)
        self.fulfillments = Collection(layouts.FULFILLMENTS)
        self.gone: dict[str, str | None] = {}
        """Shipments that were merged or deleted, with the one that took them up."""

    def collection(self, kind: Kind) -> Collection:
        """The rows of shipments, labels or fulfillments; KeyError for what is no paged list."""
        return {
            "shipments": self.shipments,
            "labels": self.labels,
            "fulfillments": self.fulfillments,
        }[kind]

    def find(self, kind: Kind, entity_id: str) -> dict[str, Any] | None:
        """A copy of a shipment, label or fulfillment as it is served now, or None."""
        with self.lock:
            gone = kind == "shipments" and entity_id in self.gone
            row = None if gone else self.collection(kind).get(entity_id)
            return None if row is None else orjson.loads(row.raw)

    def entity(self, kind: Kind, entity_id: str) -> dict[str, Any]:
        """A copy of a shipment, label or fulfillment; KeyError when there is none."""
        body = self.find(kind, entity_id)
        if body is None:
            raise KeyError(f"no {kind} {entity_id}")
        return body

    def stamp(self, at: pendulum.DateTime | None) -> int:
        """The instant that a change carries, in microseconds: ``at``, or the clock's now."""
        return of_moment(self.clock.now() if at is None else at)

    def write(
        self, kind: Kind, entity_id: str, body: Mapping[str, Any], micros: int, cause: str
    ) -> bytes:
        """Serialize a new version and put it into the journal."""
        raw = serialized(body)
        self.journal.append(micros, kind, entity_id, raw, cause)
        return raw
