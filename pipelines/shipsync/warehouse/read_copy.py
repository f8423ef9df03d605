"""The copy for readers, ``data/<name>.read.duckdb``: what the database was when no run was at work.

DuckDB lets no program write a file that another reads. So whoever stays (a notebook, a BI tool, the
dashboard, an assistant) opens the copy. A run puts a new one in its place at its end, by one rename: a reader
that has the former open keeps it as it is, and nobody ever sees half of one.

The copy has the time of change of the database that it was made of, to the nanosecond: equal times mean
equal contents. It is closed, without a log, and belongs to its owner alone.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb

from shipsync import owner_only
from shipsync.errors import ShipsyncError
from shipsync.warehouse import lock
from shipsync.warehouse.database import connect

_CLONE: Final = 0x40049409
"""Linux's FICLONE: two files share their blocks until one of them is written to."""
SMALL: Final = 256_000_000
"""Bytes that are copied after each run, although nothing changed but the ledger: a tenth of a second."""


def path_of(database: Path) -> Path:
    """Where the copy of ``database`` is, or will be: ``default.duckdb`` has ``default.read.duckdb``."""
    return database.with_name(f"{database.name.removesuffix('.duckdb')}.read.duckdb")


def is_current(database: Path) -> bool:
    """Whether there is a copy, and the database was not changed since it was made."""
    try:
        copy, original = path_of(database).stat(), database.stat()
    except FileNotFoundError:
        return False
    same = (copy.st_mtime_ns, copy.st_size) == (original.st_mtime_ns, original.st_size)
    return same and not _log(database).exists()


def serves(database: Path) -> bool:
    """Whether a reader is to take the copy: it is current, or a run is at work, or was killed at it."""
    if is_current(database):
        return True
    return path_of(database).exists() and not lock.is_at_rest(database)


@dataclass
class Work:
    """What a run says of itself: ``is_ledger_alone`` if it changed nothing but the ledger."""

    is_ledger_alone: bool = False


@contextmanager
def at_work(database: Path) -> Iterator[Work]:
    """Hold the run lock in the block, and put a new copy in place at its end; errors as for ``lock.hold``.

    A run that failed leaves a copy too: what it had committed stays.
    """
    with lock.hold(database):
        work = Work()
        try:
            yield work
        except ShipsyncError:
            renew(database)
            raise
        renew(database, is_ledger_alone=work.is_ledger_alone)


def renew(database: Path, *, is_ledger_alone: bool = False) -> None:
    """Make a new copy, if the database changed; the caller holds the run lock and has the database closed.

    ``is_ledger_alone``: nothing changed but the ledger; of a large file a copy is made for that only where it
    costs nothing. Where none can be made, as on a full disk or of a damaged file, the former
    stays: it is known to be older.
    """
    if is_current(database) or not database.exists():
        return
    part = path_of(database).with_name(f"{path_of(database).name}.part")
    with contextlib.suppress(OSError, duckdb.Error, ShipsyncError):
        if _log(database).exists():
            # A run that was killed leaves a log; whoever opens the file writes it into it.
            connect(database).close()
        try:
            before = database.stat()
            if _copied(database, part, is_clone_only=is_ledger_alone):
                original = database.stat()
                if _log(database).exists() or original.st_mtime_ns != before.st_mtime_ns:
                    # Somebody without the run lock wrote to it: what was copied may be of two states.
                    return
                # Of a file that was damaged or put in its place the former copy may be all that is left.
                connect(part, read_only=True).close()
                os.utime(part, ns=(original.st_atime_ns, original.st_mtime_ns))
                _log(path_of(database)).unlink(missing_ok=True)
                part.replace(path_of(database))
        finally:
            part.unlink(missing_ok=True)


def remove(database: Path) -> None:
    """Take the copy away, and what a killed run left of one; who has it open keeps what he has."""
    copy = path_of(database)
    for file in (copy, copy.with_name(f"{copy.name}.part"), _log(copy)):
        file.unlink(missing_ok=True)


def _copied(source: Path, target: Path, *, is_clone_only: bool) -> bool:
    """Whether ``target`` was made as a copy of ``source``."""
    with source.open("rb") as old, os.fdopen(owner_only.open_new(target), "wb") as new:
        try:
            fcntl.ioctl(new.fileno(), _CLONE, old.fileno())
        except OSError:
            size = os.fstat(old.fileno()).st_size
            if is_clone_only and size > SMALL:
                return False
            copy_bytes(old.fileno(), new.fileno(), size)
    return True


def copy_bytes(source: int, target: int, size: int) -> None:
    """Copy ``size`` bytes between two open files, inside the kernel where it can."""
    done = 0
    while done < size:
        try:
            moved = os.copy_file_range(source, target, size - done)
        except OSError:
            # Another file system than the kernel can do it on.
            break
        if not moved:
            break
        done += moved
    if done < size:
        os.lseek(source, done, os.SEEK_SET)
        os.lseek(target, done, os.SEEK_SET)
        with os.fdopen(os.dup(source), "rb") as old, os.fdopen(os.dup(target), "wb") as new:
            shutil.copyfileobj(old, new, 1 << 20)


def _log(database: Path) -> Path:
    return database.with_name(f"{database.name}.wal")
