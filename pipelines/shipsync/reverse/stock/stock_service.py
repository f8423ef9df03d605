"""The round of a stock change on one database file: plan, apply, look, resolve.

``apply`` and ``resolve`` write, so they hold the run lock; all of them raise ``DatabaseError`` when the
file cannot be used and ``LockHeld`` while another run has it.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from shipsync import clock
from shipsync.api.session import Session
from shipsync.connection import Connection, RateSettings
from shipsync.errors import ShipsyncError, UsageError
from shipsync.reverse.outbox import applied_run
from shipsync.reverse.outbox.apply import ApplyReport, apply_plan, check_applicable
from shipsync.reverse.outbox.owner import check_is_there, check_own_ledger
from shipsync.reverse.outbox.rollout import WriteProgress
from shipsync.reverse.outbox.states import Source, WriteState
from shipsync.reverse.outbox.store import LedgerEntry, LedgerEvent, Outbox, all_kinds, connections
from shipsync.reverse.plan.guards import Guards
from shipsync.reverse.plan.row import Plan
from shipsync.reverse.plan.row_sources import RowSource, read_source
from shipsync.reverse.stock.change import KIND, Change
from shipsync.reverse.stock.planner import plan_stock
from shipsync.reverse.stock.readings import LevelReader, list_pages
from shipsync.reverse.stock.verify import Verification, verify
from shipsync.warehouse import lock, runs
from shipsync.warehouse.copies import readable
from shipsync.warehouse.database import connect
from shipsync.warehouse.ledger import migrate


def plan(
    pace: RateSettings,
    database: Path,
    source: RowSource,
    *,
    guards: Guards | None = None,
    default_change: Change = Change.ADJUST,
) -> Plan:
    """A plan for the rows of a source, against what the database holds; sends nothing.

    Raises ``InputFileError`` for a source that cannot be read and ``UsageError`` before the first sync.
    """
    with readable(database) as con:
        given = read_source(con, source)
        return plan_stock(
            con, given, pace, now=clock.now(), guards=guards, default_change=default_change
        )


def apply(
    connection: Connection,
    session: Session,
    plan: Plan,
    *,
    progress: Callable[[WriteProgress], None] | None = None,
    only_first: bool = False,
    reads_back: bool = False,
) -> tuple[ApplyReport, Verification | None]:
    """Carry out the ready rows of a plan; see ``apply_plan``. The run is recorded in the ledger.

    With ``reads_back`` the levels of all its applied rows are read at the end and compared; None if
    that was not asked for, or if the run ended early (then, or because they could not be read).
    """
    check_applicable(plan, connection)
    check_is_there(connection.database)
    with lock.hold(connection.database), connect(connection.database) as con:
        migrate(con)
        check_own_ledger(con, connection, plan.ledger_id)
        run_id = runs.begin(con, "stock apply")
        report = apply_plan(con, session, plan, progress=progress, only_first=only_first)
        applied_run.end(con, run_id, [report])
        if not reads_back or report.stopped_by or report.interrupted:
            return report, None
        applied = Outbox(con, plan.connection, KIND).entries(report.applied)
        reader = LevelReader(session, clock.SystemPacing())
        pages = list_pages(plan.observed_levels, connection)
        requests, looked = session.requests_sent, None
        try:
            looked = verify([applied[key] for key in report.applied], reader, pages)
        except ShipsyncError as error:
            # What was applied must still be told, whatever keeps it from being read back.
            report = replace(report, stopped_by=error)
        except KeyboardInterrupt:
            report = replace(report, interrupted=True)
        requests = report.requests + session.requests_sent - requests
        return replace(report, requests=requests), looked


def outcomes(database: Path, connection_name: str) -> list[LedgerEntry]:
    """Every write of every kind that was ever taken up for a connection, the latest first."""
    with readable(database) as con:
        return all_kinds(con, connection_name)


def connections_written_for(database: Path) -> list[str]:
    """The connections that have writes in this database's ledger."""
    with readable(database) as con:
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
        "`shipsync stock status --state unknown` lists them."
    )
