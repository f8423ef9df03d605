"""Copies of the database for readers who stay, so that they never stand in the way of a run.

DuckDB lets no program write a file that another reads. A copy is taken without opening the file in
DuckDB. It is good if nobody wrote meanwhile: the file and its log then are what a crash at that moment
would leave, which DuckDB opens as of the last commit.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from shipsync.errors import DatabaseError, DatabaseLocked
from shipsync.warehouse.database import connect, explained

_ATTEMPTS = 3


@contextmanager
def readable(
    database: Path, opened: Callable[[Path], duckdb.DuckDBPyConnection] | None = None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """``database`` open to read for the time of the block: itself, or a copy while a run has it open.

    For short readings; who stays takes a copy. ``opened`` opens a file in another way than
    ``connect``. Errors as for ``copied``.
    """
    opened = opened or _read_only
    if not database.exists():
        raise DatabaseError(f"There is no database at {database} yet; run `shipsync sync` first.")
    with ExitStack() as held:
        try:
            with explained(database):
                con = held.enter_context(opened(database))
        except DatabaseLocked:
            con = held.enter_context(opened(held.enter_context(copied(database))))
        yield con


def _read_only(file: Path) -> duckdb.DuckDBPyConnection:
    return connect(file, read_only=True)


@contextmanager
def copied(database: Path) -> Iterator[Path]:
    """A copy of ``database`` for the time of the block, to be opened instead of it.

    Raises ``DatabaseError`` when there is none, ``DatabaseLocked`` when it was written to throughout.
    """
    if not database.exists():
        raise DatabaseError(f"There is no database at {database} yet; run `shipsync sync` first.")
    with TemporaryDirectory(prefix="shipsync-copy-") as folder, explained(database):
        copy = Path(folder) / database.name
        for _ in range(_ATTEMPTS):
            before = state_of(database)
            _copy(database, copy)
            if state_of(database) == before:
                break
        else:
            raise DatabaseLocked(
                f"{database} is being written to just now; look again when the run has ended."
            )
        try:
            yield copy
        except DatabaseError as error:
            # Nobody knows the copy by name.
            raise type(error)(str(error).replace(str(copy), str(database))) from error


def _copy(database: Path, copy: Path) -> None:
    log = _log(copy)
    log.unlink(missing_ok=True)
    # The log is there only while the file is open, or after a run was killed.
    with suppress(FileNotFoundError):
        shutil.copyfile(_log(database), log)
    shutil.copyfile(database, copy)


def state_of(database: Path) -> tuple[tuple[int, int, int] | None, ...]:
    """What tells whether the file or its log was written to; None for one that is not there."""
    return tuple(_state(file) for file in (database, _log(database)))


def _state(file: Path) -> tuple[int, int, int] | None:
    try:
        stat = file.stat()
    except FileNotFoundError:
        return None
    return (stat.st_ino, stat.st_size, stat.st_mtime_ns)


def _log(database: Path) -> Path:
    return database.with_name(f"{database.name}.wal")
