"""How far a stream's walks have come, kept in the ledger where dlt's cursor can't say it.

==============  ============================================================================
state           means
==============  ============================================================================
walked_once     the first walk along creation has ended; from now on: newest change first
front           ids at the front of the list when the last complete walk began
open_walk       a walk is under way, or was cut short: these ids must be met before it may end
read_to         up to when an idle run has read a list along its change
whole           a list is read whole once more: the ids in front as it began, and how far it has come
swept           when the trailing sweep over creation ended last
read            when a complete snapshot was read last
unavailable     when it was said that the account does not offer the list
gap             how many rows the account counts beyond those stored, when last looked into
backfill        the window being read again, and how far it has come
absent          rows gone at once with many others, each with when that was seen first
open_asked      the last open row that was asked for by id, where not all could be
statuses        of labels: when those under way were last listed again
sweep_pace      of labels: what that cost, and how often it is worth it
lists           of tracking: how far lists of labels are trusted with telling deliveries
planned_by      of tracking: the settings that every parcel was planned by
ended           of tracking: the last end of a label's version that the plans know of
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
    """The state of one stream, value by value; each change is committed at once.

    ``in_transaction_of_caller``: a change is committed with what else the caller's transaction holds.
    """

    def __init__(
        self,
        con: duckdb.DuckDBPyConnection,
        stream: str,
        *,
        in_transaction_of_caller: bool = False,
    ) -> None:
        self._cursor = con if in_transaction_of_caller else con.cursor()
        self._stream = stream

    def get(self, name: str) -> Any:
        """The value of ``name``, None if it isn't set."""
        query = statement(_STATEMENTS, "get_state")
        row = self._cursor.execute(query, [self._stream, name]).fetchone()
        return None if row is None else json.loads(row[0])

    def get_instant(self, name: str) -> datetime | None:
        """The instant that ``name`` holds."""
        return parse_instant(self.get(name))

    def set(self, name: str, value: object) -> None:
        """Set ``name`` to anything that JSON can hold; an instant is kept as text."""
        text = json.dumps(value.isoformat() if isinstance(value, datetime) else value)
        row = [self._stream, name, text, clock.now()]
        self._cursor.execute(statement(_STATEMENTS, "set_state"), row)

    def clear(self, name: str) -> None:
        """Take ``name`` away."""
        self._cursor.execute(statement(_STATEMENTS, "clear_state"), [self._stream, name])
