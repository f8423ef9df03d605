"""A folder for the time of some work, and the removal of those that killed work left behind.

What is in it may be the whole database. Nobody who is killed tidies up, so whoever makes the next folder
does. A file in each is locked as long as its process lives: numbers of processes are given again, mean
nothing in another container, and stay while nobody asks how the process ended.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import gettempdir, mkdtemp
from typing import Final

_PREFIX: Final = "shipsync-"
_LOCK: Final = "alive"


@contextmanager
def scratch_folder(purpose: str, parent: Path | None = None) -> Iterator[Path]:
    """A new folder for its owner alone, gone at the end; what killed processes left is removed before.

    It is below ``parent``, the system's folder for temporary files if that is None, and ``purpose`` is in its
    name.
    """
    parent = parent or Path(gettempdir())
    _remove_leftovers(parent)
    # It has its name, by which others find it, when its lock is held.
    made = Path(mkdtemp(prefix=f".{_PREFIX}", dir=parent))
    with (made / _LOCK).open("wb") as held:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        folder = made.rename(parent / f"{_PREFIX}{purpose}-{secrets.token_hex(8)}")
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _remove_leftovers(parent: Path) -> None:
    for folder in parent.glob(f"{_PREFIX}*"):
        if _is_ours(folder) and _is_free(folder):
            shutil.rmtree(folder, ignore_errors=True)


def _is_ours(folder: Path) -> bool:
    """Whether it is a folder of this user's, and no link to one."""
    try:
        return not folder.is_symlink() and folder.stat().st_uid == os.getuid()
    except OSError:
        return False


def _is_free(folder: Path) -> bool:
    """Whether nobody holds its lock; a folder without one is somebody's who tidies up, or no such folder."""
    try:
        with (folder / _LOCK).open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
