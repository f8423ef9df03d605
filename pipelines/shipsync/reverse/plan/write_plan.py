"""A plan of shipments, cancellations or fulfillments: what each row would send, before any is sent.

The same for every kind but stock, which has figures to compare (``planned``). A plan is a value, and a
file (``write_plan_file``); the rows that are ready become writes of the outbox.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from shipsync.reverse.outbox.store import LedgerEntry
from shipsync.reverse.outbox.write import Write
from shipsync.reverse.plan.guards import too_many
from shipsync.reverse.plan.problems import InvalidRowError
from shipsync.reverse.plan.row import Status
from shipsync.reverse.plan.write_problem import InvalidWriteError, WriteProblem


@dataclass(frozen=True, slots=True)
class WriteRow:
    """One row: ``line`` is its (first) line in the file, ``write`` what would be sent if it is ready.

    ``kind`` is that of the write in the outbox. ``calls`` counts the reading before it and the request
    itself.
    """

    kind: str
    line: int
    status: Status
    key: str | None
    subject: str
    reason: str | None = None
    problem: str | None = None
    calls: int = 0
    write: Write[Any] | None = None


@dataclass(frozen=True)
class WritePlan:
    """Rows for one connection, to be sent kind by kind in the order of ``kinds``.

    Rows on the same line belong together: a label is voided so that its shipment can be cancelled. A
    plan with an entry in ``stopped_by`` is not applied; ``ledger_id`` names the ledger that says what was
    sent of it.
    """

    kinds: tuple[str, ...]
    connection: str
    source: str
    created_at: datetime
    requests_per_minute: int
    rows: tuple[WriteRow, ...]
    ignored_columns: tuple[str, ...] = ()
    stopped_by: tuple[str, ...] = ()
    ledger_id: str | None = None

    def writes(self, kind: str) -> list[Write[Any]]:
        """What would be sent of one kind."""
        return [row.write for row in self.rows if row.write is not None and row.kind == kind]

    @property
    def ready(self) -> list[WriteRow]:
        """The rows that would be sent."""
        return [row for row in self.rows if row.status is Status.READY]

    @property
    def calls(self) -> int:
        """Requests it takes when every answer comes."""
        return sum(row.calls for row in self.rows)

    @property
    def minutes(self) -> float:
        """How long the calls take at the account's rate."""
        return self.calls / self.requests_per_minute

    def count(self, status: Status) -> int:
        """How many rows have this status."""
        return Counter(row.status for row in self.rows)[status]

    @property
    def has_invalid(self) -> bool:
        """Whether a row has to be mended before it can be sent."""
        return any(row.status is Status.INVALID for row in self.rows)

    def limited_to(self, max_rows: int | None) -> WritePlan:
        """The plan, stopped if it would send more rows of a kind than that."""
        stops = [s for kind in self.kinds for s in too_many(len(self.writes(kind)), max_rows)]
        return replace(self, stopped_by=(*self.stopped_by, *stops))


def judged(
    kind: str,
    line: int,
    subject: str,
    calls: int,
    judge: Callable[[], Write[Any] | str],
    key: str | None = None,
) -> WriteRow:
    """The row that ``judge`` makes of a draft: a write, a reason why none is needed, or an error raised."""
    try:
        verdict = judge()
    except (InvalidWriteError, InvalidRowError) as refusal:
        problem = refusal.problem.value
        return WriteRow(kind, line, Status.INVALID, key, subject, str(refusal), problem)
    if isinstance(verdict, str):
        return WriteRow(kind, line, Status.NO_OP, key, subject, verdict)
    return WriteRow(
        kind, line, Status.READY, verdict.key, verdict.subject, None, None, calls, verdict
    )


def known_before(
    entry: LedgerEntry | None, request: Mapping[str, object], named: str
) -> str | None:
    """Why a key that the outbox knows need not be sent; None if it is to be sent, or settled first.

    Raises ``InvalidWriteError`` when the key stands for something else there.
    """
    if entry is None or not (entry.is_applied or entry.is_unsettled):
        return None
    date = f"{entry.sent_at or entry.planned_at:%Y-%m-%d %H:%M}"
    if entry.request != request:
        raise InvalidWriteError(
            WriteProblem.KEY_OF_ANOTHER_WRITE, key=named, date=date, other=entry.subject
        )
    return f"Done on {date}. {entry.reason or ''}".rstrip() if entry.is_applied else None
