"""The runs that the ledger has: when, how long in which part, what they read, and how they ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import duckdb

from shipsync.errors import UsageError
from shipsync.statements import statement

_STATEMENTS: Final = "shipsync.sync"

OUTCOMES: Final = ("done", "failed", "needs_person", "killed", "going_on")
"""How a run may stand; ``going_on`` also one that was killed while none has begun since."""


@dataclass(frozen=True)
class RunFilter:
    """Which runs are wanted, the newest first; None is any."""

    since: datetime | None = None
    outcome: str | None = None
    command: str | None = None
    run_id: str | None = None
    limit: int = 20


@dataclass(frozen=True)
class RunRecord:
    """One run of a command that changes the database.

    ``seconds`` is None for one that has no end; ``phases`` are its parts in seconds, as they came. ``rows``
    were loaded, ``caught_late`` those of them that the order of the list had hidden until a sweep found
    them.
    """

    run_id: str
    command: str
    started_at: datetime
    finished_at: datetime | None
    outcome: str
    seconds: float | None
    rows: int
    caught_late: int
    requests: int
    failed_streams: list[str]
    error: str | None
    phases: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class StreamRecord:
    """What became of one stream in one run; the counts are those of ``StreamReport``."""

    stream: str
    outcome: str
    rows: int
    unchanged: int
    stale: int
    caught_late: int
    pages: int
    requests: int
    finished_at: datetime
    error: str | None


def history(con: duckdb.DuckDBPyConnection, wanted: RunFilter) -> list[RunRecord]:
    """The runs that match, the newest first."""
    values = {
        "since": wanted.since,
        "outcome": wanted.outcome,
        "command": wanted.command,
        "run_id": wanted.run_id,
        "limit": wanted.limit,
    }
    rows = con.execute(statement(_STATEMENTS, "run_history"), values).fetchall()
    phases = _phases(con, [row[0] for row in rows])
    return [_record(row, phases.get(row[0], {})) for row in rows]


def streams_of(con: duckdb.DuckDBPyConnection, run_id: str) -> list[StreamRecord]:
    """The streams of a run, in the order in which it read them; raises ``UsageError`` for an unknown one."""
    if not history(con, RunFilter(run_id=run_id)):
        raise UsageError(f"There is no run {run_id!r}; `shipsync runs` lists the latest.")
    rows = con.execute(statement(_STATEMENTS, "streams_of_run"), {"run_id": run_id}).fetchall()
    return [StreamRecord(*row) for row in rows]


def _record(row: tuple[Any, ...], phases: Mapping[str, float]) -> RunRecord:
    (
        run_id,
        command,
        started_at,
        finished_at,
        outcome,
        seconds,
        loaded,
        late,
        requests,
        failed,
        error,
    ) = row
    # The ledger's row of a run ends with its sync; build and delivery come after it.
    whole = max(seconds or 0.0, sum(phases.values())) if phases or seconds is not None else None
    return RunRecord(
        run_id=run_id,
        command=command,
        started_at=started_at,
        finished_at=finished_at,
        outcome=outcome,
        seconds=whole,
        rows=loaded,
        caught_late=late,
        requests=requests,
        failed_streams=failed or [],
        error=error,
        phases=phases,
    )


def _phases(con: duckdb.DuckDBPyConnection, run_ids: list[str]) -> dict[str, dict[str, float]]:
    # A database that no run of this version has met yet has no such table.
    if not con.execute(statement(_STATEMENTS, "has_phases")).fetchone():
        return {}
    found: dict[str, dict[str, float]] = {}
    values = {"run_ids": run_ids}
    for run_id, phase, seconds in con.execute(
        statement(_STATEMENTS, "phases_of_runs"), values
    ).fetchall():
        found.setdefault(run_id, {})[phase] = round(seconds, 3)
    return found
