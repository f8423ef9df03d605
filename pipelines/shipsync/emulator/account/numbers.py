"""Where an account's new ids come from: counters per kind, and uuids drawn from the seed."""

from __future__ import annotations

import threading
import uuid
from random import Random
from zlib import crc32

from shipsync.emulator.options import Options


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
