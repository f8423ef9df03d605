"""A JSON document in a file, with a digest that tells whether it is as it was made.

A person can read it: its ``rows`` stand one to a line. It can be laid out anew, but not changed.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

from shipsync.errors import InputFileError, UsageError

Document = Mapping[str, Any]

_FORM = re.compile(r"shipsync (?P<what>stock|shipments|fulfillments) plan \d+")
_OWNER_ONLY = 0o600
_ELSEWHERE = "Give another place with --out."
_BEGINNING = re.compile(rb'\s*\{\s*"digest":')


def seal(content: Document) -> str:
    """The digest of a document; layout and the order of names don't change it."""
    canonical = orjson.dumps(content, option=orjson.OPT_SORT_KEYS)
    return f"sha256:{hashlib.sha256(canonical).hexdigest()}"


def save(content: Document, path: Path, *, for_owner_only: bool = False) -> None:
    """Write a document that has ``rows``; the file is there whole or not at all.

    Raises ``UsageError`` when it cannot be written.
    """
    said = {name: value for name, value in content.items() if name != "rows"}
    head = {"digest": seal(content), **said, "rows": []}
    rows = (orjson.dumps(row) for row in content["rows"])
    draft = path.with_name(f"{path.name}.new")
    try:
        if path.exists() and not _is_plan(path):
            raise UsageError(
                f"{path} is there and is no plan, so it is not written over. {_ELSEWHERE}"
            )
        if for_owner_only:
            draft.unlink(missing_ok=True)
            draft.touch(mode=_OWNER_ONLY)
        with draft.open("wb") as file:
            file.write(orjson.dumps(head, option=orjson.OPT_INDENT_2).removesuffix(b"]\n}"))
            file.write(b"\n    " + next(rows, b""))
            file.writelines(b",\n    " + row for row in rows)
            file.write(b"\n  ]\n}\n")
        draft.replace(path)
    except OSError as error:
        raise UsageError(
            f"The plan could not be written to {path}: {error.strerror or error}. {_ELSEWHERE}"
        ) from error


def _is_plan(path: Path) -> bool:
    with path.open("rb") as file:
        return _BEGINNING.match(file.read(100)) is not None


def load(path: Path, form: str) -> dict[str, Any]:
    """The document of a ``form`` in a file, without its digest.

    Raises ``InputFileError`` if it is none, of another form, or not as it was made.
    """
    try:
        kept: Any = orjson.loads(path.read_bytes())
    except OSError as error:
        raise InputFileError(f"{path} cannot be read: {error.strerror or error}.") from None
    except orjson.JSONDecodeError:
        kept = None
    content: dict[str, Any] = kept if isinstance(kept, dict) else {}
    found = _FORM.fullmatch(str(content.get("format")))
    if found is None:
        raise InputFileError(
            f"{path} is not a plan, or it was cut off; `shipsync stock plan` makes one, and so does "
            "--out of `shipments create`, `shipments cancel` and `fulfillments create`."
        )
    if content.pop("digest", None) != seal(content):
        raise InputFileError(
            f"{path} was changed after it was made, so it is not applied. Change the rows it was made "
            "from and plan again."
        )
    if content["format"] == form:
        return content
    if found["what"] in form.split():
        raise of_another_version(path)
    raise InputFileError(
        f"{path} is a plan of {found['what']}; apply it with `shipsync {found['what']} apply`."
    )


def of_another_version(path: Path) -> InputFileError:
    """The error for a plan whose values are not those that this version writes."""
    return InputFileError(f"{path} was made by another version of shipsync; plan again.")
