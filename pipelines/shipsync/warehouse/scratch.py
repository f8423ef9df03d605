"""A folder for the time of some work, and the removal of those that killed work left behind.

What is in it may be the whole database. Nobody who is killed tidies up, so whoever makes the next folder
does. A folder's name says which process made it, and when that began, for numbers are given again; and a
lock in it is held as long as the process lives, for the number of a process of another container says nothing
here.
"""

from __future__ import annotations

import fcntl
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import gettempdir, mkdtemp
from typing import Final

from shipsync.warehouse import processes

_PREFIX: Final = "shipsync-"
_NAME: Final = re.compile(rf"{_PREFIX}[a-z]+-(?P<pid>\d+)-(?P<start>\d+)-\w+")
_LOCK: Final = "alive"


@contextmanager
def scratch_folder(purpose: str, parent: Path | None = None) -> Iterator[Path]:
    """A new folder for its owner alone, gone at the end; what killed processes left is removed before.

    It is below ``parent``, the system's folder for temporary files if that is None, and ``purpose`` (a word
    in small letters) is in its name.
    """
    parent = parent or Path(gettempdir())
    _remove_leftovers(parent)
    # It has its name, by which others find it, when its lock is held.
    made = Path(mkdtemp(prefix=f".{_PREFIX}", dir=parent))
    with (made / _LOCK).open("wb") as held:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        pid = os.getpid()
        name = f"{_PREFIX}{purpose}-{pid}-{processes.start_of(pid) or 0}-{secrets.token_hex(4)}"
        folder = made.rename(parent / name)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _remove_leftovers(parent: Path) -> None:
    for folder in parent.glob(f"{_PREFIX}*"):
        found = _NAME.fullmatch(folder.name)
        if found is None or _is_anothers(folder):
            continue
        if not processes.is_alive(int(found["pid"]), int(found["start"])) and _is_free(folder):
            shutil.rmtree(folder, ignore_errors=True)


def _is_anothers(folder: Path) -> bool:
    """Whether another user made it, or it is no folder at all."""
    try:
        return folder.is_symlink() or folder.stat().st_uid != os.getuid()
    except OSError:
        return True


def _is_free(folder: Path) -> bool:
    """Whether nobody holds its lock; a folder without one is somebody's who is tidying up."""
    try:
        with (folder / _LOCK).open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
