"""An apply as a run in the ledger."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from shipsync.errors import DatabaseError
from shipsync.reverse.outbox.apply import ApplyReport
from shipsync.warehouse import runs


def end(
    con: duckdb.DuckDBPyConnection,
    run_id: str,
    reports: Sequence[ApplyReport],
    *,
    has_invalid: bool = False,
) -> None:
    """Record how a run ended, from what became of its rows and whether some could not be sent at all."""
    stopped = next((report.stopped_by for report in reports if report.stopped_by), None)
    is_interrupted = any(report.interrupted for report in reports)
    error = str(stopped) if stopped else "interrupted" if is_interrupted else None
    outcome: runs.RunOutcome = "done"
    if error is not None:
        outcome = "failed"
    elif has_invalid or any(report.needs_person for report in reports):
        outcome = "needs_person"
    requests = sum(report.requests for report in reports)
    try:
        runs.end(con, run_id, outcome, requests=requests, error=error)
    except duckdb.Error:
        # The database is what stopped the run; the run stays without an end, the report says why.
        if not isinstance(stopped, DatabaseError):
            raise
