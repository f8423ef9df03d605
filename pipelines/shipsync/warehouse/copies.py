"""Reading the database without standing in the way of a run: from the copy for readers, or one of the moment.

DuckDB lets no program write a file that another reads. A momentary copy is taken without opening the file
in DuckDB. It is good if nobody wrote meanwhile: the file and its log then are what a crash at that moment
would leave, which DuckDB opens as of the last commit.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Final

import duckdb

from shipsync import owner_only
from shipsync.errors import DatabaseError, DatabaseLocked, UsageError
from shipsync.warehouse import read_copy
from shipsync.warehouse.database import connect, explained
from shipsync.warehouse.scratch import scratch_folder

_ATTEMPTS = 3
ANOTHER_PLACE: Final = "Name another place for the copy; nothing was changed."


@contextmanager
def readable(
    database: Path,
    opened: Callable[[Path], duckdb.DuckDBPyConnection] | None = None,
    *,
    is_ledger: bool = False,
) -> Iterator[duckdb.DuckDBPyConnection]:
    """``database`` open to read for the time of the block, without keeping a run from it or waiting for one.

    That is the copy for readers where it is current or a run is at work, and else the database itself, for
    short readings. ``is_ledger``: what is asked for must be the newest, as a consumer's place or the outcome
    of a write on its way; while a run has the database open, a momentary copy of that is read. ``opened``
    opens a file in another way than ``connect``. Errors as for ``copied``.
    """
    opened = opened or _read_only
    if not database.exists():
        raise DatabaseError(f"There is no database at {database} yet; run `shipsync sync` first.")
    with ExitStack() as held:
        yield _opened(held, database, opened, is_ledger)


def _opened(
    held: ExitStack,
    database: Path,
    opened: Callable[[Path], duckdb.DuckDBPyConnection],
    is_ledger: bool,
) -> duckdb.DuckDBPyConnection:
    if read_copy.is_current(database) or (not is_ledger and read_copy.serves(database)):
        con = _opened_copy(held, database, opened)
        if con is not None:
            return con
    with ExitStack() as trial:
        try:
            with explained(database):
                con = trial.enter_context(opened(database))
        except DatabaseLocked:
            con = None
        # A run that began just now may have committed a part of its work, and let go of the file.
        if not is_ledger and read_copy.serves(database):
            copy = _opened_copy(held, database, opened)
            if copy is not None:
                return copy
        if con is not None:
            held.push(trial.pop_all())
            return con
    return held.enter_context(opened(held.enter_context(copied(database))))


def _opened_copy(
    held: ExitStack, database: Path, opened: Callable[[Path], duckdb.DuckDBPyConnection]
) -> duckdb.DuckDBPyConnection | None:
    """The copy for readers; None where it can't be opened, as when somebody has it open to write."""
    try:
        return held.enter_context(opened(read_copy.path_of(database)))
    except (DatabaseError, duckdb.Error):
        return None


def _read_only(file: Path) -> duckdb.DuckDBPyConnection:
    return connect(file, read_only=True)


@contextmanager
def copied(database: Path) -> Iterator[Path]:
    """A copy of ``database`` for the time of the block, to be opened instead of it.

    Raises ``DatabaseError`` when there is none, ``DatabaseLocked`` when it was written to throughout.
    """
    if not database.exists():
        raise DatabaseError(f"There is no database at {database} yet; run `shipsync sync` first.")
    with scratch_folder("copy") as folder, explained(database):
        copy = folder / database.name
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


def of_one_state(held: ExitStack, database: Path) -> Path:
    """The copy for readers where it serves, else a momentary copy, which is gone when ``held`` is closed.

    Neither is of the middle of a run. Errors as for ``copied``.
    """
    if not read_copy.serves(database):
        copy = held.enter_context(copied(database))
        # A run that began meanwhile may have committed a part of its work before it was taken.
        if not read_copy.serves(database):
            return copy
    return read_copy.path_of(database)


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


def take(database: Path, target: Path) -> int:
    """Copy the database into the new file ``target``, of one state; returns its size in bytes.

    While a run is at work that is what the run before it left. Raises ``UsageError`` if ``target`` is there,
    ``DatabaseError`` when there is no database or ``target`` cannot be written.
    """
    if target.exists():
        raise UsageError(f"{target} is there already. Name a file that is not.")
    part = target.with_name(f"{target.name}.part")
    with ExitStack() as held, explained(target, ANOTHER_PLACE):
        source = of_one_state(held, database)
        if source != read_copy.path_of(database):
            with explained(database):
                # A log beside the copy goes into it.
                connect(source).close()
        with source.open("rb") as old, os.fdopen(owner_only.open_new(part), "wb") as new:
            shutil.copyfileobj(old, new, 1 << 20)
            new.flush()
            os.fsync(new.fileno())
        part.replace(target)
        return target.stat().st_size
