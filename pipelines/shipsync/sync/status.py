"""How the database stands: stream by stream, and run by run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import duckdb

from shipsync.sources.streams import STREAMS
from shipsync.statements import statement

_STATEMENTS = "shipsync.sync"


@dataclass(frozen=True)
class StreamStatus:
    """One stream: current rows, the newest record's own time, and how its runs went.

    ``read_up_to`` is its cursor: the account's time up to which the last good run has read.
    ``requests`` counts over all runs; so does ``calls_saved``, the calls for parcels that were neither
    finished nor due. ``calls_put_off`` are those that the last run's budget did not reach.
    """

    stream: str
    rows: int
    newest: datetime | None
    read_up_to: datetime | None
    last_good_run_at: datetime | None
    requests: int
    requests_last_run: int
    last_outcome: str | None
    last_error: str | None
    calls_saved: int = 0
    calls_put_off: int = 0


@dataclass(frozen=True)
class RunStatus:
    """One run; ``finished_at`` and ``outcome`` are None for one that goes on or was killed."""

    run_id: str
    command: str
    started_at: datetime
    finished_at: datetime | None
    outcome: str | None
    requests: int | None
    error: str | None


def stream_status(con: duckdb.DuckDBPyConnection) -> list[StreamStatus]:
    """Every stream, in the order in which a sync reads them; empty before the first sync."""
    made = con.execute(statement("shipsync.warehouse", "list_raw_tables")).fetchall()
    if ("shipments",) not in made:
        return []
    rows = con.execute(statement(_STATEMENTS, "stream_status")).fetchall()
    by_name = {row[0]: StreamStatus(*row) for row in rows}
    return [by_name[name] for name in STREAMS]


def recent_runs(con: duckdb.DuckDBPyConnection, limit: int = 10) -> list[RunStatus]:
    """The last runs, newest first."""
    rows = con.execute(statement(_STATEMENTS, "recent_runs"), [limit]).fetchall()
    return [RunStatus(*row) for row in rows]
