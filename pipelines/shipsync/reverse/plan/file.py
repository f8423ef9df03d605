"""A plan as a file: JSON that a person can read, signed, and refused once it was edited.

Its rows stand one to a line. It may be laid out in another way, but not changed. It holds each request as it
will be sent, addresses included, so only its owner may read it.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from shipsync import owner_only
from shipsync.errors import InputFileError, UsageError
from shipsync.reverse.plan.progress import PlanProgress, unwatched, watched
from shipsync.reverse.plan.row import Family, Plan, PlanRow, Status
from shipsync.reverse.plan.signature import is_signed, signature

# Imported where a plan is read or written whole: what shows a single row begins quickly without it.
if TYPE_CHECKING:
    from pydantic import TypeAdapter

FORMAT = "shipsync plan 2"

Document = Mapping[str, Any]

_OWN = tuple(field.name for field in fields(PlanRow) if field.name != "figures")
_EXTRA = frozenset({"format", "summary", "rows"})
_FORM = re.compile(r"shipsync (?:(?:stock|shipments|fulfillments) )?plan \d+")
_BEGINNING = re.compile(rb'\s*\{\s*"digest":')
_ELSEWHERE = "Give another place with --out."


@cache
def _reader(of: type[object]) -> TypeAdapter[Any]:
    from pydantic import TypeAdapter

    return TypeAdapter(of)


def digest(plan: Plan) -> str:
    """A fingerprint of everything the plan says; plans made at different times never share one.

    One that was settled and redacted keeps the one that it was sent under.
    """
    return plan.digest_when_sent or _digest(_canonical(document(plan)))


def document(plan: Plan) -> dict[str, Any]:
    """The plan as JSON values, with its summary; without the digest."""
    head = _reader(Plan).dump_python(replace(plan, rows=()), mode="json", exclude_none=True)
    rows = [row_document(row) for row in plan.rows]
    return {"format": FORMAT, "summary": summary(plan), **head, "rows": rows}


def summary(plan: Plan) -> dict[str, int | float]:
    """The figures a person looks at first."""
    counts = {status.value: plan.count(status) for status in Status}
    return {**counts, "calls": plan.calls, "minutes": round(plan.minutes, 1)}


def row_document(row: PlanRow) -> dict[str, object]:
    """What the row says, its figures beside the rest.

    Written out by hand: pydantic takes three times as long, and there may be 200,000 rows.
    """
    said = {name: value for name in _OWN if (value := getattr(row, name)) is not None}
    figures = row.figures
    if figures is not None:
        for name in figures.__dataclass_fields__:
            if (value := getattr(figures, name)) is not None:
                said[name] = value
    return said


def save(plan: Plan, path: Path, key: bytes, progress: PlanProgress = unwatched) -> None:
    """Write the plan, signed with the key; the file is there whole or not at all, and its owner's alone.

    Raises ``UsageError`` when it cannot be written.
    """
    content = document(plan)
    said = {name: value for name, value in content.items() if name != "rows"}
    canonical = _canonical(content)
    seals = {"digest": _digest(canonical), "signature": signature(key, canonical)}
    head = {**seals, **said, "rows": []}
    rows = (
        orjson.dumps(row) for row in watched(content["rows"], progress, "written", len(plan.rows))
    )
    draft = path.with_name(f"{path.name}.new")
    try:
        if path.exists() and not _is_plan(path):
            raise UsageError(
                f"{path} is there and is no plan, so it is not written over. {_ELSEWHERE}"
            )
        with os.fdopen(owner_only.open_new(draft), "wb") as file:
            file.write(orjson.dumps(head, option=orjson.OPT_INDENT_2).removesuffix(b"]\n}"))
            file.write(b"\n    " + next(rows, b""))
            file.writelines(b",\n    " + row for row in rows)
            file.write(b"\n  ]\n}\n")
        draft.replace(path)
    except OSError as error:
        raise UsageError(
            f"The plan could not be written to {path}: {error.strerror or error}. {_ELSEWHERE}"
        ) from error


def load(
    path: Path, family: Family, key: Callable[[], bytes], figures: Mapping[str, type[Any]]
) -> Plan:
    """The plan of a family in a file; ``figures`` are the dataclasses of rows that have some, by kind.

    ``key`` gives the key that it must be signed with, and is asked once the file looks right. Raises
    ``InputFileError`` if it is no such plan, or not as it was made.
    """
    from pydantic import TypeAdapter, ValidationError

    kept = _unsealed(path, key)
    readers = {kind: TypeAdapter(of_kind) for kind, of_kind in figures.items()}
    try:
        plan: Plan = _reader(Plan).validate_python(
            {**{name: kept[name] for name in kept if name not in _EXTRA}, "rows": ()}
        )
        rows = tuple(_read(row, readers.get(row["kind"])) for row in kept["rows"])
    except (ValidationError, KeyError, TypeError):
        raise _of_another_version(path) from None
    if plan.family != family:
        raise InputFileError(
            f"{path} is a plan of {plan.family}; apply it with `shipsync {plan.family} apply`."
        )
    return replace(plan, rows=rows)


def _read(row: dict[str, Any], figures: TypeAdapter[Any] | None) -> PlanRow:
    own = {name: row.pop(name) for name in _OWN if name in row}
    given = None if figures is None else figures.validate_python(row)
    planned: PlanRow = _reader(PlanRow).validate_python({**own, "figures": given})
    return planned


def _unsealed(path: Path, key: Callable[[], bytes]) -> dict[str, Any]:
    """The document in a file, without its seals; raises ``InputFileError`` if it is not as it was made."""
    try:
        kept: Any = orjson.loads(path.read_bytes())
    except OSError as error:
        raise InputFileError(f"{path} cannot be read: {error.strerror or error}.") from None
    except orjson.JSONDecodeError:
        kept = None
    content: dict[str, Any] = kept if isinstance(kept, dict) else {}
    if not _FORM.fullmatch(str(content.get("format"))):
        raise InputFileError(
            f"{path} is not a plan, or it was cut off; `shipsync stock plan` makes one, and so does "
            "--out of `shipments create`, `shipments cancel` and `fulfillments create`."
        )
    if content["format"] != FORMAT:
        raise _of_another_version(path)
    found, signed = content.pop("digest", None), content.pop("signature", None)
    canonical = _canonical(content)
    if found != _digest(canonical):
        raise InputFileError(
            f"{path} was changed after it was made, so it is not applied. Change the rows it was made "
            "from and plan again."
        )
    if not is_signed(key(), canonical, signed):
        raise InputFileError(
            f"{path} is not signed with the key of this database: it was made from another one, or changed "
            "and sealed by hand. Choose the database that it was made from with --database, or plan again."
        )
    return content


def _of_another_version(path: Path) -> InputFileError:
    """The error for a plan whose values are not those that this version writes."""
    return InputFileError(
        f"{path} was made by another version of shipsync; make the plan again from its rows."
    )


def _canonical(content: Document) -> bytes:
    """The form that is sealed; layout and the order of names don't change it."""
    return orjson.dumps(content, option=orjson.OPT_SORT_KEYS)


def _digest(canonical: bytes) -> str:
    return f"sha256:{hashlib.sha256(canonical).hexdigest()}"


def _is_plan(path: Path) -> bool:
    with path.open("rb") as file:
        return _BEGINNING.match(file.read(100)) is not None
