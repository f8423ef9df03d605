"""A plan of shipments, cancellations or fulfillments as a file, to be signed off and applied later.

It holds each request as it will be sent, addresses included, so only its owner may read it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, TypeAlias

from pydantic import TypeAdapter, ValidationError

from shipsync.reverse.orders.kinds import ORDER_KINDS
from shipsync.reverse.outbox.redaction import Recorded
from shipsync.reverse.plan import sealed_file
from shipsync.reverse.plan.row import Status
from shipsync.reverse.plan.write_plan import WritePlan, WriteRow

What: TypeAlias = Literal["shipments", "fulfillments"]

_FORMS: Mapping[What, str] = {
    "shipments": "shipsync shipments plan 1",
    "fulfillments": "shipsync fulfillments plan 1",
}


@dataclass(frozen=True, slots=True)
class _Row:
    """A row as the file has it; ``request`` stands in those that are ready."""

    kind: str
    line: int
    status: Status
    subject: str
    key: str | None = None
    reason: str | None = None
    problem: str | None = None
    calls: int = 0
    request: dict[str, Any] | None = None


@dataclass(frozen=True)
class _Plan:
    kinds: tuple[str, ...]
    connection: str
    source: str
    created_at: datetime
    requests_per_minute: int
    ignored_columns: tuple[str, ...]
    stopped_by: tuple[str, ...]
    rows: tuple[_Row, ...]
    ledger_id: str | None = None


_PLAN = TypeAdapter(_Plan)
_EXTRA = frozenset({"format", "summary"})


def digest(plan: WritePlan) -> str:
    """A fingerprint of everything the plan says; plans made at different times never share one."""
    return sealed_file.seal(document(plan))


def save(plan: WritePlan, path: Path) -> None:
    """Write the plan, whole or not at all; raises ``UsageError`` when it cannot be written."""
    sealed_file.save(document(plan), path, for_owner_only=True)


def load(path: Path, what: What, recorded: Recorded) -> WritePlan:
    """The plan of shipments or of fulfillments in a file.

    ``recorded`` says how the outbox keeps the personal data in it. Raises ``InputFileError`` if it is no
    such plan or not as it was made.
    """
    kept = sealed_file.load(path, _FORMS[what])
    try:
        read = _PLAN.validate_python({key: kept[key] for key in kept if key not in _EXTRA})
        rows = tuple(_read(row, recorded) for row in read.rows)
    except (ValidationError, KeyError):
        raise sealed_file.of_another_version(path) from None
    return WritePlan(
        read.kinds,
        read.connection,
        read.source,
        read.created_at,
        read.requests_per_minute,
        rows,
        read.ignored_columns,
        read.stopped_by,
        read.ledger_id,
    )


def _read(row: _Row, recorded: Recorded) -> WriteRow:
    write = None
    if row.request is not None:
        write = ORDER_KINDS[row.kind].read(row.key or "", row.subject, row.request, recorded)
    return WriteRow(
        row.kind,
        row.line,
        row.status,
        row.key,
        row.subject,
        row.reason,
        row.problem,
        row.calls,
        write,
    )


def document(plan: WritePlan) -> dict[str, Any]:
    """The plan as JSON values, with its summary; without the digest."""
    what: What = "fulfillments" if "create_fulfillment" in plan.kinds else "shipments"
    counts = {status.value: plan.count(status) for status in Status}
    return {
        "format": _FORMS[what],
        "summary": {**counts, "calls": plan.calls, "minutes": round(plan.minutes, 1)},
        "kinds": plan.kinds,
        "connection": plan.connection,
        "source": plan.source,
        "created_at": plan.created_at.isoformat(),
        "requests_per_minute": plan.requests_per_minute,
        "ignored_columns": plan.ignored_columns,
        "stopped_by": plan.stopped_by,
        "ledger_id": plan.ledger_id,
        "rows": [_written(row) for row in plan.rows],
    }


def _written(row: WriteRow) -> dict[str, object]:
    names = ("line", "kind", "status", "key", "subject", "calls", "reason", "problem")
    said = {name: value for name in names if (value := getattr(row, name)) is not None}
    return said if row.write is None else {**said, "request": row.write.request}
