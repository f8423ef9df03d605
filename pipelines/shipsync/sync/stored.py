"""What the database holds of a stream, asked in SQL that serves every raw table."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final

import duckdb
import pyarrow as pa

from shipsync.sources.schema import OBSERVED_AT
from shipsync.sources.stored import StoredVersion
from shipsync.sources.streams import Stream
from shipsync.statements import statement

_STATEMENTS: Final = "shipsync.sync"
# Null in every current version: stands in where rows do not show when they changed.
_ALWAYS_NULL: Final = "_dlt_valid_to"


class StoredStream:
    """Implements ``sources.stored.StoredRows`` for ``stream`` on its own cursor of ``con``."""

    def __init__(self, con: duckdb.DuckDBPyConnection, stream: Stream) -> None:
        self._cursor = con.cursor()
        self._stream = stream
        self._table = f"raw.{stream.table.name}"

    def newest_change(self) -> datetime | None:
        """See ``StoredRows``."""
        return self._extent(self._stream.changes_by)[1] if self._stream.changes_by else None

    def oldest(self) -> datetime | None:
        """The smallest value of the stream's cursor that is stored, None if nothing is."""
        return self._extent(self._stream.cursor)[0] if self._stream.cursor else None

    def count(self, start: datetime | None = None, end: datetime | None = None) -> int:
        """The number of entities; given bounds, of those whose cursor lies after ``start``, up to ``end``."""
        values = {
            "table": self._table,
            "column": self._stream.cursor or OBSERVED_AT,
            "start": start,
            "end": end,
        }
        row = self._cursor.execute(statement(_STATEMENTS, "stored_count"), values).fetchone()
        return int(row[0]) if row else 0

    def ids(self, start: datetime | None, end: datetime | None) -> set[str]:
        """The ids of entities whose cursor lies after ``start``, up to ``end`` (None: no bound)."""
        values = {
            "table": self._table,
            "key": self._stream.id_key,
            "column": self._stream.cursor,
            "start": start,
            "end": end,
        }
        found = self._cursor.execute(statement(_STATEMENTS, "stored_ids"), values).fetchall()
        return {key for (key,) in found}

    def newest_ids(self, most: int) -> list[str]:
        """The ids of the rows that changed or came last, the latest first."""
        values = {
            "table": self._table,
            "key": self._stream.id_key,
            "column": self._stream.newest_by,
            "most": most,
        }
        found = self._cursor.execute(statement(_STATEMENTS, "newest_ids"), values).fetchall()
        return [key for (key,) in found]

    def current(self, ids: Sequence[str]) -> dict[str, StoredVersion]:
        """See ``StoredRows``."""
        values = {
            "table": self._table,
            "key": self._stream.id_key,
            "changed": self._stream.changes_by or _ALWAYS_NULL,
            "ids": list(ids),
        }
        found = self._cursor.execute(statement(_STATEMENTS, "stored_versions"), values).fetchall()
        return {key: StoredVersion(*version) for key, *version in found}

    def keys(self) -> set[tuple[str, ...]]:
        """The key of every entity, as texts; for streams small enough to be read whole."""
        key = self._stream.table.key
        values = {"table": self._table, "key": list(key)}
        found = self._cursor.execute(statement(_STATEMENTS, "stored_keys"), values)
        names = [column[0] for column in found.description]
        places = [names.index(part) for part in key]
        return {tuple(row[place] for place in places) for row in found.fetchall()}

    def rows(self, keys: Collection[tuple[str, ...]]) -> dict[str, pa.Table]:
        """The current rows of these entities, by raw table, as they would be loaded again.

        Of every table that is a snapshot; a part of a key that is missing is an empty text.
        """
        ids = {key[0] for key in keys}
        found = {}
        for table in self._stream.tables:
            if table.loading != "snapshot":
                continue
            query = statement(_STATEMENTS, "stored_rows")
            stored = self._cursor.execute(query, {"table": f"raw.{table.name}"}).to_arrow_table()
            if table is self._stream.table:
                texts = [stored[name].cast(pa.string()).to_pylist() for name in table.key]
                rows = zip(*texts, strict=True)
                chosen = [tuple(part or "" for part in row) in keys for row in rows]
            else:
                chosen = [key in ids for key in stored[self._stream.id_key].to_pylist()]
            named = stored.select(table.arrow_schema.names).filter(pa.array(chosen, pa.bool_()))
            found[table.name] = named.cast(table.arrow_schema)
        return found

    def hashes(self) -> list[str]:
        """The content hash of every entity, in no order."""
        values = {"table": self._table}
        found = self._cursor.execute(statement(_STATEMENTS, "stored_hashes"), values).fetchall()
        return [digest for (digest,) in found]

    def _extent(self, column: str) -> tuple[datetime | None, datetime | None]:
        values = {"table": self._table, "column": column}
        row = self._cursor.execute(statement(_STATEMENTS, "stored_extent"), values).fetchone()
        return (row[1], row[2]) if row else (None, None)
