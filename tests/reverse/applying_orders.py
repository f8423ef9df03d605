"""Plans and sends one kind in a process of its own, so that a test can kill it.

``python applying_orders.py URL FOLDER DEED``: DEED is ``create``, ``cancel`` or ``fulfil``, with its rows in
``rows.jsonl``. Exit code 0 when every row has its outcome, 7 when the account stopped the run.
"""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path

from shipsync.api.session import Session
from shipsync.connection import Connection, Secret
from shipsync.reverse import orders
from shipsync.reverse.order_apply import Applying

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
    plans: dict[str, orders.MakePlan] = {
        "create": lambda con: orders.new_shipments(con, file, connection),
        "cancel": lambda con: orders.cancels(con, file, connection, void_labels=True),
        "fulfil": lambda con: orders.fulfillments(con, file, connection),
    }
    with Session(connection) as session:
        how = Applying(session, late_commit_wait=WAIT)
        reports = orders.applied(connection, deed, plans[deed], how).reports
    return 7 if any(report.stopped_by for report in reports) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2]), sys.argv[3]))
