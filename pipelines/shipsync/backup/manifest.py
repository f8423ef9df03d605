"""What a backup holds, and whether it is all there: ``manifest.json``, written last."""

from __future__ import annotations

import hashlib
import os
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import orjson

from shipsync import owner_only
from shipsync.errors import InputFileError

VERSION: Final = 1
DATABASE: Final = "database.duckdb"
KEY: Final = "database.key"
_FILE: Final = "manifest.json"


@dataclass(frozen=True)
class Stored:
    """One file of a backup: its size in bytes and its SHA-256 in hexadecimal."""

    size: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """A backup of one account's database.

    ``last_write`` and ``last_event`` are the last numbers in its ledger of writes and in
    ``changes.events`` (0 for none).
    """

    account: str
    taken_at: datetime
    made_by: str
    last_write: int
    last_event: int
    files: dict[str, Stored]


def write(folder: Path, manifest: Manifest) -> None:
    """Write the manifest; what came before is on disk then."""
    document = {"version": VERSION} | asdict(manifest)
    with os.fdopen(owner_only.open_new(folder / _FILE), "wb") as file:
        file.write(orjson.dumps(document, default=str, option=orjson.OPT_INDENT_2))
        file.flush()
        os.fsync(file.fileno())


def read(folder: Path) -> Manifest:
    """The manifest of a backup; raises ``InputFileError`` where there is none that can be read."""
    try:
        found = orjson.loads((folder / _FILE).read_bytes())
        if found.pop("version") != VERSION:
            raise InputFileError(
                f"{folder} was made by another version ({found.get('made_by')}); restore it with that one."
            )
        files = {name: Stored(**stored) for name, stored in found.pop("files").items()}
        taken_at = datetime.fromisoformat(found.pop("taken_at"))
        return Manifest(taken_at=taken_at, files=files, **found)
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        raise InputFileError(
            f"{folder} is no backup: it has no {_FILE} that can be read. `shipsync backup` writes it last, "
            "so a backup that was cut short has none."
        ) from None


def check(folder: Path, manifest: Manifest) -> None:
    """Raise ``InputFileError`` unless every file is as it was written."""
    for name, stored in manifest.files.items():
        path = folder / name
        try:
            is_same = path.stat().st_size == stored.size and digest(path) == stored.sha256
        except OSError as error:
            raise InputFileError(f"{path} cannot be read: {error.strerror or error}.") from None
        if not is_same:
            raise InputFileError(
                f"{path} is not as it was backed up: its size or checksum differs. Take another backup."
            )


def described(path: Path) -> Stored:
    """The size and checksum of a file as it is."""
    return Stored(path.stat().st_size, digest(path))


def digest(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
