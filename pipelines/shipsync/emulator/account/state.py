"""What an account consists of, and the few things that every operation on it needs."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any
from zlib import crc32

import orjson
import pendulum

from shipsync.emulator.account import layouts
from shipsync.emulator.account.clock import Clock
from shipsync.emulator.account.collection import Collection
from shipsync.emulator.account.journal import Journal, Kind
from shipsync.emulator.account.options import Options
from shipsync.emulator.account.stock import EmulatedLevel
from shipsync.emulator.timestamps import of_moment

START = pendulum.datetime(2026, 3, 2, 8)
"""Where the clock of an account stands when nobody says otherwise."""


@dataclass(frozen=True, order=True)
class LateChange:
    """A change of a shipment that is still to show; instants in microseconds since 1970."""

    visible_at: int
    rank: int
    shipment_id: str = field(compare=False)
    modified_at: int = field(compare=False)
    fields: Mapping[str, Any] = field(compare=False)


def serialized(body: Mapping[str, Any]) -> bytes:
    """The JSON of a body, in memory of its own size.

    orjson hands out the block that it grew while writing, up to twice what is needed.
    """
    return bytes(memoryview(orjson.dumps(body)))


class AccountState:
    """Entities, journal, clock and lock of one account.

    Every public operation takes the lock, so threads may use one account at once. ``at`` is always
    the instant a change carries; without it the clock's.
    """

    def __init__(
        self,
        *,
        seed: int = 0,
        options: Options | None = None,
        start: pendulum.DateTime = START,
        elapsed: Callable[[], float] | None = None,
    ) -> None:
        self.seed = seed
        self.options = options or Options()
        self.clock = Clock(start, elapsed=elapsed) if elapsed else Clock(start)
        self.journal = Journal()
        self.lock = threading.RLock()
        self._random = Random(seed)
        self._counters: dict[str, int] = {}
        self._shipments = Collection(layouts.SHIPMENTS)
        self._labels = Collection(layouts.LABELS)
        self._fulfillments = Collection(layouts.FULFILLMENTS)
        self._tracking: dict[str, bytes] = {}
        self._catalogue: dict[Kind, dict[str, bytes]] = {}
        self._levels: dict[tuple[str, str], EmulatedLevel] = {}
        self._late: list[LateChange] = []

    def new_number(self, kind: str) -> int:
        """The next whole number for ids of a kind; the first one depends on the kind alone."""
        with self.lock:
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
        with self.lock:
            return uuid.UUID(int=self._random.getrandbits(128), version=4)

    def collection(self, kind: Kind) -> Collection:
        """The rows of shipments, labels or fulfillments; KeyError for what is no paged list."""
        return {
            "shipments": self._shipments,
            "labels": self._labels,
            "fulfillments": self._fulfillments,
        }[kind]

    def find(self, kind: Kind, entity_id: str) -> dict[str, Any] | None:
        """A copy of a shipment, label or fulfillment as it is served now, or None."""
        with self.lock:
            row = self.collection(kind).get(entity_id)
            return None if row is None else orjson.loads(row.raw)

    def entity(self, kind: Kind, entity_id: str) -> dict[str, Any]:
        """A copy of a shipment, label or fulfillment; KeyError when there is none."""
        body = self.find(kind, entity_id)
        if body is None:
            raise KeyError(f"no {kind} {entity_id}")
        return body

    def ids(self, kind: Kind) -> list[str]:
        """Ids of all shipments, labels or fulfillments in the order in which they were added."""
        with self.lock:
            return [row.entity_id for row in self.collection(kind).rows()]

    def _stamp(self, at: pendulum.DateTime | None) -> int:
        return of_moment(self.clock.now() if at is None else at)

    def _write(
        self, kind: Kind, entity_id: str, body: Mapping[str, Any], micros: int, cause: str
    ) -> bytes:
        """Serialize a new version and put it into the journal."""
        raw = serialized(body)
        self.journal.append(micros, kind, entity_id, raw, cause)
        return raw
