"""Putting a backup in place, and marking in its ledger what it cannot know.

What was sent to the account after the backup is not in its ledger. So that nothing is sent twice:

::

    a plan that was made before      is refused: the ledger has another identity now
    a write that was on its way      is unknown, and settled by a person (`writes resolve`)
    any other write                  waits until a person says that the time in between is accounted
                                     for (`writes release`): a key that was used then is not known here

Cursors and offsets are those of the backup: the next sync reads what changed since, and consumers are
given the events from there on again, under the same ids.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from shipsync import clock, local_key, owner_only
from shipsync.backup.manifest import DATABASE, KEY, Manifest, check, read
from shipsync.backup.take import STATEMENTS
from shipsync.errors import UsageError
from shipsync.statements import statement
from shipsync.warehouse import lock, read_copy, runs
from shipsync.warehouse.database import connect, explained, transaction
from shipsync.warehouse.ledger import migrate
from shipsync.warehouse.load import forget_loaded


@dataclass(frozen=True)
class Restored:
    """A restore: of which backup, how many writes it found on their way, and where the former file is."""

    manifest: Manifest
    unsettled: int
    former: Path | None


def restore(
    folder: Path,
    database: Path,
    account: str,
    *,
    replace: bool = False,
    step: Callable[[str], None] = lambda _: None,
) -> Restored:
    """Put the backup in ``folder`` in the place of ``database``.

    What is there already is kept beside it, and only touched with ``replace``. Killed at any instant, the
    former database or the restored one is in place, never half of one. Raises ``InputFileError`` for a
    folder that holds no whole backup, ``UsageError`` for one of another account or if there is a database
    and ``replace`` is not given, ``LockHeld`` while a run is at work, ``DatabaseError``.
    """
    manifest = read(folder)
    if manifest.account != account:
        raise UsageError(
            f"{folder} is a backup of account {manifest.account!r}, not {account!r}; choose it with "
            "--connection."
        )
    step("checking the backup")
    check(folder, manifest)
    with lock.hold(database), explained(database):
        if database.exists() and not replace:
            raise UsageError(
                f"{database} exists. With --replace it is moved aside and the backup takes its place; what "
                "was written to the account since the backup is known to it alone."
            )
        now = clock.now()
        draft = database.with_name(f"{database.name}.restoring")
        step("copying the database")
        _copy(folder / DATABASE, draft)
        unsettled = _mark(draft, manifest, now)
        step("putting it in place")
        former = _put_in_place(draft, database, now)
        _restore_key(folder / KEY, local_key.key_file(database), now)
        read_copy.renew(database)
        return Restored(manifest, unsettled, former)


def _mark(draft: Path, manifest: Manifest, now: datetime) -> int:
    """Write into the ledger of the copy what a restored one must know; returns the writes now unknown."""
    with connect(draft) as con:
        migrate(con)
        run_id = runs.begin(con, "restore")
        with transaction(con):
            reason = (
                f"The database was restored from a backup of {manifest.taken_at:%Y-%m-%d %H:%M} UTC, when "
                "this was not settled; whether it was sent afterwards is not known here."
            )
            unsettled = _count(con, "unsettle", now=now, reason=reason)
            con.execute(statement(STATEMENTS, "renew_identity"))
            con.execute(
                statement(STATEMENTS, "record_restore"),
                {"restored_at": now, "taken_at": manifest.taken_at},
            )
        runs.end(con, run_id, "needs_person", requests=0)
        con.execute("checkpoint")
    return unsettled


def _count(con: duckdb.DuckDBPyConnection, name: str, **values: object) -> int:
    row = con.execute(statement(STATEMENTS, name), values).fetchone()
    return 0 if row is None else int(row[0])


def _put_in_place(draft: Path, database: Path, now: datetime) -> Path | None:
    """The draft takes the place of the database in one step, once nothing of the former is in its way."""
    former = None
    # What was half loaded into the former database is read again.
    forget_loaded(database)
    if database.exists():
        former = _beside(database, now)
        os.link(database, former)
        log = database.with_name(f"{database.name}.wal")
        if log.exists():
            # Left by a run that was killed; beside the restored file it would be taken for its log.
            log.rename(former.with_name(f"{former.name}.wal"))
    draft.replace(database)
    return former


def _restore_key(backed_up: Path, key: Path, now: datetime) -> None:
    if not backed_up.exists():
        return
    if key.exists():
        if key.read_bytes() == backed_up.read_bytes():
            return
        key.rename(_beside(key, now))
    draft = key.with_name(f"{key.name}.restoring")
    _copy(backed_up, draft)
    draft.replace(key)


def _beside(file: Path, now: datetime) -> Path:
    return file.with_name(f"{file.name}.before-{now:%Y%m%dT%H%M%S%f}")


def _copy(source: Path, target: Path) -> None:
    with source.open("rb") as read_from, os.fdopen(owner_only.open_new(target), "wb") as file:
        shutil.copyfileobj(read_from, file, 1 << 20)
        file.flush()
        os.fsync(file.fileno())
