"""Runs and their outcomes, as rows of the ledger."""

from __future__ import annotations

import secrets
from typing import Literal

import duckdb

from shipsync import clock
from shipsync.statements import statement

_STATEMENTS = "shipsync.warehouse"

RunOutcome = Literal["done", "failed", "needs_person"]


def begin(con: duckdb.DuckDBPyConnection, command: str) -> str:
    """Record that a run of ``command`` begins; returns its id, which sorts by time."""
    started_at = clock.now()
    run_id = f"{started_at.format('YYYYMMDDTHHmmss')}-{secrets.token_hex(4)}"
    con.execute(statement(_STATEMENTS, "begin_run"), [run_id, command, started_at])
    return run_id


def end(
    con: duckdb.DuckDBPyConnection,
    run_id: str,
    outcome: RunOutcome,
    *,
    requests: int,
    error: str | None = None,
) -> None:
    """Record how the run ended; ``error`` is a sentence without secrets."""
    con.execute(statement(_STATEMENTS, "end_run"), [clock.now(), outcome, requests, error, run_id])
