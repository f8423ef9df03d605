"""A plan of stock changes as a file: JSON that a person can read, and that is refused once it was edited."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from shipsync.reverse.plan import sealed_file
from shipsync.reverse.plan.row import Plan, PlanRow, Status

FORMAT = "shipsync stock plan 1"
_PLAN = TypeAdapter(Plan)
_ROW = tuple(field.name for field in fields(PlanRow))
_EXTRA = frozenset({"format", "summary"})


def digest(plan: Plan) -> str:
    """A fingerprint of everything the plan says; plans made at different times never share one."""
    return sealed_file.seal(document(plan))


def save(plan: Plan, path: Path) -> None:
    """Write the plan, whole or not at all; raises ``UsageError`` when it cannot be written."""
    sealed_file.save(document(plan), path)


def load(path: Path) -> Plan:
    """The plan in a file; raises ``InputFileError`` if it is no plan or not as it was made."""
    kept = sealed_file.load(path, FORMAT)
    try:
        return _PLAN.validate_python({key: kept[key] for key in kept if key not in _EXTRA})
    except ValidationError:
        raise sealed_file.of_another_version(path) from None


def summary(plan: Plan) -> dict[str, int | float]:
    """The figures a person looks at first."""
    counts = {status.value: plan.count(status) for status in Status}
    return {
        **counts,
        "calls": plan.calls,
        "minutes": round(plan.minutes, 1),
    }


def document(plan: Plan) -> dict[str, Any]:
    """The plan as JSON values, with its summary; without the digest."""
    head = _PLAN.dump_python(replace(plan, rows=()), mode="json", exclude_none=True)
    rows = [_row(row) for row in plan.rows]
    return {"format": FORMAT, "summary": summary(plan), **head, "rows": rows}


def _row(row: PlanRow) -> dict[str, object]:
    """What the row says; pydantic takes three times as long, and there may be 200,000."""
    return {name: value for name in _ROW if (value := getattr(row, name)) is not None}
