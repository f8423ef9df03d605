"""The day's budget of calls for tracking, counted when they are made."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from shipsync.statements import statement
from shipsync.sync.context import RunContext

_STATEMENTS: Final = "shipsync.sync"


def calls_left(run: RunContext, now: datetime) -> int:
    """Calls for tracking that this run may make: its own budget, or what is left of the day's."""
    row = run.con.execute(statement(_STATEMENTS, "calls_of_day"), {"now": now}).fetchone()
    spent = int(row[0]) if row else 0
    connection = run.connection
    return max(0, min(connection.tracking_calls_per_run, connection.tracking_calls_per_day - spent))


def record_calls(run: RunContext, called_at: datetime, calls: int) -> None:
    """Count calls against the day's budget, whatever became of them."""
    values = {"called_at": called_at, "calls": calls}
    run.con.execute(statement(_STATEMENTS, "record_calls"), values)
