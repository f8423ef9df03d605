"""The key that plans are signed with: a file beside the database, its owner's alone.

Whoever cannot read the key can read a plan, but cannot change one, or make one, that is applied. The key is
made with the first plan. It is no part of the database, which queries and copies may read; a copy of the
database without it makes a key of its own, and refuses the plans of the original.
"""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path
from typing import Final

from shipsync.errors import InputFileError, UsageError
from shipsync.local_key import derived, key_file, made_or_read, read

_PURPOSE: Final = "plans"


def signing_key(database: Path) -> bytes:
    """The key to sign with, made if there is none; raises ``UsageError`` when it cannot be had."""
    try:
        return derived(made_or_read(database), _PURPOSE)
    except OSError as error:
        path = key_file(database)
        raise UsageError(
            f"The key that plans are signed with cannot be used: {path}: {error.strerror or error}."
        ) from error


def checking_key(database: Path, plan: Path) -> bytes:
    """The key to check a plan with; raises ``InputFileError`` where there is none."""
    path = key_file(database)
    try:
        return derived(read(path), _PURPOSE)
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
