"""DuckDB runs out of memory: one stream fails and says what to do, the others go on, nothing is lost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb

from shipsync.api.session import Session
from shipsync.clock import JumpingPacing
from shipsync.connection import Connection, Secret
from shipsync.emulator import Account, Fault, FaultKind, IncomingRequest, Transport
from shipsync.emulator.timestamps import of_moment
from shipsync.sync.reports import StreamReport
from shipsync.sync.run import run_sync
from shipsync.warehouse.database import connect
from shipsync.warehouse.ledger import migrate
from truth.moving_lists import put
from truth.synced_shop import START

STREAMS = frozenset({"fulfillments", "labels", "products"})
LABELS = 3_000


def test_it_fails_one_stream_and_the_next_run_loads_it(tmp_path: Path) -> None:
    account = Account(seed=1, start=START)
    oldest = of_moment(START.subtract(days=3))
    for number in range(LABELS):
        label = {"label_id": f"se-{number}", "note": f"{number:04}" * 2_000}
        put(account, "labels", label, oldest + number * 1_000_000)
    put(account, "fulfillments", {"fulfillment_id": "se-1"}, oldest)
    account.master_data.put_product({"product_id": 1, "sku": "A-1"})
    database = tmp_path / "shop.duckdb"
    with connect(database) as con:
        migrate(con)
        account.faults.add(
            Fault(FaultKind.CALL, path="/v2/labels", skip=2, call=limiting(con, 16)),
            Fault(FaultKind.CALL, path="/v2/products", call=limiting(con, 200)),
        )
        first = synced(con, account, database)
        assert {name: report.outcome for name, report in first.items()} == {
            "fulfillments": "loaded",
            "labels": "failed",
            "products": "loaded",
        }
        assert "Raise memory_limit_mb" in str(first["labels"].error)
        assert synced(con, account, database)["labels"].outcome == "loaded"
        stored = con.execute(
            "select count(*), count(distinct label_id) from raw.labels where _dlt_valid_to is null"
        )
        assert stored.fetchall() == [(LABELS, LABELS)]


def limiting(
    con: duckdb.DuckDBPyConnection, megabytes: int
) -> Callable[[Account, IncomingRequest], object]:
    """What leaves DuckDB so much memory, as other programs may."""
    return lambda account, request: con.cursor().execute(f"set memory_limit = '{megabytes}MB'")


def synced(
    con: duckdb.DuckDBPyConnection, account: Account, database: Path
) -> dict[str, StreamReport]:
    connection = Connection("default", Secret("emulator-key"), database)
    with Session(connection, transport=Transport(account), pacing=JumpingPacing()) as session:
        report = run_sync(con, connection, session, only=STREAMS)
    return {stream.stream: stream for stream in report.streams}
