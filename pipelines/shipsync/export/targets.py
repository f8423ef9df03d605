"""The targets there are, by how they are written on a command line."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from shipsync import settings
from shipsync.errors import UsageError
from shipsync.export.folder import Folder
from shipsync.export.postgres_address import FORM, postgres
from shipsync.export.target import ExportTarget

KNOWN: Final = ("FOLDER", "parquet:FOLDER", "csv:FOLDER", FORM, "destination:NAME")
_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")


def target(text: str) -> ExportTarget:
    """The target that ``text`` names; a plain path is a folder of Parquet.

    Raises ``UsageError``, which quotes no more than the part before the colon: a password may follow.
    """
    scheme = _SCHEME.match(text)
    if scheme is None:
        return _parquet(f"parquet:{text}")
    family = _FAMILIES.get(scheme[1])
    if family is None:
        raise UsageError(
            f"There is no export to {scheme[1]!r}. Give --to one of: {', '.join(KNOWN)}. "
            "A folder whose name has a colon is written ./NAME."
        )
    return family(text)


def _parquet(text: str) -> ExportTarget:
    return Folder(_path(text), "parquet")


def _csv(text: str) -> ExportTarget:
    return Folder(_path(text), "csv")


def _named(text: str) -> ExportTarget:
    name = text.partition(":")[2]
    address = settings.destination(name)
    family = _FAMILIES.get(address.partition(":")[0])
    if family is not postgres:
        raise UsageError(
            f"The destination {name!r} is no Postgres database, and there is no export to another kind."
        )
    return postgres(address)


def _path(text: str) -> Path:
    path = text.partition(":")[2]
    if not path:
        raise UsageError("The target names no folder; write parquet:FOLDER or csv:FOLDER.")
    return Path(path)


_FAMILIES: Final[Mapping[str, Callable[[str], ExportTarget]]] = {
    "parquet": _parquet,
    "csv": _csv,
    "postgres": postgres,
    "postgresql": postgres,
    "destination": _named,
}
