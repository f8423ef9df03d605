"""Applying a plan of shipments, cancellations or fulfillments, kind by kind in the plan's order."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import duckdb

from shipsync.api.session import Session
from shipsync.clock import Pacing, SystemPacing
from shipsync.errors import ShipsyncError
from shipsync.reverse.orders.kinds import ORDER_KINDS, OrderWrites
from shipsync.reverse.orders.read_back import ReadBack, read_back
from shipsync.reverse.outbox.apply import ApplyReport, apply_writes, check_apart
from shipsync.reverse.outbox.owner import check_own_ledger
from shipsync.reverse.outbox.rollout import Pick, WriteProgress
from shipsync.reverse.outbox.store import LedgerEntry, Outbox
from shipsync.reverse.outbox.write import Write
from shipsync.reverse.plan.write_plan import WritePlan, WriteRow
from shipsync.reverse.plan.write_plan_file import digest
from shipsync.reverse.stock.proof import LATE_COMMIT_WAIT


@dataclass(frozen=True)
class Applying:
    """How writes are carried out: through which session, at what pace, told to whom.

    ``only_first`` takes the first line that is still to be done, with all that belongs to it;
    ``reads_back`` looks at the end whether the account holds what was applied.
    """

    session: Session
    pacing: Pacing = field(default_factory=SystemPacing)
    progress: Callable[[WriteProgress], None] | None = None
    only_first: bool = False
    reads_back: bool = False
    in_flight: int | None = None
    late_commit_wait: timedelta = LATE_COMMIT_WAIT


@dataclass(frozen=True)
class Applied:
    """What became of a plan, kind by kind.

    ``read_back`` is None unless that was asked for and the run came to its end.
    """

    plan: WritePlan
    reports: tuple[ApplyReport, ...] = ()
    read_back: ReadBack | None = None


def send(con: duckdb.DuckDBPyConnection, plan: WritePlan, how: Applying) -> Applied:
    """Carry out the ready rows of a plan; a kind begins when the one before it is through.

    Raises ``ConfigurationError`` for a read-only connection, and ``UsageError`` for a plan of another
    ledger.
    """
    check_own_ledger(con, how.session.connection, plan.ledger_id)
    for name in plan.kinds:
        check_apart(plan.writes(name))
    plan_digest = digest(plan)
    pick = _only(_first_line(con, plan, plan_digest)) if how.only_first else None
    reports: list[ApplyReport] = []
    applied: list[tuple[OrderWrites[Any], Write[Any]]] = []
    for name in plan.kinds:
        kind = ORDER_KINDS[name].open(how.session, how.pacing, how.late_commit_wait)
        writes = plan.writes(name)
        report = apply_writes(
            con,
            how.session,
            kind,
            writes,
            plan_digest,
            pacing=how.pacing,
            progress=how.progress,
            in_flight=how.in_flight,
            pick=pick,
        )
        reports.append(report)
        if report.stopped_by is not None or report.interrupted:
            later = plan.kinds[len(reports) :]
            not_begun = (_not_begun(plan_digest, len(plan.writes(kind))) for kind in later)
            return Applied(plan, (*reports, *not_begun))
        done = frozenset(report.applied)
        applied += [(kind, write) for write in writes if write.key in done]
    if not how.reads_back:
        return Applied(plan, tuple(reports))
    requests, ended, looked = how.session.requests_sent, reports[-1], None
    try:
        looked = read_back(applied)
    except ShipsyncError as error:
        # What was applied must still be told, whatever keeps it from being read back.
        ended = replace(ended, stopped_by=error)
    except KeyboardInterrupt:
        ended = replace(ended, interrupted=True)
    ended = replace(ended, requests=ended.requests + how.session.requests_sent - requests)
    return Applied(plan, (*reports[:-1], ended), looked)


def _not_begun(plan_digest: str, writes: int) -> ApplyReport:
    return ApplyReport(plan_digest, (), (), left=writes, requests=0)


def _first_line(
    con: duckdb.DuckDBPyConnection, plan: WritePlan, plan_digest: str
) -> frozenset[tuple[str, ...]]:
    """The places of what is to be sent for the first line on which something is left to do."""
    entries = {
        kind: Outbox(con, plan.connection, kind).entries([w.key for w in plan.writes(kind)])
        for kind in plan.kinds
    }
    for first in plan.ready:
        entry = entries[first.kind].get(first.key or "")
        if entry is None or not (entry.is_done_under(plan_digest) or _is_of_another(entry, first)):
            together = [row.write for row in plan.ready if row.line == first.line]
            return frozenset(write.places for write in together if write is not None)
    return frozenset()


def _is_of_another(entry: LedgerEntry, row: WriteRow) -> bool:
    """Whether the row's key stands for something else, so that it is rejected without being sent."""
    is_held = entry.is_applied or entry.is_unsettled
    return is_held and row.write is not None and entry.request != row.write.recorded


def _only(places: Collection[tuple[str, ...]]) -> Pick[Any]:
    def pick(to_do: Sequence[Write[Any]]) -> Sequence[Write[Any]]:
        return [write for write in to_do if write.places in places]

    return pick
