"""How far a stream's walks have come, kept in the ledger where dlt's cursor can't say it.

==============  ============================================================================
mark            means
==============  ============================================================================
walked_once     the first walk along creation has ended; from now on: newest change first
front           ids at the front of the list when the last complete walk began
open_walk       a walk is under way, or was cut short: these ids must be met before it may end
swept           when the trailing sweep over creation ended last
read            when a complete snapshot was read last
gap             how many rows the account counts beyond those held, when that was last looked into
backfill        the window being read again, and how far it has come
sql             of "models": what the last whole build was made of
==============  ============================================================================
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import duckdb

from shipsync import clock
from shipsync.sources.instants import parse_instant
from shipsync.statements import statement

_STATEMENTS = "shipsync.sync"


class StreamState:
    """The marks of one stream; each change is committed at once."""

    def __init__(self, con: duckdb.DuckDBPyConnection, stream: str) -> None:
        self._cursor = con.cursor()
        self._stream = stream

    def get(self, mark: str) -> Any:
        """The value of ``mark``, None if it isn't set."""
        query = statement(_STATEMENTS, "get_mark")
        row = self._cursor.execute(query, [self._stream, mark]).fetchone()
        return None if row is None else json.loads(row[0])

    def get_instant(self, mark: str) -> datetime | None:
        """The instant that ``mark`` holds."""
        return parse_instant(self.get(mark))

    def set(self, mark: str, value: object) -> None:
        """Set ``mark`` to anything that JSON can hold; an instant is kept as text."""
        text = json.dumps(value.isoformat() if isinstance(value, datetime) else value)
        row = [self._stream, mark, text, clock.now()]
        self._cursor.execute(statement(_STATEMENTS, "set_mark"), row)

    def clear(self, mark: str) -> None:
        """Take ``mark`` away."""
        self._cursor.execute(statement(_STATEMENTS, "clear_mark"), [self._stream, mark])
