"""Plans and sends one kind in a process of its own, so that a test can kill it.

``python applying_orders.py URL FOLDER DEED``: DEED is ``create``, ``cancel`` or ``fulfil``, with its rows in
``rows.json``. Exit code 0 when every row has its outcome, 7 when the account stopped the run.
"""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path

from shipsync.api.session import Session
from shipsync.connection import Connection, Secret
from shipsync.reverse import orders

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
    with Session(connection) as session:
        how = orders.Applying(session, late_commit_wait=WAIT)
        match deed:
            case "create":
                _, reports = orders.applied(
                    connection,
                    deed,
                    lambda con: orders.new_shipments(con, file, connection),
                    lambda con, plan: orders.create_shipments(con, plan, how),
                )
            case "cancel":
                _, reports = orders.applied(
                    connection,
                    deed,
                    lambda con: orders.cancels(con, file, connection, void_labels=True),
                    lambda con, plan: orders.cancel_shipments(con, plan, how),
                )
            case _:
                _, reports = orders.applied(
                    connection,
                    deed,
                    lambda con: orders.fulfillments(con, file, connection),
                    lambda con, plan: orders.create_fulfillments(con, plan, how),
                )
    return 7 if any(report.stopped_by for report in reports) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2]), sys.argv[3]))
