"""Bodies of the API served as they are, and synced into a DuckDB file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import httpx

from shipsync.api.session import Session
from shipsync.clock import JumpingPacing
from shipsync.connection import Connection, Secret
from shipsync.sync.run import run_sync
from shipsync.warehouse import database, ledger

BODIES = Path(__file__).parents[1] / "sources" / "bodies"
EMPTY = {
    "total": 0,
    "page": 1,
    "pages": 0,
    "links": {"first": {}, "last": {}, "prev": {}, "next": {}},
}
LISTS = {
    "/v2/shipments": "shipments",
    "/v2/labels": "labels",
    "/v2/fulfillments": "fulfillments",
    "/v2/inventory": "inventory",
    "/v2/inventory_warehouses": "inventory_warehouses",
    "/v2/inventory_locations": "inventory_locations",
    "/v2/warehouses": "warehouses",
    "/v2/products": "products",
    "/v2/carriers": "carriers",
    "/v2/tags": "tags",
}


def synced(folder: Path, bodies: dict[str, Any], tracking: Any) -> duckdb.DuckDBPyConnection:
    """A database that has read an account which answers with ``bodies``, as they are.

    ``tracking`` is told of every label, or of each its own, by its id.
    """

    def answer(request: httpx.Request) -> httpx.Response:
        path = request.url.path
        headers = {"date": "Thu, 01 Oct 2026 00:00:00 GMT"}
        if path.endswith("/track"):
            told = tracking.get(path.split("/")[3], tracking)
            return httpx.Response(200, json=told, headers=headers)
        body = bodies.get(LISTS[path], {LISTS[path]: [], **EMPTY})
        return httpx.Response(200, json=body, headers=headers)

    file = folder / "captures.duckdb"
    connection = Connection("default", Secret("k"), file)
    con = database.connect(file)
    ledger.migrate(con)
    with Session(
        connection, transport=httpx.MockTransport(answer), pacing=JumpingPacing()
    ) as session:
        report = run_sync(con, connection, session)
    assert report.failed == []
    return con
