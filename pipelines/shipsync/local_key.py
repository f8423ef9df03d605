"""A secret of this machine beside each database: what a copy of the database alone must not give away.

It keys the hashes of what names a buyer where no salt is set, and signs plans. It is no part of the
database, which queries and copies may read.
"""

from __future__ import annotations

import os
import re
import secrets
import tempfile
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from typing import Final

from shipsync import owner_only
from shipsync.errors import DatabaseError

_KEY: Final = re.compile(r"[0-9a-f]{64}\s*", re.ASCII)


def key_file(database: Path) -> Path:
    """Where the key of a database is."""
    return database.with_name(f"{database.stem}.key")


def local_key(database: Path, purpose: str) -> bytes:
    """32 bytes for one purpose, made of the key of the database, which is made if there is none.

    Raises ``DatabaseError`` if the key cannot be made or read, or is none.
    """
    try:
        return derived(made_or_read(database), purpose)
    except OSError as error:
        raise DatabaseError(
            f"The key beside the database cannot be used: {key_file(database)}: {error.strerror or error}."
        ) from None


def derived(key: bytes, purpose: str) -> bytes:
    """A key for one purpose, from which the others' cannot be told."""
    return blake2b(purpose.encode(), digest_size=32, key=key).digest()


def made_or_read(database: Path) -> bytes:
    """The key itself, made if there is none; raises ``OSError``."""
    path = key_file(database)
    if not path.exists():
        owner_only.make_folder(path.parent)
        _make(path)
    return read(path)


def read(path: Path) -> bytes:
    """The key in a file; raises ``OSError`` if it cannot be read, is a link or holds none."""
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    with os.fdopen(handle) as file:
        if os.fstat(handle).st_mode & 0o077:
            with suppress(OSError):
                os.fchmod(handle, owner_only.FILE)
        text = file.read(100)
    if not _KEY.fullmatch(text):
        raise OSError("it holds no key; restore it, or remove it to have a new one made")
    return bytes.fromhex(text.strip())


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
