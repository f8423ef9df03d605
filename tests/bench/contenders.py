"""Three ways to bring shipments into a DuckDB file: each gives the rows it loaded and its requests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

KEY = "emulator-key"


def ours(url: str, database: Path) -> tuple[int, int]:
    from shipsync.api.session import Session
    from shipsync.connection import Connection, Secret
    from shipsync.sync.run import run_sync
    from shipsync.warehouse.database import connect
    from shipsync.warehouse.ledger import migrate

    connection = Connection(
        "default", Secret(KEY), database, base_url=url, requests_per_minute=1_000_000
    )
    con = connect(database)
    migrate(con)
    with Session(connection) as session:
        report = run_sync(con, connection, session, only=frozenset({"shipments"}))
    con.close()
    assert not report.failed, report.failed
    return report.streams[0].rows, report.requests


def by_hand(url: str, database: Path) -> tuple[int, int]:
    """What a careful engineer writes for one load: column by column, straight into four tables."""
    import duckdb
    import httpx
    import orjson
    import pyarrow as pa

    from shipsync.sources.schema import ColumnKind
    from shipsync.sources.tables import orders

    con = duckdb.connect(str(database))
    lines = {
        "items": orders.SHIPMENT_ITEMS,
        "packages": orders.SHIPMENT_PACKAGES,
        "tags": orders.SHIPMENT_TAGS,
    }

    def column(values: list[Any], kind: ColumnKind) -> Any:
        if kind is ColumnKind.DOCUMENT:
            return pa.array(
                [None if v is None else orjson.dumps(v).decode() for v in values], pa.string()
            )
        if kind is ColumnKind.INSTANT:
            return pa.array(values, pa.string()).cast(kind.arrow)
        if kind is ColumnKind.MONEY:
            return pa.array(values, pa.float64()).cast(kind.arrow)
        return pa.array(values, kind.arrow)

    def arrow(objects: list[dict[str, Any]], table: Any) -> Any:
        arrays = []
        for col in table.columns:
            if len(col.path) == 1:
                values = [o.get(col.path[0]) for o in objects]
            else:
                values = [(o.get(col.path[0]) or {}).get(col.path[1]) for o in objects]
            arrays.append(column(values, col.kind))
        return pa.table(arrays, names=[col.name for col in table.columns])

    def insert(name: str, page: Any) -> None:
        con.register("page", page)
        con.execute(f"create table if not exists {name} as from page limit 0")
        con.execute(f"insert into {name} from page")

    rows = requests = 0
    client = httpx.Client(headers={"api-key": KEY}, timeout=30)
    page = 1
    while True:
        params = {"page_size": 500, "page": page, "sort_by": "modified_at", "sort_dir": "asc"}
        body = orjson.loads(client.get(f"{url}/v2/shipments", params=params).content)
        shipments = body["shipments"]
        insert("shipments", arrow(shipments, orders.SHIPMENTS))
        for key, table in lines.items():
            found = [
                {**line, "shipment_id": s["shipment_id"], table.columns[1].name: i}
                for s in shipments
                for i, line in enumerate(s[key])
            ]
            insert(table.name, arrow(found, table))
        rows, requests, page = rows + len(shipments), requests + 1, page + 1
        if page > body["pages"]:
            break
    con.close()
    return rows, requests


def plain_dlt(url: str, database: Path) -> tuple[int, int]:
    import os

    os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
    os.environ["RUNTIME__LOG_LEVEL"] = "CRITICAL"
    import dlt
    from dlt.sources.rest_api import rest_api_source

    source = rest_api_source(
        {
            "client": {
                "base_url": url,
                "auth": {
                    "type": "api_key",
                    "name": "api-key",
                    "api_key": KEY,
                    "location": "header",
                },
                "paginator": {"type": "page_number", "base_page": 1, "total_path": "pages"},
            },
            "resource_defaults": {"primary_key": "shipment_id", "write_disposition": "merge"},
            "resources": [
                {
                    "name": "shipments",
                    "endpoint": {
                        "path": "v2/shipments",
                        "data_selector": "shipments",
                        "params": {"page_size": 500, "sort_by": "modified_at", "sort_dir": "asc"},
                    },
                }
            ],
        }
    )
    pipeline = dlt.pipeline(
        "plain",
        pipelines_dir=str(database.parent / "plain"),
        destination=dlt.destinations.duckdb(str(database)),
        dataset_name="raw",
    )
    pipeline.run(source)
    with pipeline.sql_client() as client:
        found = client.execute_sql("select count(*) from shipments")
    assert found is not None
    return int(found[0][0]), -(-int(found[0][0]) // 500)
