"""Runs and their outcomes, as rows of the ledger."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal

import duckdb

from shipsync import clock
from shipsync.statements import statement

_STATEMENTS = "shipsync.warehouse"

RunOutcome = Literal["done", "failed", "needs_person", "killed"]

_KILLED: Final = (
    "It never recorded its end: it was killed, the machine stopped, or the database could not be written. "
    "What it had committed is kept, and later runs went on from there."
)


def begin(con: duckdb.DuckDBPyConnection, command: str) -> str:
    """Record that a run of ``command`` begins; returns its id, which sorts by time.

    The caller holds the run lock, so that no other run goes on: one without an end was killed, and gets
    that outcome.
    """
    started_at = clock.now()
    run_id = f"{started_at:%Y%m%dT%H%M%S}-{secrets.token_hex(4)}"
    con.execute(statement(_STATEMENTS, "end_killed_runs"), {"error": _KILLED})
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


@dataclass(frozen=True)
class Phase:
    """One part of a run, and how long it took in seconds."""

    name: str
    started_at: datetime
    seconds: float


@dataclass
class Phases:
    """The parts of one run while it goes on; ``run_id`` is None until its sync has one."""

    run_id: str | None = None
    ended: list[Phase] = field(default_factory=list)

    @contextmanager
    def measured(self, name: str) -> Iterator[None]:
        """The block is the part of that name; it counts however it ends."""
        started_at, began = clock.now(), time.monotonic()
        try:
            yield
        finally:
            self.ended.append(Phase(name, started_at, time.monotonic() - began))


def record_phases(con: duckdb.DuckDBPyConnection, phases: Phases) -> None:
    """Record how long each part of a run took."""
    for phase in phases.ended:
        values = [phases.run_id, phase.name, phase.started_at, phase.seconds]
        con.execute(statement(_STATEMENTS, "record_phase"), values)
