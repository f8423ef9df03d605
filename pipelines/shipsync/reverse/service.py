"""Writing back on one database file, for every kind: plan, apply, see what became of it, resolve.

What applies or resolves writes the ledger, so it holds the run lock; a plan that is not kept in a file is
made under it. All raise ``DatabaseError`` when the file cannot be used and ``LockHeld`` while another run
has it.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from shipsync import clock
from shipsync.errors import ShipsyncError, UsageError
from shipsync.reverse.outbox.owner import (
    check_is_there,
    check_own_ledger,
    check_released,
    ledger_id,
)
from shipsync.reverse.outbox.states import Source, WriteState
from shipsync.reverse.outbox.store import (
    STATEMENTS,
    LedgerEntry,
    LedgerEvent,
    Outbox,
    all_kinds,
    connections,
)
from shipsync.reverse.plan.progress import PlanProgress, unwatched
from shipsync.reverse.stock import stored
from shipsync.statements import statement
from shipsync.warehouse import lock, runs
from shipsync.warehouse.copies import readable
from shipsync.warehouse.database import connect
from shipsync.warehouse.ledger import migrate

# What plans and sends is imported where that is done: to look at the ledger needs none of it, and is quick.
if TYPE_CHECKING:
    from shipsync.connection import Connection
    from shipsync.reverse.applying import Applied, Applying
    from shipsync.reverse.outbox.redaction import Recorded
    from shipsync.reverse.plan.row import Family, Plan, PlanRow
    from shipsync.reverse.planners import MakePlan, OrdersAccount


def planned(database: Path, make: MakePlan) -> Plan:
    """A plan against the database as it is; nothing is sent.

    Raises ``InputFileError`` for a source that cannot be read and ``UsageError`` before the first sync.
    """
    with readable(database, is_ledger=True) as con:
        return replace(make(con), ledger_id=ledger_id(con))


def plan_document(plan: Plan, account: OrdersAccount) -> dict[str, object]:
    """The plan as its file has it, with of buyers only what the account's settings keep."""
    from shipsync.reverse.kinds import KINDS
    from shipsync.reverse.outbox.redaction import recorded_under
    from shipsync.reverse.plan import file

    kept = file.document(plan)
    if account.personal_data != "keep":
        recorded = recorded_under(account)
        for row, said in zip(plan.rows, kept["rows"], strict=True):
            if row.request is not None:
                said["request"] = KINDS[row.kind].write(row, recorded).recorded
    return kept


def save_plan(plan: Plan, path: Path, database: Path, progress: PlanProgress = unwatched) -> None:
    """Keep a plan in a file, signed with the key beside the database that it was made from.

    Raises ``UsageError`` when it cannot be written.
    """
    from shipsync.reverse.plan import file
    from shipsync.reverse.plan.signature import signing_key

    file.save(plan, path, signing_key(database), progress)


def redact_plan(path: Path, done: Applied, connection: Connection) -> bool:
    """Take what names people out of a plan's file, once nothing of it is to be sent any more.

    Whether that was done: it is not where personal data is kept, and not while a row is left or its outcome
    is not known. Applied again, the plan still tells what became of it. Raises ``UsageError`` when the file
    cannot be written.
    """
    from shipsync.reverse.outbox.redaction import recorded_under
    from shipsync.reverse.plan import file

    plan = done.plan
    if connection.personal_data == "keep" or plan.digest_when_sent is not None:
        return False
    settled = WriteState.APPLIED, WriteState.REJECTED
    is_open = done.left or done.interrupted or done.stopped_by is not None
    if is_open or sum(done.counts[state] for state in settled) < len(plan.ready):
        return False
    recorded = recorded_under(connection)
    rows = tuple(_redacted(row, recorded) for row in plan.rows)
    if rows == plan.rows:
        return False
    redacted = replace(plan, rows=rows, digest_when_sent=file.digest(plan))
    save_plan(redacted, path, connection.database)
    return True


def _redacted(row: PlanRow, recorded: Recorded) -> PlanRow:
    """A row as it may be kept when it was sent; what an invalid one had in its cells, nobody needs."""
    from shipsync.reverse.kinds import KINDS
    from shipsync.reverse.orders.shipment_kind import CREATE_SHIPMENT

    if row.request is not None:
        return replace(row, request=KINDS[row.kind].write(row, recorded).recorded)
    if row.problem is not None and row.kind == CREATE_SHIPMENT.name:
        return replace(row, reason=None)
    return row


def load_plan(path: Path, family: Family, database: Path) -> Plan:
    """The plan in a file, made from this database.

    Raises ``InputFileError`` if it is none of the family, not as it was made, or not signed here.
    """
    from shipsync.reverse.kinds import FIGURES
    from shipsync.reverse.plan import file
    from shipsync.reverse.plan.signature import checking_key

    check_is_there(database)
    return file.load(path, family, lambda: checking_key(database, path), FIGURES)


def planned_and_applied(
    connection: Connection, command: str, make: MakePlan, how: Applying
) -> Applied:
    """Make a plan and carry it out, as a run of ``command``; one that is stopped is not carried out.

    Raises ``ConfigurationError`` for a read-only connection, before anything else.
    """
    from shipsync.reverse.applying import Applied
    from shipsync.reverse.outbox.apply import check_may_write

    check_may_write(connection)
    with lock.hold(connection.database):
        plan = planned(connection.database, make)
        if plan.stopped_by:
            return Applied(plan)
        return _carried_out(connection, command, plan, how, has_invalid=plan.has_invalid)


def applied(connection: Connection, command: str, plan: Plan, how: Applying) -> Applied:
    """Carry out a plan that was made before, as a run of ``command``.

    Raises ``UsageError`` for a plan that was stopped or is for another connection or ledger, and
    ``ConfigurationError`` for a read-only connection.
    """
    from shipsync.reverse.applying import check_applicable

    check_applicable(plan, connection)
    check_is_there(connection.database)
    with lock.hold(connection.database):
        return _carried_out(connection, command, plan, how)


def _carried_out(
    connection: Connection,
    command: str,
    plan: Plan,
    how: Applying,
    *,
    has_invalid: bool = False,
) -> Applied:
    from shipsync.reverse.applying import apply_plan
    from shipsync.reverse.outbox.apply import end_run

    with connect(connection.database) as con:
        migrate(con)
        check_own_ledger(con, connection, plan.ledger_id)
        check_released(con)
        run_id = runs.begin(con, command)
        try:
            done = apply_plan(con, plan, how)
        except ShipsyncError as error:
            runs.end(con, run_id, "failed", requests=0, error=str(error))
            raise
        end_run(con, run_id, done.reports, has_invalid=has_invalid)
        return done


def outcomes(database: Path, connection_name: str) -> list[LedgerEntry]:
    """Every write of every kind that was ever taken up for a connection, the latest first."""
    with readable(database, is_ledger=True) as con:
        return all_kinds(con, connection_name)


def location_names(database: Path) -> dict[str, str]:
    """What people call the locations of stock, by id."""
    with readable(database, is_ledger=True) as con:
        return stored.location_names(con)


def connections_written_for(database: Path) -> list[str]:
    """The connections that have writes in this database's ledger."""
    with readable(database, is_ledger=True) as con:
        return connections(con)


def resolve(
    database: Path,
    connection_name: str,
    key: str,
    *,
    applied: bool,
    because: str,
    kind: str | None = None,
) -> LedgerEntry:
    """Record what a person found out about a write whose outcome nobody knew.

    Returns the write as it stands then. Raises ``UsageError`` for an unknown key, a write that is
    settled, an empty reason, and a key that two kinds of write have when ``kind`` is not given.
    """
    if not because.strip():
        raise UsageError('Say what the decision rests on: --because "counted the shelf".')
    with lock.hold(database), connect(database) as con:
        migrate(con)
        entry = _only(all_kinds(con, connection_name), key, kind)
        outbox = Outbox(con, connection_name, entry.kind)
        if not entry.is_unsettled:
            raise UsageError(
                f"The outcome of {key} is known ({entry.state}: {entry.reason or 'answered'}); there is "
                "nothing to resolve."
            )
        state = WriteState.APPLIED if applied else WriteState.REJECTED
        outbox.append(
            [
                LedgerEvent(
                    key,
                    state,
                    Source.PERSON,
                    clock.now(),
                    entry.plan_digest,
                    entry.attempt,
                    reading_after=entry.reading_after,
                    reason=because.strip(),
                )
            ]
        )
        return outbox.entries([key])[key]


def release(database: Path, *, because: str) -> datetime:
    """Record that what was sent between a backup and its restore is accounted for.

    Returns when the backup was taken. Raises ``UsageError`` for an empty reason, and where no restore waits.
    """
    if not because.strip():
        raise UsageError('Say what it rests on: --because "all files since Monday are archived".')
    with lock.hold(database), connect(database) as con:
        migrate(con)
        held = con.execute(statement(STATEMENTS, "restores_held")).fetchone()
        if held is None:
            raise UsageError("No restore waits for this; writes go out already.")
        values = {"released_at": clock.now(), "because": because.strip()}
        con.execute(statement("shipsync.warehouse", "release_restores"), values)
        taken_at: datetime = held[0]
        return taken_at


def _only(entries: Sequence[LedgerEntry], key: str, kind: str | None) -> LedgerEntry:
    """The one write that is meant; a settled one only if no unsettled one has the key."""
    found = [e for e in entries if e.row_key == key and kind in (None, e.kind)]
    meant = [entry for entry in found if entry.is_unsettled] or found
    if len(meant) > 1:
        kinds = ", ".join(entry.kind for entry in meant)
        raise UsageError(
            f"{len(meant)} writes have the key {key!r}; say which with --kind: {kinds}."
        )
    if not meant:
        raise UsageError(_no_such_key(key, [e.row_key for e in entries if e.is_unsettled]))
    return meant[0]


def _no_such_key(key: str, keys: Sequence[str]) -> str:
    close = difflib.get_close_matches(key, keys, n=1)
    if close:
        return f"There is no row with the key {key!r}; did you mean {close[0]!r}?"
    return (
        f"There is no row with the key {key!r}. {len(keys)} rows have no known outcome; "
        "`shipsync writes status --state unknown` lists them."
    )
