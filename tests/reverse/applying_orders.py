"""Plans and sends one kind in a process of its own, so that a test can kill it.

``python applying_orders.py URL FOLDER DEED``: DEED is ``create``, ``cancel`` or ``fulfil``, with its rows in
``rows.jsonl``; ``create`` applies a plan in a file, the others plan anew each time. Exit code 0 when every
row has its outcome, 7 when the account stopped the run.
"""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path

from shipsync.api.session import Session
from shipsync.connection import Connection, Secret
from shipsync.reverse.orders import orders_service
from shipsync.reverse.orders.order_apply import Applying
from shipsync.reverse.plan import write_plan_file
from shipsync.reverse.plan.write_plan import WritePlan

WAIT = timedelta(seconds=0.05)


def main(url: str, folder: Path, deed: str) -> int:
    """Send what ``rows.jsonl`` in the folder says to the account at the address."""
    connection = Connection(
        name="shop",
        api_key=Secret("emulator-key"),
        database=folder / "shop.duckdb",
        base_url=url,
        requests_per_minute=1_000_000,
    )
    file = folder / "rows.jsonl"
    plans: dict[str, orders_service.MakePlan] = {
        "cancel": lambda con: orders_service.cancels(con, file, connection, void_labels=True),
        "fulfil": lambda con: orders_service.fulfillments(con, file, connection),
    }
    with Session(connection) as session:
        how = Applying(session, late_commit_wait=WAIT)
        if deed == "create":
            done = orders_service.applied_plan(connection, deed, kept_plan(file, connection), how)
        else:
            done = orders_service.applied(connection, deed, plans[deed], how)
    return 7 if any(report.stopped_by for report in done.reports) else 0


def kept_plan(file: Path, connection: Connection) -> WritePlan:
    """The plan of new shipments beside their file; made when it is not there yet."""
    path = file.with_suffix(".plan.json")
    if not path.exists():
        made = orders_service.planned(
            connection.database, lambda con: orders_service.new_shipments(con, file, connection)
        )
        write_plan_file.save(made, path)
    return write_plan_file.load(path, "shipments", orders_service.recorded(connection))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2]), sys.argv[3]))
