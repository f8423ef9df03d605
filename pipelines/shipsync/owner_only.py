"""Files and folders that their owner alone can read: nearly all that shipsync keeps is about buyers.

A command makes everything so, by the umask of its process, whatever the umask it was started with. Who uses
the package as a library keeps the umask of the program; there the database, its folders, plans and deliveries
are made so one by one. What is there already keeps the permissions that somebody gave it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

FILE: Final = 0o600
FOLDER: Final = 0o700

_NOT_FOR_OTHERS: Final = 0o077


@contextmanager
def umask() -> Iterator[None]:
    """In the block, this process makes every file and folder for its owner alone."""
    before = os.umask(_NOT_FOR_OTHERS)
    try:
        yield
    finally:
        os.umask(before)


def make_folder(folder: Path) -> None:
    """Make ``folder`` and what is missing above it.

    Raises ``OSError``, also where a file or a link that leads nowhere is in the way.
    """
    above = [folder, *folder.parents]
    missing = above[: next(n for n, path in enumerate(above) if path.is_dir())]
    for path in reversed(missing):
        try:
            os.mkdir(path, FOLDER)  # noqa: PTH102 - it follows no link
        except FileExistsError:
            # Another process may have been faster.
            if not path.is_dir():
                raise


def open_new(file: Path) -> int:
    """A descriptor to write to a file that is made now, in place of one that a crash has left behind.

    Nobody else's file is written into, nor where a link leads. Raises ``OSError``.
    """
    file.unlink(missing_ok=True)
    return os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, FILE)


def replace_file(file: Path, content: bytes) -> None:
    """Write a file whole, in place of one that is there; a reader has either. Raises ``OSError``."""
    draft = file.with_name(f"{file.name}.{os.getpid()}")
    with os.fdopen(open_new(draft), "wb") as opened:
        opened.write(content)
        opened.flush()
        os.fsync(opened.fileno())
    draft.replace(file)


def open_to_append(file: Path) -> int:
    """A descriptor to read a file and to add to its end, made if it is not there. Raises ``OSError``."""
    return os.open(file, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, FILE)
