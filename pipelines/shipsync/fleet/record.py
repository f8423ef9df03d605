"""What became of every run of a fleet, in a DuckDB file of its own: table ``account_runs``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import duckdb

from shipsync.fleet.account_run import AccountRun
from shipsync.statements import statement
from shipsync.warehouse.database import connect, explained

_STATEMENTS: Final = "shipsync.fleet"


@dataclass(frozen=True)
class AccountStatus:
    """How an account stands: its last run, when one last went well, and how many have failed since.

    ``lag_seconds`` is how old the newest that was read is now, None if nothing ever was. ``day_runs``,
    ``day_requests`` and ``day_seconds`` are of all its runs that ended in the last 24 hours.
    """

    account: str
    outcome: str
    finished_at: datetime
    seconds: float
    requests: int | None
    rows: int | None
    lag_seconds: float | None
    good_at: datetime | None
    failed_since: int
    day_runs: int
    day_requests: int | None
    day_seconds: float | None
    said: str


class FleetRecord:
    """The record in ``file``, which is open only while it is read or written."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def put(self, run: AccountRun) -> None:
        """Write down one run."""
        with self._opened() as con:
            con.execute(
                statement(_STATEMENTS, "put_account_run"),
                {
                    "account": run.account,
                    "outcome": run.outcome,
                    "is_good": run.is_good,
                    "exit_code": run.exit_code,
                    "started_at": run.started_at,
                    "finished_at": run.finished_at,
                    "requests": run.requests,
                    "rows": run.rows,
                    "read_up_to": run.read_up_to,
                    "said": run.said,
                },
            )

    def last_ended(self) -> dict[str, datetime]:
        """When the last run of each account ended."""
        with self._opened() as con:
            return dict(con.execute(statement(_STATEMENTS, "last_ended")).fetchall())

    def status(self, now: datetime) -> list[AccountStatus]:
        """How each account stands, those that fail first, then those that are furthest behind."""
        if not self._file.exists():
            return []
        with explained(self._file), connect(self._file, read_only=True) as con:
            found = con.execute(statement(_STATEMENTS, "fleet_status"), {"now": now}).fetchall()
        return [AccountStatus(*row) for row in found]

    @contextmanager
    def _opened(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with explained(self._file), connect(self._file) as con:
            con.execute(statement(_STATEMENTS, "make_account_runs"))
            yield con
