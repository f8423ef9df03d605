"""What the database holds of a stream: the same statements for every raw table."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from shipsync.sources.streams import STREAMS
from shipsync.sync.stored import StoredStream
from sql.raw_tables import RawTables

FIRST = datetime(2026, 3, 1, 8, tzinfo=UTC)
SECOND = datetime(2026, 3, 2, 8, tzinfo=UTC)
PLACE = {"inventory_location_id": "se-9", "inventory_warehouse_id": "se-1"}


@pytest.fixture
def con(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Two loads of each kind of table, of which the second did not end."""
    raw = RawTables()
    old = {"shipment_id": "se-1", "created_at": FIRST, "modified_at": FIRST}
    raw.load("shipments", old, load_id="1", observed_at=FIRST)
    new = {"shipment_id": "se-1", "created_at": FIRST, "modified_at": SECOND}
    other = {"shipment_id": "se-2", "created_at": SECOND, "modified_at": SECOND}
    raw.load("shipments", new, other, load_id="2", observed_at=SECOND)
    raw.load("labels", {"label_id": "se-7", "created_at": FIRST}, load_id="1", observed_at=FIRST)
    levels = [{"sku": sku, "on_hand": 1, **PLACE} for sku in ("CUP", "MUG")]
    raw.load("inventory_levels", *levels, load_id="1", observed_at=FIRST)
    raw.load("inventory_levels", levels[0], load_id="2", observed_at=SECOND)
    raw.load("products", {"product_id": 12}, load_id="1", observed_at=FIRST)
    raw.save(tmp_path / "shop.duckdb")
    with duckdb.connect(str(tmp_path / "shop.duckdb")) as con:
        con.execute("create table raw._dlt_loads (load_id varchar, status bigint)")
        con.execute("insert into raw._dlt_loads values ('1', 0)")
        con.execute("set timezone = 'UTC'")
        yield con


def stored(con: duckdb.DuckDBPyConnection, name: str) -> StoredStream:
    return StoredStream(con, STREAMS[name])


def test_a_version_says_when_it_changed_and_whether_its_load_ended(
    con: duckdb.DuckDBPyConnection,
) -> None:
    found = stored(con, "shipments").current(["se-1", "se-2", "se-3"])

    assert set(found) == {"se-1", "se-2"}
    assert found["se-1"].changed_at == SECOND
    assert not found["se-1"].is_whole
    label = stored(con, "labels").current(["se-7"])["se-7"]
    assert (label.changed_at, label.observed_at, label.is_whole) == (None, FIRST, True)


def test_entities_are_counted_once_and_within_bounds(con: duckdb.DuckDBPyConnection) -> None:
    shipments = stored(con, "shipments")

    assert shipments.count() == 2
    assert shipments.count(FIRST, SECOND) == 2
    assert shipments.count(SECOND, None) == 0
    assert shipments.count(None, FIRST) == 0
    assert stored(con, "inventory_levels").count() == 1


def test_the_extent_follows_the_cursor(con: duckdb.DuckDBPyConnection) -> None:
    assert stored(con, "shipments").newest_change() == SECOND
    assert stored(con, "shipments").oldest() == SECOND
    assert stored(con, "labels").newest_change() is None
    assert stored(con, "labels").oldest() == FIRST
    assert stored(con, "fulfillments").oldest() is None
    assert stored(con, "products").oldest() is None


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("inventory_levels", {("CUP", "se-9", "se-1")}),
        ("products", {("12",)}),
        ("tags", set()),
    ],
)
def test_keys_are_texts_in_the_order_of_the_key(
    con: duckdb.DuckDBPyConnection, name: str, keys: set[tuple[str, ...]]
) -> None:
    assert stored(con, name).keys() == keys
    assert len(stored(con, name).hashes()) == len(keys)


def test_the_order_of_a_key_does_not_hang_on_the_table(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(
        "create or replace table raw.inventory_levels as select "
        "inventory_warehouse_id, sku, inventory_location_id, _dlt_valid_to "
        "from raw.inventory_levels"
    )
    assert stored(con, "inventory_levels").keys() == {("CUP", "se-9", "se-1")}
