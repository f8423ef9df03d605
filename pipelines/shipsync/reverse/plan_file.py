"""A plan as a file: JSON that a person can read, with a digest that tells whether it is as it was made."""

from __future__ import annotations

import hashlib
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import orjson
from pydantic import TypeAdapter, ValidationError

from shipsync.errors import InputFileError, UsageError
from shipsync.reverse.planned import Plan, PlanRow, Status

FORMAT = "shipsync stock plan 1"
_PLAN = TypeAdapter(Plan)
_ROW = tuple(field.name for field in fields(PlanRow))


def digest(plan: Plan) -> str:
    """A fingerprint of everything the plan says; plans made at different times never share one."""
    return _digest(document(plan))


def save(plan: Plan, path: Path) -> None:
    """Write the plan, one row to a line; the file is there whole or not at all.

    Raises ``UsageError`` when it cannot be written.
    """
    written = document(plan)
    head = {"digest": _digest(written), **written, "rows": []}
    rows = (orjson.dumps(row) for row in written["rows"])
    draft = path.with_name(f"{path.name}.new")
    try:
        with draft.open("wb") as file:
            file.write(orjson.dumps(head, option=orjson.OPT_INDENT_2).removesuffix(b"]\n}"))
            file.write(b"\n    " + next(rows, b""))
            file.writelines(b",\n    " + row for row in rows)
            file.write(b"\n  ]\n}\n")
        draft.replace(path)
    except OSError as error:
        raise UsageError(
            f"The plan could not be written to {path}: {error.strerror or error}. Give another place "
            "with --out."
        ) from error


def load(path: Path) -> Plan:
    """The plan in a file; raises ``InputFileError`` if it is no plan or not as it was made."""
    try:
        kept = orjson.loads(path.read_bytes())
    except OSError as error:
        raise InputFileError(f"{path} cannot be read: {error.strerror or error}.") from None
    except orjson.JSONDecodeError:
        kept = None
    if not isinstance(kept, dict) or kept.get("format") != FORMAT:
        raise InputFileError(
            f"{path} is not a plan, or it was cut off; make one with `shipsync stock plan`."
        )
    stated = kept.pop("digest", None)
    if stated != _digest(kept):
        raise InputFileError(
            f"{path} was changed after it was made, so it is not applied. Change the rows it was made "
            "from and plan again."
        )
    try:
        return _PLAN.validate_python({key: kept[key] for key in kept if key not in _EXTRA})
    except ValidationError as error:
        raise InputFileError(
            f"{path} was made by another version of shipsync ({error.error_count()} values do not fit); "
            "plan again."
        ) from None


_EXTRA = frozenset({"format", "summary"})


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


def _digest(content: dict[str, Any]) -> str:
    canonical = orjson.dumps(content, option=orjson.OPT_SORT_KEYS)
    return f"sha256:{hashlib.sha256(canonical).hexdigest()}"
