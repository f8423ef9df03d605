"""What everybody who asks one account must know of its rate: in this process, or in a file for all of them.

::

    pause until ── pace (share of the limit, next even turn) ── requests of the last minute by quarter seconds

It is small and of one size, so that a file of it is read and written whole under its lock, in some tens of
microseconds. The lock goes with the process that holds it, and a killed one leaves nothing to tidy.
"""

from __future__ import annotations

import fcntl
import os
import struct
import threading
import zlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Final, Protocol

from shipsync import local_key, owner_only

SLOTS_A_SECOND: Final = 4
SLOTS: Final = 61 * SLOTS_A_SECOND + 1
"""A minute and a second more: requests are counted here as they leave and there as they arrive, and some are
longer on the way."""

FOLDER_VARIABLE: Final = "SHIPSYNC_RUNTIME_FOLDER"
_FORMAT: Final = struct.Struct(f"<4sdddddq{SLOTS}I")
_MARK: Final = b"shr1"
_OLD_SECONDS: Final = 7 * 86_400
_BOOT: Final = Path("/proc/sys/kernel/random/boot_id")


@dataclass
class RateState:
    """The state at one instant; instants are seconds of the machine's monotonic clock.

    ``share`` of the limit is given out; nobody asks before ``paused_until``; ``turn`` is when the next
    request would come at an even pace; until ``urgent_until`` somebody waits for answers; ``slots`` are
    the requests of each quarter second up to ``slot``.
    """

    share: float = 1.0
    paused_until: float = 0.0
    turn: float = 0.0
    urgent_until: float = 0.0
    written_at: float = 0.0
    slot: int = 0
    slots: list[int] = field(default_factory=lambda: [0] * SLOTS)

    def move_to(self, now: float) -> None:
        """Forget what is older than a minute. A clock that began anew makes all of it worthless."""
        if now < self.written_at - 1:
            self.__init__()  # type: ignore[misc]
        slot = int(now * SLOTS_A_SECOND)
        passed = min(slot - self.slot, SLOTS)
        if passed > 0:
            self.slots = [*self.slots[passed:], *([0] * passed)]
            self.slot = slot

    def free_at(self, limit: int) -> float:
        """When fewer than ``limit`` requests will lie in the last minute; 0 if that is so now."""
        left = sum(self.slots)
        if left < limit:
            return 0.0
        expired = 0
        while left >= limit and expired < SLOTS:
            left -= self.slots[expired]
            expired += 1
        return (self.slot + expired) / SLOTS_A_SECOND

    def packed(self) -> bytes:
        """As bytes of a fixed length, with a checksum."""
        body = _FORMAT.pack(
            _MARK,
            self.share,
            self.paused_until,
            self.turn,
            self.urgent_until,
            self.written_at,
            self.slot,
            *self.slots,
        )
        return body + zlib.crc32(body).to_bytes(4, "little")

    @classmethod
    def unpacked(cls, content: bytes) -> RateState:
        """From bytes; what is none of ours is an empty state."""
        body, check = content[: _FORMAT.size], content[_FORMAT.size :]
        if len(body) < _FORMAT.size or zlib.crc32(body).to_bytes(4, "little") != check:
            return cls()
        mark, share, paused_until, turn, urgent_until, written_at, slot, *slots = _FORMAT.unpack(
            body
        )
        if mark != _MARK:
            return cls()
        return cls(share, paused_until, turn, urgent_until, written_at, slot, slots)


class KeepsRate(Protocol):
    """Where the state of one account is kept."""

    def changed(self, now: float) -> AbstractContextManager[RateState]:
        """The state at ``now``, for this thread alone as long as the block lasts, and kept then."""
        ...


class OwnRate:
    """The state of a session that shares it with nobody."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._state = RateState()

    @contextmanager
    def changed(self, now: float) -> Iterator[RateState]:
        """See ``KeepsRate``."""
        with self._lock:
            self._state.move_to(now)
            yield self._state
            self._state.written_at = now


class SharedRate:
    """The state in ``file``, for every process of this user on this machine.

    Raises ``OSError`` if the file can't be made or is a link.
    """

    def __init__(self, file: Path) -> None:
        self._lock = threading.Lock()
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        self._file = os.open(file, flags, owner_only.FILE)

    @contextmanager
    def changed(self, now: float) -> Iterator[RateState]:
        """See ``KeepsRate``."""
        with self._lock:
            fcntl.flock(self._file, fcntl.LOCK_EX)
            try:
                state = RateState.unpacked(os.pread(self._file, _FORMAT.size + 4, 0))
                state.move_to(now)
                yield state
                state.written_at = now
                os.pwrite(self._file, state.packed(), 0)
            finally:
                fcntl.flock(self._file, fcntl.LOCK_UN)

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)


def shared_rate(base_url: str, key: str, folder: Path | None = None) -> KeepsRate:
    """The state that all processes of this user share for an account; one of its own where none can be.

    Its name tells neither key nor address: it is their hash, with a salt that is in the folder.
    """
    try:
        return SharedRate(_file(base_url, key, folder or runtime_folder()))
    except OSError:
        return OwnRate()


def runtime_folder() -> Path:
    """Where the states are, the same for a person and for a scheduled job of the same user."""
    given = os.environ.get(FOLDER_VARIABLE)
    return Path(given) if given else Path.home() / ".cache" / "shipsync" / "rates"


def _file(base_url: str, key: str, folder: Path) -> Path:
    owner_only.make_folder(folder)
    salt = local_key.made_or_read(folder / "salt")
    # Another start of the machine, or another machine with this home folder, has another clock.
    boot = _BOOT.read_text() if _BOOT.exists() else os.uname().nodename
    what = "\0".join((base_url.rstrip("/"), key, boot)).encode()
    file = folder / f"{blake2b(what, key=salt, digest_size=16).hexdigest()}.rate"
    if not file.exists():
        _tidy(folder)
    return file


def _tidy(folder: Path) -> None:
    """Remove states that nobody has used for a week."""
    newest = max((file.stat().st_mtime for file in folder.glob("*.rate")), default=0.0)
    for file in folder.glob("*.rate"):
        if file.stat().st_mtime < newest - _OLD_SECONDS:
            file.unlink(missing_ok=True)
