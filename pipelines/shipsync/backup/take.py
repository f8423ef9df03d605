"""Taking a backup: one consistent state of the database, copied while runs go on.

The ledger of writes, the offsets of consumers and the events cannot be read from the account again; they
are in the same file as the tables, so that one state of that file has all of them as they belong together.
The copy is made without a lock. Where a run writes throughout, the backup waits for the end of that run
and copies under its lock, which later runs find held for as long as the copy takes.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Final

from shipsync import clock, local_key, owner_only
from shipsync.backup.manifest import DATABASE, KEY, Manifest, described, write
from shipsync.clock import Pacing, SystemPacing
from shipsync.errors import DatabaseError, DatabaseLocked, LockHeld, UsageError
from shipsync.statements import statement
from shipsync.version import __version__
from shipsync.warehouse import lock
from shipsync.warehouse.copies import ANOTHER_PLACE, copied
from shipsync.warehouse.database import connect, explained

STATEMENTS: Final = "shipsync.backup"
Copying = Callable[[Path], AbstractContextManager[Path]]
LONGEST_WAIT: Final = timedelta(hours=1)

_PAUSE_SECONDS: Final = 1.0


def take_backup(
    database: Path,
    account: str,
    folder: Path,
    *,
    pacing: Pacing | None = None,
    copy: Copying = copied,
    step: Callable[[str], None] = lambda _: None,
) -> Manifest:
    """Back up ``database`` into ``folder``, which is made and must not hold anything yet.

    ``folder`` appears whole or not at all. ``copy`` gives a copy of one state of a file, or raises
    ``DatabaseLocked``; ``step`` is told what goes on. Raises ``UsageError`` for a folder
    that is not empty, ``DatabaseError`` if a file cannot be read or written, ``DatabaseLocked`` when runs
    wrote throughout for an hour.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder} is not empty; give a folder for this backup alone.")
    draft = folder.with_name(f"{folder.name}.unfinished")
    with explained(folder, ANOTHER_PLACE):
        owner_only.make_folder(folder.parent)
        # What a backup that was killed has left.
        shutil.rmtree(draft, ignore_errors=True)
        owner_only.make_folder(draft)
    try:
        with explained(folder, ANOTHER_PLACE):
            with _state_of(database, pacing or SystemPacing(), copy, step) as state:
                manifest = _filled(state, local_key.key_file(database), account, draft, step)
            os.replace(draft, folder)  # noqa: PTH105 - of an empty folder, in one step
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    return manifest


def _filled(
    state: Path, key: Path, account: str, draft: Path, step: Callable[[str], None]
) -> Manifest:
    taken_at = clock.now()
    step("copying the database")
    for file in (state, state.with_name(f"{state.name}.wal")):
        if file.exists():
            target = draft / file.name.replace(state.name, DATABASE, 1)
            shutil.move(file, target)
            target.chmod(owner_only.FILE)
    if key.exists():
        shutil.copyfile(key, draft / KEY)
        (draft / KEY).chmod(owner_only.FILE)
    step("checking the copy")
    last_write, last_event = _closed(draft / DATABASE)
    step("writing checksums")
    files = {path.name: described(path) for path in sorted(draft.iterdir())}
    for name in files:
        _onto_disk(draft / name)
    manifest = Manifest(account, taken_at, f"shipsync {__version__}", last_write, last_event, files)
    write(draft, manifest)
    return manifest


@contextmanager
def _state_of(
    database: Path, pacing: Pacing, copy: Copying, step: Callable[[str], None]
) -> Iterator[Path]:
    """A copy of one consistent state."""
    with ExitStack() as held:
        step("copying the database")
        try:
            state = held.enter_context(copy(database))
        except DatabaseLocked:
            step("waiting for the end of the run that writes just now")
            held.enter_context(_lock_in_time(database, pacing))
            state = held.enter_context(copy(database))
        yield state


@contextmanager
def _lock_in_time(database: Path, pacing: Pacing) -> Iterator[None]:
    gives_up_at = pacing.monotonic() + LONGEST_WAIT.total_seconds()
    while pacing.monotonic() < gives_up_at:
        # To try the lock would be counted as a run that stepped aside.
        if lock.state(database).holder is None:
            with ExitStack() as held:
                try:
                    held.enter_context(lock.hold(database))
                except LockHeld:
                    # A run was faster.
                    continue
                yield
                return
        pacing.sleep(_PAUSE_SECONDS)
    raise DatabaseLocked(
        f"Runs have written to {database} for an hour; back it up when they have ended."
    )


def _closed(copy: Path) -> tuple[int, int]:
    """Write the log into the file, so that one file is all; returns the last write and event in it."""
    with connect(copy) as con:
        con.execute("checkpoint")
        tables = {name for (name,) in con.execute(statement(STATEMENTS, "numbered")).fetchall()}
        last = {
            name: con.execute(statement(STATEMENTS, f"last_{name}")).fetchone() for name in tables
        }
    log = copy.with_name(f"{copy.name}.wal")
    if log.exists():
        raise DatabaseError(f"The log of {copy} could not be written into it; back up again.")
    return tuple(row[0] if (row := last.get(name)) else 0 for name in ("outbox", "events"))  # type: ignore[return-value]


def _onto_disk(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
