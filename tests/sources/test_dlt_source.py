"""The dlt source, loaded by a plain dlt pipeline over HTTP: twice, the second time what is new."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import duckdb
import pytest

from shipsync.api.endpoints import LISTINGS
from shipsync.emulator import Account, Fault, FaultKind, Served, serve
from shipsync.emulator.simulation.seed import seed_account
from shipsync.errors import ConfigurationError
from shipsync.sources.instants import as_parameter

dlt = pytest.importorskip("dlt")

from shipsync.sources import dlt_source  # noqa: E402

KEY = "a-key-that-nobody-may-see"
# What a load with nothing new asks for: one page of each list, and the labels of tracking.
LISTS = {
    **{listing.path: 1 for listing in LISTINGS.values()},
    "/v2/labels": 2,
    # Each of the six by itself, for the list leaves out its lines.
    **{f"/v2/purchase_orders/se-{number}": 1 for number in range(234, 240)},
}


@dataclass
class Shop:
    """An emulated account behind a port, and what a plain dlt pipeline makes of it."""

    account: Account
    served: Served
    folder: Path
    destination: Callable[[], Any]

    def load(self, *resources: str, **arguments: Any) -> list[Any]:
        """Load the source with a pipeline made for it; the requests that this took."""
        first = len(self.account.requests)
        source = dlt_source.source(
            api_key=KEY,
            base_url=self.served.url,
            requests_per_minute=100_000,
            **{"tracking_calls_per_run": 0, **arguments},
        )
        self.pipeline.run(source.with_resources(*resources) if resources else source)
        return self.account.requests[first:]

    @property
    def pipeline(self) -> Any:
        """A pipeline that knows of earlier ones only what they left behind."""
        return dlt.pipeline(
            "plain",
            pipelines_dir=str(self.folder / "work"),
            destination=self.destination(),
            dataset_name="shop",
        )


@pytest.fixture
def account() -> Account:
    account = Account(seed=5, api_keys=(KEY,))
    seed_account(account, shipments=80)
    account.clock.advance(hours=3)
    return account


@pytest.fixture
def served(account: Account) -> Iterator[Served]:
    with serve(account) as served:
        yield served


@pytest.fixture
def shop(account: Account, served: Served, tmp_path: Path) -> Shop:
    """The account loaded into DuckDB."""
    return Shop(
        account, served, tmp_path, lambda: dlt.destinations.duckdb(str(tmp_path / "plain.duckdb"))
    )


@pytest.fixture
def lake(account: Account, served: Served, tmp_path: Path) -> Shop:
    """The account loaded into a folder of Parquet."""
    url = (tmp_path / "lake").as_uri()
    return Shop(account, served, tmp_path, lambda: dlt.destinations.filesystem(url))


def in_duckdb(shop: Shop, query: str, *values: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(shop.folder / "plain.duckdb"), read_only=True) as con:
        con.execute("set schema = 'shop'")
        return con.execute(query, values).fetchall()


def paths(requests: list[Any]) -> Counter[str]:
    return Counter(request.path for request in requests)


def query_of(requests: list[Any], path: str) -> dict[str, str]:
    """The parameters of the only request for ``path``."""
    (request,) = (request for request in requests if request.path == path)
    return dict(parse_qsl(request.query))


def bodies(account: Account, kind: str) -> dict[str, Any]:
    """The present objects of the account, by id."""
    latest = account.journal.latest(kind)  # type: ignore[arg-type]
    return {key: entry.body for key, entry in latest.items() if not entry.removed}


def test_a_first_load_brings_everything(shop: Shop) -> None:
    shop.load()

    shipments = bodies(shop.account, "shipments")
    lines = sum(len(body["items"]) for body in shipments.values())
    assert in_duckdb(shop, "select count(*), count(distinct shipment_id) from shipments") == [
        (len(shipments), len(shipments))
    ]
    assert in_duckdb(shop, "select count(*) from shipment_items") == [(lines,)]
    for kind in ("labels", "fulfillments"):
        ids = {row[0] for row in in_duckdb(shop, f"from {kind} select {kind[:-1]}_id")}
        assert ids == bodies(shop.account, kind).keys()
    for table in ("inventory_levels", "products", "carriers", "carrier_services", "tags"):
        assert in_duckdb(shop, f"from {table}"), table


def test_a_second_load_asks_only_from_the_cursor_and_brings_nothing_twice(shop: Shop) -> None:
    shop.load()
    before = in_duckdb(shop, "select * from shipments order by shipment_id")

    requests = shop.load()

    assert paths(requests) == LISTS
    # The cursor is the account's time of the first load, less the lag of a quarter of an hour.
    cursor = shop.account.clock.now().subtract(minutes=15, microseconds=1000)
    assert query_of(requests, "/v2/shipments")["modified_at_start"] == as_parameter(cursor)
    assert query_of(requests, "/v2/fulfillments")["sort_by"] == "modified_at"
    assert in_duckdb(shop, "select * from shipments order by shipment_id") == before


def change(account: Account) -> tuple[str, str, str]:
    """Two shipments change their lines, one label is voided; their ids."""
    shipments = bodies(account, "shipments")
    shorter = next(key for key, body in shipments.items() if len(body["items"]) > 1)
    emptied = next(key for key, body in shipments.items() if body["items"] and key != shorter)
    label = next(key for key, body in bodies(account, "labels").items() if not body["voided"])
    account.clock.advance(hours=2)
    account.orders.change(
        shorter, items=shipments[shorter]["items"][:1], internal_notes="Leave at the back door."
    )
    account.orders.change(emptied, items=[])
    account.parcels.change_label(label, voided=True, status="voided")
    account.clock.advance(hours=1)
    return shorter, emptied, label


def test_what_changed_is_updated_and_lines_that_went_away_are_gone(shop: Shop) -> None:
    shop.load()
    shorter, emptied, label = change(shop.account)

    requests = shop.load("shipments", "shipment_items", "labels")

    assert paths(requests) == {"/v2/shipments": 1, "/v2/labels": 1}
    assert len(in_duckdb(shop, "from shipment_items where shipment_id = ?", shorter)) == 1
    assert not in_duckdb(shop, "from shipment_items where shipment_id = ?", emptied)
    notes = in_duckdb(shop, "from shipments select internal_notes where shipment_id = ?", shorter)
    assert notes == [("Leave at the back door.",)]
    assert in_duckdb(shop, "from labels select voided where label_id = ?", label) == [(True,)]
    total = sum(len(body["items"]) for body in bodies(shop.account, "shipments").values())
    assert in_duckdb(shop, "select count(*) from shipment_items") == [(total,)]


CURRENT = """
with current_shipments as (
    from read_parquet('{lake}/shop/shipments/*.parquet')
    qualify row_number() over (partition by shipment_id order by observed_at desc) = 1
)
"""


def in_parquet(lake: Shop, query: str) -> list[tuple[Any, ...]]:
    return duckdb.sql((CURRENT + query).format(lake=lake.folder / "lake")).fetchall()


def test_a_folder_of_parquet_gets_what_is_new_as_further_rows(lake: Shop) -> None:
    lake.load()
    shorter, emptied, _ = change(lake.account)
    requests = lake.load()

    assert paths(requests) == LISTS
    held = bodies(lake.account, "shipments")
    rows = in_parquet(lake, "select count(*) from read_parquet('{lake}/shop/shipments/*.parquet')")
    assert rows == [(len(held) + 2,)]
    lines = in_parquet(
        lake,
        "select shipment_id, count(*) from read_parquet('{lake}/shop/shipment_items/*.parquet')"
        " semi join current_shipments using (shipment_id, content_hash)"
        " where is_removed is null group by all",
    )
    assert dict(lines) == {key: len(body["items"]) for key, body in held.items() if body["items"]}
    assert dict(lines)[shorter] == 1
    assert emptied not in dict(lines)


def test_a_row_that_comes_twice_in_one_load_waits_for_the_next(shop: Shop) -> None:
    first = min(bodies(shop.account, "shipments").values(), key=lambda body: body["modified_at"])
    shipment_id = first["shipment_id"]

    def change_it(account: Account, _: object) -> None:
        # The account's clock stands, so that this lies within what the load reads.
        account.orders.change(shipment_id, items=[], at=account.clock.now())

    shop.account.faults.add(Fault(FaultKind.CALL, "/v2/shipments", skip=2, call=change_it))
    shop.load("shipments", "shipment_items", page_size=20)
    before = in_duckdb(shop, "from shipment_items where shipment_id = ?", shipment_id)
    shop.load("shipments", "shipment_items", page_size=20)

    assert len(before) == len(first["items"]) > 0
    assert not in_duckdb(shop, "from shipment_items where shipment_id = ?", shipment_id)
    ids = [row[0] for row in in_duckdb(shop, "from shipments select shipment_id")]
    assert sorted(ids) == sorted(bodies(shop.account, "shipments"))


@pytest.mark.parametrize("page_size", [10, 500])
def test_latest_changes_are_found_on_further_pages(shop: Shop, page_size: int) -> None:
    shop.load("labels", page_size=page_size)
    shop.account.clock.advance(hours=2)
    changed = list(bodies(shop.account, "labels"))[:15]
    for label_id in changed:
        shop.account.parcels.change_label(label_id, voided=True, status="voided")

    requests = shop.load("labels", page_size=page_size)

    assert len(requests) == {10: 3, 500: 1}[page_size]
    voided = in_duckdb(shop, "from labels select label_id where voided")
    assert set(changed) <= {row[0] for row in voided}


def test_whole_lists_are_replaced(shop: Shop) -> None:
    shop.load("tags")
    shop.account.master_data.remove("tags", in_duckdb(shop, "select name from tags")[0][0])

    shop.load("tags")

    assert {name for (name,) in in_duckdb(shop, "select name from tags")} == bodies(
        shop.account, "tags"
    ).keys()


def test_tracking_is_asked_within_its_calls_the_longest_not_asked_first(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    asked: list[set[str]] = []
    for _ in range(3):
        requests = shop.load("tracking", "tracking_events", tracking_calls_per_run=2)
        asked.append({r.path.split("/")[3] for r in requests if r.path.endswith("/track")})
        shop.account.clock.advance(minutes=5)

    assert [len(labels) for labels in asked] == [2, 2, 2]
    assert len(set.union(*asked)) == 6
    assert {row[0] for row in in_duckdb(shop, "select label_id from tracking")} == set.union(*asked)
    # The clock on the wall where the parcel was: in no zone.
    types = "from (describe tracking_events) select column_type where column_name = ?"
    assert in_duckdb(shop, types, "carrier_occurred_at") == [("TIMESTAMP",)]
    assert in_duckdb(shop, types, "occurred_at") == [("TIMESTAMP WITH TIME ZONE",)]
    assert not caplog.text


def test_a_row_without_its_id_is_named_and_the_rest_is_loaded(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    shop.account.master_data.put_tag({"name": None, "color": "#000000"})

    shop.load("tags")

    assert "Set aside, and not loaded: tags, " in caplog.text
    assert len(in_duckdb(shop, "from tags")) == len(bodies(shop.account, "tags")) - 1


def test_nothing_is_written_to_the_account(shop: Shop) -> None:
    requests = shop.load(tracking_calls_per_run=3)

    assert {request.method for request in requests} == {"GET"}


def test_reading_again_finds_what_the_order_of_the_list_hides(shop: Shop) -> None:
    shop.load("labels")
    requests = shop.load("labels", reread_days=30)

    again = dict(parse_qsl(requests[-1].query))
    assert paths(requests) == {"/v2/labels": 2}
    since = shop.account.clock.now().subtract(days=30, microseconds=1000)
    assert again["created_at_start"] == as_parameter(since)
    assert in_duckdb(shop, "select count(*) = count(distinct label_id) from labels") == [(True,)]


def test_its_settings_come_from_the_configuration_of_dlt(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCES__SHIPSTATION__API_KEY", KEY)
    monkeypatch.setenv("SOURCES__SHIPSTATION__BASE_URL", shop.served.url)
    monkeypatch.setenv("SOURCES__SHIPSTATION__PAGE_SIZE", "7")

    shop.pipeline.run(dlt_source.source().with_resources("products"))

    sizes = {dict(parse_qsl(r.query)).get("page_size") for r in shop.account.requests if r.query}
    assert sizes == {"7"}


def test_a_second_account_has_a_section_of_its_own(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCES__SHIPSTATION__API_KEY", "the-key-of-another-account")
    monkeypatch.setenv("SOURCES__SHIPSTATION__WEST__API_KEY", KEY)
    monkeypatch.setenv("SOURCES__SHIPSTATION__WEST__BASE_URL", shop.served.url)

    west = dlt_source.source.with_args(name="west")()
    shop.pipeline.run(west.with_resources("tags"))

    assert west.name == "west"
    assert in_duckdb(shop, "from tags")


@pytest.mark.parametrize(
    ("argument", "value", "sentence"),
    [
        ("start_date", "soon", "start_date is 'soon'; give a day"),
        ("page_size", 501, "page_size is 501; 1 to 500 are allowed"),
        ("personal_data", "burn", "personal_data is 'burn'; it can be keep, hash, drop"),
    ],
)
def test_a_value_that_cannot_be_is_refused_before_anything_is_read(
    argument: str, value: Any, sentence: str
) -> None:
    with pytest.raises(ConfigurationError, match=sentence):
        dlt_source.source(api_key=KEY, **{argument: value})


def test_the_key_is_in_nothing_that_is_left_behind(shop: Shop) -> None:
    shop.load()

    for file in (path for path in shop.folder.rglob("*") if path.is_file()):
        assert KEY.encode() not in file.read_bytes(), file
