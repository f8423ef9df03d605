"""What went wrong while the database was in use, in a sentence: the database's fault or something else's.

::

    complaint of DuckDB ── of its file ──▶ locked, damaged, disk full, not writable
                        └─ of a statement or of memory ──▶ what DuckDB said
    complaint of the system ── of the database's own files or folder ──▶ not writable, disk full
                            ├─ of a limit of this machine ──▶ which one
                            └─ of any other file ──▶ that file, by name

A sentence that sends somebody to the wrong place costs more than one that says little: only what is sure
to concern the database's place asks for another one.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import duckdb

from shipsync.errors import (
    DatabaseCorrupt,
    DatabaseError,
    DatabaseLocked,
    MemoryExhausted,
    ShipsyncError,
)
from shipsync.warehouse.processes import holder_of

_DISK_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_TOO_MANY_FILES: Final = frozenset({errno.EMFILE, errno.ENFILE})
_PACKAGE: Final = Path(__file__).resolve().parents[1]

# What DuckDB raises where it reads or writes its file; a commit that could not be written is of the last.
_OF_STORAGE: Final = (
    duckdb.IOException,
    duckdb.FatalException,
    duckdb.InternalException,
    duckdb.SerializationException,
    duckdb.TransactionException,
)
# DuckDB gives no codes for what is wrong with a file, so that its texts must do.
_SIGNS_OF_FULL_DISK: Final = ("no space left", "disk full", "file too large", "disk quota exceeded")
_SIGNS_OF_DAMAGE: Final = (
    "not a valid duckdb database",
    "could not read enough bytes",
    "checksum",
    "corrupt",
    "failed to deserialize",
)
_NEWER: Final = "a database file with version number"
_SIGNS_OF_NO_ACCESS: Final = ("read-only file system", "permission denied", "cannot open file")
_ELSEWHERE: Final = "Give a folder that can be written to with --database; nothing was changed."


@contextmanager
def explained(path: Path, remedy: str = _ELSEWHERE) -> Iterator[None]:
    """Turn what DuckDB or the system complains of, while the database at ``path`` is used, into ours.

    Raises ``DatabaseError`` or a kind of it for what concerns the database, ``ShipsyncError`` for a file
    or a limit that has nothing to do with it. ``remedy`` says what to do where its place can't be written.
    """
    try:
        yield
    except duckdb.Error as error:
        raise _of_duckdb(path, error, remedy) from error
    except OSError as error:
        raise _of_system(path, error, remedy) from error


def is_lock(error: BaseException) -> bool:
    """Whether DuckDB refused a file because another program has it open."""
    text = str(error).lower()
    return isinstance(error, duckdb.IOException) and (
        "conflicting lock" in text or "could not set lock" in text
    )


def _of_duckdb(path: Path, error: duckdb.Error, remedy: str) -> DatabaseError:
    first, text = str(error).splitlines()[0], str(error).lower()
    if is_lock(error):
        holder = holder_of(str(error))
        named = f" ({holder})" if holder else ""
        return DatabaseLocked(
            f"{path} is open in another program{named}: a run of shipsync that is at work, a notebook, a BI "
            "tool. Wait for its end, or close it there, and try again; nothing was changed. What reads and "
            "stays opens the copy beside it, whose name ends in .read.duckdb."
        )
    if isinstance(error, duckdb.ConnectionException) and "different configuration" in text:
        return DatabaseLocked(
            f"{path} is open elsewhere in this program, in another way. Close it there and try again; "
            "nothing was changed."
        )
    of_storage = isinstance(error, _OF_STORAGE)
    may_be_full = of_storage or isinstance(error, duckdb.OutOfMemoryException)
    if may_be_full and _has(text, _SIGNS_OF_FULL_DISK):
        return _full(path)
    if of_storage and _NEWER in text:
        return DatabaseError(
            f"{path} was written by a newer DuckDB than {duckdb.__version__}, which this shipsync has: "
            f"{first} Use the shipsync that wrote it, or a newer one; the file was left as it is."
        )
    if of_storage and _has(text, _SIGNS_OF_DAMAGE):
        return DatabaseCorrupt(
            f"{path} is not a DuckDB database, or it is damaged. Restore a copy, or move it away, then run "
            "`shipsync sync`: it reads the account again. The ledger of what was written to the account is "
            "in such a copy alone. The file was left as it is."
        )
    if of_storage and path.is_dir():
        return DatabaseError(
            f"{path} is a folder, and a database is a file. Name another with --database."
        )
    if of_storage and path.name.lower() in text and _has(text, _SIGNS_OF_NO_ACCESS):
        return DatabaseError(f"{path} can't be written: {first}. {remedy}")
    if isinstance(error, duckdb.OutOfMemoryException):
        return MemoryExhausted(
            f"DuckDB needed more memory, or more room beside {path}, than it may have: {first}. Raise "
            "memory_limit_mb or lower checkpoint_pages, free some room on the disk, and run again; what "
            "was committed before is kept."
        )
    return DatabaseError(f"{path} failed: {first}")


def _of_system(path: Path, error: OSError, remedy: str) -> ShipsyncError:
    said = error.strerror or str(error) or type(error).__name__
    if error.errno in _TOO_MANY_FILES:
        return ShipsyncError(
            f"{said}: this machine lets shipsync open no more. Raise the limit (`ulimit -n`) or end other "
            "programs, and run again; what was committed before is kept."
        )
    if error.errno in _DISK_FULL:
        return _full(Path(error.filename2 or error.filename or path))
    if error.errno == errno.ENOMEM:
        return ShipsyncError(
            "The machine has no memory left. End other programs and run again; what was committed before "
            "is kept."
        )
    file = None if error.filename is None else Path(str(error.filename))
    if file is not None and _is_of(path, file):
        return DatabaseError(f"{file} can't be used: {said}. {remedy}")
    if file is not None and _PACKAGE in file.resolve().parents:
        return ShipsyncError(
            f"{file}, a part of shipsync, can't be read: {said}. Install it again."
        )
    subject = "The system refused a call" if file is None else f"{file} can't be used"
    return ShipsyncError(
        f"{subject}: {said}. The database at {path} is not the cause; what was committed before is kept."
    )


def _full(file: Path) -> DatabaseError:
    return DatabaseError(
        f"The disk is full: {file} could not be written. Free some space and run again; what was "
        "committed before is kept."
    )


def _is_of(database: Path, file: Path) -> bool:
    """Whether ``file`` is the database, one of the files beside it, or a folder it lies in."""
    database, file = database.absolute(), file.absolute()
    beside = database.parent
    within = file.relative_to(beside).parts if file.is_relative_to(beside) else ()
    name = database.name.removesuffix(".lock")
    return file in database.parents or (bool(within) and within[0].startswith(name))


def _has(text: str, signs: tuple[str, ...]) -> bool:
    return any(sign in text for sign in signs)
