"""How the database stands: what ``status`` shows of every stream and of the runs."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import duckdb

from shipsync.sources.streams import STREAMS
from shipsync.sync.reports import StreamReport, StreamStatus, record_stream, stream_status
from shipsync.warehouse import ledger
from sql.raw_tables import RawTables

MADE = datetime(2026, 3, 1, 8, tzinfo=UTC)
SEEN = datetime(2026, 3, 2, 8, tzinfo=UTC)


def status(con: duckdb.DuckDBPyConnection) -> dict[str, StreamStatus]:
    return {stream.stream: stream for stream in stream_status(con)}


def test_there_is_no_status_before_the_first_sync() -> None:
    with duckdb.connect() as con:
        ledger.migrate(con)
        assert stream_status(con) == []


def test_every_stream_is_dated_by_its_own_column(tmp_path: Path) -> None:
    raw = RawTables()
    raw.load("warehouses", {"warehouse_id": "1", "created_at": MADE}, load_id="1", observed_at=SEEN)
    raw.load("products", {"product_id": 1, "modify_date": MADE}, load_id="1", observed_at=SEEN)
    raw.load("tags", {"name": "gift"}, load_id="1", observed_at=SEEN)
    raw.save(tmp_path / "shop.duckdb")
    with duckdb.connect(str(tmp_path / "shop.duckdb")) as con:
        con.execute("set timezone = 'UTC'")
        ledger.migrate(con)
        record_stream(con, "run", StreamReport("tags", "loaded", rows=1, requests=2, read_at=SEEN))
        found = status(con)

    assert list(found) == list(STREAMS)
    assert (found["warehouses"].rows, found["warehouses"].newest) == (1, MADE)
    assert (found["products"].rows, found["products"].newest) == (1, MADE)
    assert (found["tags"].rows, found["tags"].newest) == (1, SEEN)
    assert (found["tags"].read_up_to, found["tags"].requests_last_run) == (SEEN, 2)
    assert found["labels"] == StreamStatus("labels", 0, None)


def test_a_stream_that_no_sync_has_met_yet_is_left_out(tmp_path: Path) -> None:
    RawTables().save(tmp_path / "shop.duckdb")
    with duckdb.connect(str(tmp_path / "shop.duckdb")) as con:
        ledger.migrate(con)
        con.execute("drop table raw.tags")
        assert set(STREAMS) - set(status(con)) == {"tags"}
