"""One run at a time on one database: a lock that the system gives back when its holder dies."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shipsync.errors import LockHeld
from shipsync.warehouse.database import explained


@contextmanager
def hold(database: Path) -> Iterator[None]:
    """Hold the run lock of ``database``; raises ``LockHeld`` at once if another run has it.

    The lock is on ``<database>.lock``, which stays behind: only the hold on it counts, and that ends
    with the process however it ends.
    """
    path = database.with_name(f"{database.name}.lock")
    with explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("a+")
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            holder = file.read().strip() or "unknown"
            raise LockHeld(
                f"Another run is at work on {database} (process {holder}). Wait for it to end, or stop it."
            ) from None
        with explained(path):
            file.truncate(0)
            file.write(str(os.getpid()))
            file.flush()
        yield
