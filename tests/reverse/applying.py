"""Applies a plan in a process of its own, so that a test can kill it: ``python applying.py URL FOLDER``.

Exit code 0 when every row of the plan has its outcome, 7 when the account stopped the run.
"""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path

from shipsync.api.session import Session
from shipsync.clock import SystemPacing
from shipsync.connection import Connection, Secret
from shipsync.reverse.outbox.apply import apply_plan
from shipsync.reverse.plan import file as plan_file
from shipsync.warehouse.database import connect


def main(url: str, folder: Path) -> int:
    """Apply ``plan.json`` in the folder to the account at the address."""
    connection = Connection(
        name="shop",
        api_key=Secret("emulator-key"),
        database=folder / "shop.duckdb",
        base_url=url,
        requests_per_minute=1_000_000,
    )
    plan = plan_file.load(folder / "plan.json")
    wait = timedelta(seconds=0.05)
    with connect(connection.database) as con, Session(connection) as session:
        report = apply_plan(con, session, plan, pacing=SystemPacing(), late_commit_wait=wait)
    if report.stopped_by is not None:
        print(f"{type(report.stopped_by).__name__}: {report.stopped_by}", file=sys.stderr)  # noqa: T201
        return 7
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2])))
