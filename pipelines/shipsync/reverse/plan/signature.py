"""The key that plans are signed with: a file beside the database, its owner's alone.

Whoever cannot read the key can read a plan, but cannot change one, or make one, that is applied. The key is
made with the first plan. It is no part of the database, which queries and copies may read; a copy of the
database without it signs anew, and refuses the plans of the original.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path

from shipsync import owner_only
from shipsync.errors import InputFileError, UsageError

_KEY = re.compile(r"[0-9a-f]{64}\s*", re.ASCII)


def key_file(database: Path) -> Path:
    """Where the key of a database's plans is."""
    return database.with_name(f"{database.stem}.plan-key")


def signing_key(database: Path) -> bytes:
    """The key to sign with, made if there is none; raises ``UsageError`` when it cannot be had."""
    path = key_file(database)
    try:
        if not path.exists():
            _make(path)
        return _read(path)
    except OSError as error:
        raise UsageError(
            f"The key that plans are signed with cannot be used: {path}: {error.strerror or error}."
        ) from error


def checking_key(database: Path, plan: Path) -> bytes:
    """The key to check a plan with; raises ``InputFileError`` where there is none."""
    path = key_file(database)
    try:
        return _read(path)
    except OSError as error:
        raise InputFileError(
            f"{plan} was not signed beside {database}, for the key {path} cannot be read "
            f"({error.strerror or error}). Choose the database that it was made from with --database, or "
            "make the plan again."
        ) from None


def signature(key: bytes, canonical: bytes) -> str:
    """The signature of a plan's canonical form."""
    return f"hmac-sha256:{hmac.new(key, canonical, hashlib.sha256).hexdigest()}"


def is_signed(key: bytes, canonical: bytes, given: object) -> bool:
    """Whether this is the signature; how long it takes tells nothing of it."""
    expected = signature(key, canonical).encode()
    return isinstance(given, str) and hmac.compare_digest(expected, given.encode())


def _make(path: Path) -> None:
    """Write a new key; where another process makes one at the same time, one of the two stays."""
    handle, draft = tempfile.mkstemp(prefix=f"{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_hex(32) + "\n")
        with suppress(FileExistsError):
            os.link(draft, path)
    finally:
        Path(draft).unlink()


def _read(path: Path) -> bytes:
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    with os.fdopen(handle) as file:
        if os.fstat(handle).st_mode & 0o077:
            with suppress(OSError):
                os.fchmod(handle, owner_only.FILE)
        text = file.read(100)
    if not _KEY.fullmatch(text):
        raise OSError("it holds no key; remove it, and make the plans again")
    return bytes.fromhex(text.strip())
