"""One run at a time on one database: a lock that the system gives back when its holder dies.

Beside the lock stands who found it held since it was last free: a job that steps aside every five minutes
would otherwise look as if all were well.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Final

import orjson

from shipsync import clock, owner_only
from shipsync.errors import LockHeld
from shipsync.plurals import counted
from shipsync.warehouse import processes
from shipsync.warehouse.database import explained

LONG: Final = timedelta(hours=1)
"""A run takes minutes; one that is at work for longer than this may hang."""


@dataclass(frozen=True)
class Holder:
    """The process that holds the lock, as it wrote itself down; ``since`` and ``program`` may be unknown."""

    process: str
    since: datetime | None
    program: str | None = None

    @property
    def subject(self) -> str:
        """Program and process, as a sentence begins."""
        if self.program:
            return f"{self.program} (process {self.process})"
        return f"Process {self.process}"

    def __str__(self) -> str:
        named = (
            f"{self.program}, process {self.process}" if self.program else f"process {self.process}"
        )
        return f"{named}, since {_minute(self.since)}" if self.since else named


@dataclass(frozen=True)
class LockState:
    """How the lock stands: its ``holder`` (None: it is free), and what stepped aside since it was free.

    ``refused`` counts commands that ended with exit code 4, from ``first_refused_at`` on.
    """

    holder: Holder | None
    refused: int = 0
    first_refused_at: datetime | None = None

    def complaint(self, now: datetime) -> str | None:
        """What a person should know of it at ``now``, as a sentence; None if all is well.

        That is: two commands in a row stepped aside, or one and an hour ago, or a run is at work for
        more than an hour.
        """
        begun = self.holder.since if self.holder else None
        is_long = begun is not None and now - begun > LONG
        first = self.first_refused_at
        if not (is_long or self.refused > 1 or (first is not None and now - first > LONG)):
            return None
        said = []
        if first is not None:
            times = counted(self.refused, "command", "commands in a row")
            said.append(
                f"{times} stepped aside for another run (exit code 4), the first at {_minute(first)}."
            )
        if self.holder is None:
            said.append("Nothing holds the lock now; the next run goes on.")
        else:
            since = f" since {_minute(begun)}" if begun else ""
            said.append(
                f"{self.holder.subject} is at work{since}. If it hangs, stop it; what it loaded "
                "is kept, and run_deadline_hours bounds how long a run may ask the account."
            )
        return " ".join(said)


@contextmanager
def hold(database: Path) -> Iterator[None]:
    """Hold the run lock of ``database``; raises ``LockHeld`` at once if another run has it.

    The lock is on ``<database>.lock``, which stays behind: only the hold on it counts, and that ends
    with the process however it ends.
    """
    path = _lock_file(database)
    with explained(path):
        owner_only.make_folder(path.parent)
        file = _opened(path, os.O_CREAT)
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = _holder(file)
            _note_refusal(database)
            raise LockHeld(
                f"Another run is at work on {database} ({holder}). Wait for it to end, or stop it."
            ) from None
        with explained(path):
            file.truncate(0)
            file.write(f"{os.getpid()} {clock.now().isoformat()} {processes.own_name()}".encode())
            file.flush()
            _refusals(database).unlink(missing_ok=True)
        try:
            yield
        finally:
            file.truncate(0)


def state(database: Path) -> LockState:
    """How the lock of ``database`` stands; never waits, changes nothing and never fails.

    The lock itself is not tried: a run that came just then would find it held.
    """
    refused = _read_refusals(database)
    try:
        with _opened(_lock_file(database)) as file:
            holder = _holder(file)
    except OSError:
        return refused
    is_held = _lives(holder.process)
    return LockState(holder if is_held else None, refused.refused, refused.first_refused_at)


def is_at_rest(database: Path) -> bool:
    """Whether the last run on ``database`` came to its end; False while one is at work, and after a kill."""
    try:
        return _lock_file(database).stat().st_size == 0
    except OSError:
        return True


def _lock_file(database: Path) -> Path:
    return database.with_name(f"{database.name}.lock")


def _refusals(database: Path) -> Path:
    return database.with_name(f"{database.name}.stepped-aside.json")


def _opened(path: Path, *flags: int) -> IO[bytes]:
    # A link somebody else left in its place would have another file emptied.
    wanted = os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW | sum(flags)
    return os.fdopen(os.open(path, wanted, owner_only.FILE), "r+b")


def _holder(file: IO[bytes]) -> Holder:
    file.seek(0)
    process, _, rest = file.read(200).decode("ascii", "replace").partition(" ")
    since, _, program = rest.partition(" ")
    return Holder(process or "unknown", _instant(since), program or None)


def _lives(process: str) -> bool:
    """Whether the process that wrote itself down is still there; killed, it leaves its number behind."""
    if not process.isdecimal():
        return False
    try:
        os.kill(int(process), 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def _note_refusal(database: Path) -> None:
    """Count one more command that stepped aside; where it can't be written, that is no matter."""
    before = _read_refusals(database)
    first = before.first_refused_at or clock.now()
    noted = {"refused": before.refused + 1, "first_refused_at": first.isoformat()}
    with contextlib.suppress(OSError):
        owner_only.replace_file(_refusals(database), orjson.dumps(noted))


def _read_refusals(database: Path) -> LockState:
    try:
        kept = orjson.loads(_refusals(database).read_bytes())
        return LockState(None, int(kept["refused"]), _instant(kept["first_refused_at"]))
    except (OSError, ValueError, LookupError, TypeError):
        return LockState(None)


def _instant(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None


def _minute(moment: datetime | None) -> str:
    return "an unknown time" if moment is None else f"{moment:%Y-%m-%d %H:%M} UTC"
