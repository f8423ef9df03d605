"""Plans and applies in a process of its own, so that a test can kill it.

``python apply_in_process.py URL FOLDER WHAT``: WHAT is ``stock`` (a plan in ``plan.json``), ``create``,
``cancel`` or ``fulfil`` (rows in ``rows.jsonl``); ``create`` keeps a plan in a file, the last two plan again
each time. Exit code 0 when every row has its outcome, 7 when the account stopped the run.
"""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path

from shipsync.api.session import Session
from shipsync.connection import Connection, Secret
from shipsync.reverse import planners, service
from shipsync.reverse.applying import Applying
from shipsync.reverse.plan.row import Plan

WAIT = timedelta(seconds=0.05)


def main(url: str, folder: Path, what: str) -> int:
    """Send what the files in the folder say to the account at the address."""
    connection = Connection(
        name="shop",
        api_key=Secret("emulator-key"),
        database=folder / "shop.duckdb",
        base_url=url,
        requests_per_minute=1_000_000,
    )
    rows = folder / "rows.jsonl"
    with Session(connection) as session:
        how = Applying(session, late_commit_wait=WAIT)
        if what == "stock":
            plan = service.load_plan(folder / "plan.json", "stock", connection.database)
            done = service.applied(connection, what, plan, how)
        elif what == "create":
            done = service.applied(connection, what, kept_plan(rows, connection), how)
        elif what == "cancel":
            make = planners.cancels(rows, connection, void_labels=True)
            done = service.planned_and_applied(connection, what, make, how)
        else:
            make = planners.fulfillments(rows, connection)
            done = service.planned_and_applied(connection, what, make, how)
    if done.stopped_by is not None:
        print(f"{type(done.stopped_by).__name__}: {done.stopped_by}", file=sys.stderr)  # noqa: T201
        return 7
    return 0


def kept_plan(rows: Path, connection: Connection) -> Plan:
    """The plan of new shipments beside their file; made when it is not there yet."""
    path = rows.with_suffix(".plan.json")
    if not path.exists():
        make = planners.new_shipments(rows, connection)
        made = service.planned(connection.database, make)
        service.save_plan(made, path, connection.database)
    return service.load_plan(path, "shipments", connection.database)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2]), sys.argv[3]))
