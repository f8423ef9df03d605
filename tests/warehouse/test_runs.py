"""Runs in the ledger: each gets an outcome, and one that was killed gets it from the next."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from shipsync import clock
from shipsync.statements import script, statement
from shipsync.warehouse import runs
from shipsync.warehouse.database import connect
from shipsync.warehouse.ledger import migrate

Con = duckdb.DuckDBPyConnection


@pytest.fixture
def con(tmp_path: Path) -> Iterator[Con]:
    with connect(tmp_path / "shop.duckdb") as con:
        yield con


def outcomes(con: Con) -> dict[str, tuple[str | None, bool, str | None]]:
    """Command by command: its outcome, whether its end is known, and the first word of its error."""
    rows = con.execute(
        "select command, outcome, finished_at is not null, split_part(error, ' ', 1) from ledger.runs"
    )
    return {
        command: (outcome, has_end, error) for command, outcome, has_end, error in rows.fetchall()
    }


def test_a_run_that_was_killed_gets_its_outcome_from_the_next(con: Con) -> None:
    migrate(con)
    runs.begin(con, "build")
    assert outcomes(con) == {"build": (None, False, None)}

    after = runs.begin(con, "sync")
    runs.end(con, after, "done", requests=3)

    assert outcomes(con) == {"build": ("killed", False, "It"), "sync": ("done", True, None)}


def test_runs_of_an_older_version_are_kept_and_get_an_outcome_too(con: Con) -> None:
    con.execute(statement("shipsync.warehouse", "create_ledger"))
    con.execute(statement("shipsync.warehouse", "create_migrations"))
    con.execute(script("shipsync.warehouse.migrations", "0001_runs"))
    con.execute(statement("shipsync.warehouse", "record_migration"), ["0001_runs", clock.now()])
    for command in ("build", "reconcile"):
        con.execute(statement("shipsync.warehouse", "begin_run"), [command, command, clock.now()])
    runs.end(con, "reconcile", "needs_person", requests=7, error="Differs.")

    assert "0070_killed_runs" in migrate(con)
    runs.begin(con, "sync")

    assert outcomes(con) == {
        "build": ("killed", False, "It"),
        "reconcile": ("needs_person", True, "Differs."),
        "sync": (None, False, None),
    }
