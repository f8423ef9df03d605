"""Applying a plan: exactly its ready rows, kind by kind in its order, each once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import duckdb

from shipsync.clock import Pacing, SystemPacing
from shipsync.connection import Connection
from shipsync.errors import ShipsyncError, UsageError
from shipsync.reverse.kinds import KINDS
from shipsync.reverse.outbox.apply import (
    ApplyReport,
    apply_writes,
    check_apart,
    check_may_write,
)
from shipsync.reverse.outbox.finding import LATE_COMMIT_WAIT, ReadBack
from shipsync.reverse.outbox.owner import check_own_ledger
from shipsync.reverse.outbox.redaction import recorded_under
from shipsync.reverse.outbox.rollout import Pick, WriteProgress
from shipsync.reverse.outbox.states import WriteState
from shipsync.reverse.outbox.store import LedgerEntry, Outbox
from shipsync.reverse.outbox.write import AppliedWrite, Write, WriteKind
from shipsync.reverse.plan.file import digest
from shipsync.reverse.plan.kind import Means
from shipsync.reverse.plan.row import Plan

if TYPE_CHECKING:
    from shipsync.api.session import Session


@dataclass(frozen=True)
class Applying:
    """How a plan is carried out: through which session, at what pace, with whom it is shared.

    ``only_first`` takes the first line that is still to be done, with all that belongs to it;
    ``reads_back`` looks at the end whether the account holds what was applied. ``in_flight`` writes are under
    way at a time; by default as many as the account's rate can keep busy.
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
    """What became of a plan: a report for each of its kinds, none if it was stopped.

    ``read_back`` is None unless that was asked for and the run came to its end.
    """

    plan: Plan
    plan_digest: str | None = None
    reports: tuple[ApplyReport, ...] = ()
    read_back: ReadBack | None = None

    @property
    def counts(self) -> Counter[WriteState]:
        """How many rows of the plan stand in each state."""
        return sum((report.counts for report in self.reports), Counter[WriteState]())

    @property
    def counts_earlier(self) -> Counter[WriteState]:
        """The same, of those that were settled before this run alone."""
        return sum((report.counts_earlier for report in self.reports), Counter[WriteState]())

    @property
    def counts_of_other_plans(self) -> Counter[WriteState]:
        """How many rows of other plans stand in each state, now that they were read back."""
        return sum((report.counts_of_other_plans for report in self.reports), Counter[WriteState]())

    @property
    def left(self) -> int:
        """Rows that were not begun."""
        return sum(report.left for report in self.reports)

    @property
    def requests(self) -> int:
        """All requests that were sent."""
        return sum(report.requests for report in self.reports)

    @property
    def stopped_by(self) -> ShipsyncError | None:
        """The error that ended the run early."""
        return next((report.stopped_by for report in self.reports if report.stopped_by), None)

    @property
    def interrupted(self) -> bool:
        """Whether somebody ended the run early."""
        return any(report.interrupted for report in self.reports)

    @property
    def needs_person(self) -> bool:
        """Whether a row was rejected, or it is not known what became of it."""
        return any(report.needs_person for report in self.reports)


def check_applicable(plan: Plan, connection: Connection) -> None:
    """Raise when a plan must not be applied to this connection; nothing has been touched then."""
    if plan.stopped_by:
        raise UsageError(f"The plan was stopped: {plan.stopped_by[0]} Nothing was sent.")
    if plan.connection != connection.name:
        raise UsageError(
            f"The plan is for connection {plan.connection!r}, not {connection.name!r}; choose it with "
            "--connection."
        )
    check_may_write(connection)


def apply_plan(con: duckdb.DuckDBPyConnection, plan: Plan, how: Applying) -> Applied:
    """Carry out the ready rows of a plan; a kind begins when the one before it is through.

    Rows already settled under this plan are reported, not sent again. ``con`` must be used by nobody else
    meanwhile, and its ledger must be up to date. Raises ``UsageError`` for a plan that a guard rail stopped
    or that is for another connection or ledger, ``ConfigurationError`` for a read-only connection.
    """
    connection = how.session.connection
    check_applicable(plan, connection)
    check_own_ledger(con, connection, plan.ledger_id)
    writes = _writes(plan, connection)
    plan_digest = digest(plan)
    if plan.digest_when_sent is not None:
        _check_settled(con, plan, writes)
    pick = _pick(con, plan, writes, plan_digest) if how.only_first else None
    means = Means(how.session, how.pacing, how.late_commit_wait)
    reports: list[ApplyReport] = []
    opened: dict[str, WriteKind[Any]] = {}
    for name in plan.kinds:
        opened[name] = KINDS[name].open(means, plan)
        report = apply_writes(
            con,
            how.session,
            opened[name],
            writes[name],
            plan_digest,
            pacing=how.pacing,
            progress=how.progress,
            in_flight=how.in_flight,
            pick=pick,
            planned_at=plan.created_at if KINDS[name].depends_on_plan else None,
        )
        reports.append(report)
        if report.stopped_by is not None or report.interrupted:
            later = plan.kinds[len(reports) :]
            not_begun = (ApplyReport(kind, (), (), len(writes[kind]), 0) for kind in later)
            return Applied(plan, plan_digest, (*reports, *not_begun))
    done = Applied(plan, plan_digest, tuple(reports))
    return _looked_at(con, done, writes, opened, how) if how.reads_back else done


def _writes(plan: Plan, connection: Connection) -> dict[str, list[Write[Any]]]:
    """What would be sent, by kind; raises ``UsageError`` when two writes are at one place."""
    # What was taken out of a plan is not there to be sent, nor to be taken out again.
    recorded = recorded_under(connection) if plan.digest_when_sent is None else dict
    writes: dict[str, list[Write[Any]]] = {name: [] for name in plan.kinds}
    for row in plan.ready:
        writes[row.kind].append(KINDS[row.kind].write(row, recorded))
    for found in writes.values():
        check_apart(found)
    return writes


def _check_settled(
    con: duckdb.DuckDBPyConnection, plan: Plan, writes: dict[str, list[Write[Any]]]
) -> None:
    """Raise ``UsageError`` if something is left to do of a plan whose requests are not whole any more."""
    for kind, of_kind in writes.items():
        entries = Outbox(con, plan.connection, kind).entries([write.key for write in of_kind])
        for write in of_kind:
            entry = entries.get(write.key)
            if entry is None or not entry.is_done_under(digest(plan)):
                raise UsageError(
                    "This plan was applied before, and what names people was taken out of it then, as "
                    f"personal_data asks. {write.key} is to be sent again: make the plan again from its rows."
                )


def _looked_at(
    con: duckdb.DuckDBPyConnection,
    done: Applied,
    writes: dict[str, list[Write[Any]]],
    opened: dict[str, WriteKind[Any]],
    how: Applying,
) -> Applied:
    """The same with what reading back came to."""
    requests, ended, looked = how.session.requests_sent, done.reports[-1], ReadBack(0)
    try:
        for report in done.reports:
            entries = Outbox(con, done.plan.connection, report.kind).entries(report.applied)
            applied = [
                AppliedWrite(write, entries[write.key])
                for write in writes[report.kind]
                if write.key in entries
            ]
            looked += opened[report.kind].read_back(applied)
    except ShipsyncError as error:
        # What was applied must still be told, whatever keeps it from being read back.
        ended = replace(ended, stopped_by=error)
    except KeyboardInterrupt:
        ended = replace(ended, interrupted=True)
    is_whole = ended is done.reports[-1]
    ended = replace(ended, requests=ended.requests + how.session.requests_sent - requests)
    return replace(
        done,
        reports=(*done.reports[:-1], ended),
        read_back=looked if is_whole else None,
    )


def _pick(
    con: duckdb.DuckDBPyConnection,
    plan: Plan,
    writes: dict[str, list[Write[Any]]],
    plan_digest: str,
) -> Pick[Any]:
    """Chooses the writes of the first line that is still to be done."""
    if len(plan.kinds) == 1:
        return lambda to_do: to_do[:1]
    places = _first_line(con, plan, writes, plan_digest)
    return lambda to_do: [write for write in to_do if write.places in places]


def _first_line(
    con: duckdb.DuckDBPyConnection,
    plan: Plan,
    writes: dict[str, list[Write[Any]]],
    plan_digest: str,
) -> Collection[tuple[str, ...]]:
    """The places of what is to be sent for the first line on which something is left to do."""
    entries = {
        kind: Outbox(con, plan.connection, kind).entries([write.key for write in of_kind])
        for kind, of_kind in writes.items()
    }
    in_order = {kind: iter(of_kind) for kind, of_kind in writes.items()}
    lines: dict[int, list[tuple[str, Write[Any]]]] = {}
    for row in plan.ready:
        lines.setdefault(row.line, []).append((row.kind, next(in_order[row.kind])))
    for together in lines.values():
        if any(_is_to_do(entries[kind].get(w.key), w, plan_digest) for kind, w in together):
            return {write.places for _, write in together}
    return ()


def _is_to_do(entry: LedgerEntry | None, write: Write[Any], plan_digest: str) -> bool:
    """Whether a write is still to be sent; one whose key stands for something else is rejected unsent."""
    if entry is None:
        return True
    is_taken = entry.is_applied or entry.is_unsettled
    return not (entry.is_done_under(plan_digest) or (is_taken and entry.request != write.recorded))
