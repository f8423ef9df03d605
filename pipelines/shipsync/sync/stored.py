"""What the database holds of a stream, asked in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import duckdb

from shipsync.sources.stored import StoredVersion
from shipsync.sources.streams import SHIPMENTS, Stream
from shipsync.statements import statement

_STATEMENTS = "shipsync.sync"


class StoredStream:
    """Implements ``sources.held.Held`` for ``stream`` on its own cursor of ``con``."""

    def __init__(self, con: duckdb.DuckDBPyConnection, stream: Stream) -> None:
        self._cursor = con.cursor()
        self._stream = stream

    def newest_change(self) -> datetime | None:
        """See ``Held``; only shipments show when they changed."""
        if self._stream.name != SHIPMENTS.name:
            return None
        row = self._cursor.execute(statement(_STATEMENTS, "held_newest")).fetchone()
        return row[0] if row else None

    def count(self) -> int:
        """See ``Held``."""
        query = statement(_STATEMENTS, "held_count")
        row = self._cursor.execute(query, [f"raw.{self._stream.table.name}"]).fetchone()
        return int(row[0]) if row else 0

    def current(self, ids: Sequence[str]) -> dict[str, StoredVersion]:
        """See ``Held``."""
        query = statement(_STATEMENTS, f"held_{self._stream.table.name}")
        rows = self._cursor.execute(query, [list(ids)]).fetchall()
        return {key: StoredVersion(*version) for key, *version in rows}

    def keys(self) -> set[tuple[str, ...]]:
        """The keys of everything held, as texts; for streams small enough to be read whole."""
        query = statement(_STATEMENTS, f"keys_{self._stream.table.name}")
        return {tuple(key) for key in self._cursor.execute(query).fetchall()}
