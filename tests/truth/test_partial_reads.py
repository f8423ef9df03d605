"""A list that can't be read, or not whole: what was read stays, what was not is never taken for gone."""

from __future__ import annotations

import shutil
from pathlib import Path
from urllib.parse import parse_qsl

import pytest

from shipsync.api.endpoints import LISTINGS
from shipsync.emulator import Account, Fault, FaultKind
from shipsync.emulator.http.request import Logged
from shipsync.emulator.simulation.seed import seed_account
from shipsync.job import Scope
from shipsync.sources.streams import STREAMS
from truth.comparison import compare_current
from truth.synced_shop import START, Shop

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("held")]

PATHS = {name: s.listing.path if s.listing else "/v2/labels/*/track" for name, s in STREAMS.items()}
SETTINGS = {"page_size": 20, "checkpoint_pages": 1}
SNAPSHOTS = [name for name, stream in STREAMS.items() if stream.listing and not stream.cursor]


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """A small shop, synced once."""
    shop = Shop(small_account(), tmp_path_factory.mktemp("held"), SETTINGS)
    assert not shop.sync().report.failed
    return shop


@pytest.fixture
def shop(held: Shop, tmp_path: Path) -> Shop:
    """A copy of it and of its database."""
    shutil.copytree(held.folder, tmp_path / "copy")
    account = small_account()
    assert len(account.journal) == len(held.account.journal)
    return Shop(account, tmp_path / "copy", SETTINGS)


def small_account() -> Account:
    """70 shipments and what became of them; the same each time."""
    account = Account(seed=11, start=START)
    seed_account(account, shipments=70, days=20)
    return account


def touch_everything(shop: Shop) -> None:
    """Let a day pass in which something of every list changes."""
    account = shop.account
    account.clock.advance(days=1, hours=1)
    number = len(account.journal)
    for shipment_id in account.ids("shipments")[-5:]:
        account.orders.change(shipment_id, internal_notes=f"note {number}")
    for label_id in account.ids("labels")[-5:]:
        account.parcels.change_label(label_id, label_image_id=f"image {number}")
    for fulfillment_id in account.ids("fulfillments")[-2:]:
        account.parcels.change_fulfillment(
            fulfillment_id, notification_error_message=f"no {number}"
        )
    level = account.stock.levels()[-1]
    account.stock.move(level["sku"], level["inventory_location_id"], delta=number)
    for kind in ("warehouses", "inventory_warehouses", "inventory_locations", "products"):
        body = account.master_data.items(kind)[-1]  # type: ignore[arg-type]
        account.master_data.put(kind, {**body, "name": f"name {number}"})  # type: ignore[arg-type]
    account.master_data.put_carrier(
        {**account.master_data.items("carriers")[-1], "nickname": f"name {number}"}
    )
    account.master_data.put_tag({"name": f"tag {number}"})


@pytest.mark.parametrize("name", STREAMS)
def test_one_stream_that_fails_leaves_the_others_loaded(shop: Shop, name: str) -> None:
    others = {"fulfillments", "tags"} - {name}
    touch_everything(shop)
    everything = "from query_table(?) order by all"
    before = shop.rows(everything, f"raw.{name}")
    shop.account.faults.add(Fault(FaultKind.SERVER_ERROR, path=PATHS[name], count=None))
    report = shop.sync(Scope(only=frozenset({name, *others}))).report
    shop.account.faults.clear()
    assert [stream.stream for stream in report.failed] == [name]
    error = report.failed[0].error or ""
    assert PATHS[name].split("*")[0] in error, error
    assert name in error, error
    last_run = "select outcome, error from ledger.runs order by started_at desc limit 1"
    assert shop.rows(last_run) == [("failed", f"{name}: {error}")]
    compare_current(shop, f"while {name} failed", sorted(others))
    assert shop.rows(everything, f"raw.{name}") == before

    assert not shop.sync(Scope(only=frozenset({name}))).report.failed
    compare_current(shop, f"after {name} failed", [name])


@pytest.mark.parametrize("name", SNAPSHOTS)
def test_snapshot_that_lacks_a_page_closes_no_row(shop: Shop, name: str) -> None:
    scope = Scope(only=frozenset({name}))
    total = len(shop.rows("from query_table(?)", f"raw.{name}"))
    assert total
    touch_everything(shop)
    # A list that comes in one piece has no count: if it stays empty, nothing contradicts it.
    for count in (None, 1) if LISTINGS[name].paged else (1,):
        for page in range(1, -(-total // 20) + 1):
            fault = Fault(FaultKind.MISSING_PAGE, path=PATHS[name], page=page, count=count)
            shop.account.faults.add(fault)
            report = shop.sync(scope).report
            shop.account.faults.clear()
            # Levels are read location by location then, whose own first pages do come.
            is_lost = count is None and (name != "inventory_levels" or page == 1)
            assert bool(report.failed) == is_lost, f"page {page}"
            current = shop.rows("from query_table(?) where _dlt_valid_to is null", f"raw.{name}")
            assert len(current) >= total, f"page {page}"
    compare_current(shop, f"{name} in the end", [name])


@pytest.mark.parametrize("name", ["shipments", "fulfillments", "labels"])
def test_incremental_list_whose_only_page_comes_empty_is_not_taken_for_unchanged(
    shop: Shop, name: str
) -> None:
    scope = Scope(only=frozenset({name}))
    touch_everything(shop)
    fault = Fault(FaultKind.MISSING_PAGE, path=PATHS[name], count=None)
    shop.account.faults.add(fault)
    assert [stream.stream for stream in shop.sync(scope).report.failed] == [name]
    shop.account.faults.clear()
    shop.account.clock.advance(hours=2)
    assert not shop.sync(scope).report.failed
    compare_current(shop, f"{name} in the end", [name])


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        pytest.param(FaultKind.KEY_REFUSED, "key", id="key refused"),
        pytest.param(FaultKind.RESET, "labels", id="reset"),
    ],
)
def test_only_a_refused_key_stops_the_whole_run(shop: Shop, kind: FaultKind, words: str) -> None:
    touch_everything(shop)
    shop.account.faults.add(Fault(kind, path="/v2/labels", count=None))
    synced = shop.sync()
    shop.account.faults.clear()
    failed = [stream.stream for stream in synced.report.failed]
    asked = {request.path for request in shop.account.requests[synced.requests]}
    assert words in (synced.stream("labels").error or "")
    compare_current(shop, "after the refusal", ["shipments", "fulfillments"])
    if kind is FaultKind.KEY_REFUSED:
        assert failed == list(STREAMS)[2:]
        assert len({stream.error for stream in synced.report.failed}) == 1
        assert asked == {"/v2/shipments", "/v2/fulfillments", "/v2/labels"}
        sent = [r for r in shop.account.requests[synced.requests] if r.path == "/v2/labels"]
        assert len(sent) == 2, "a key that has worked is tried once more, and then no more"
    else:
        assert failed == ["labels"]
    assert not shop.sync().report.failed
    compare_current(shop, "in the end")


@pytest.mark.parametrize("name", ["shipments", "labels"])
def test_broken_off_backfill_goes_on_where_it_stopped(tmp_path: Path, name: str) -> None:
    account = Account(seed=11, start=START)
    seed_account(account, shipments=240, days=20)
    shop = Shop(account, tmp_path, {"page_size": 20, "checkpoint_pages": 2})
    scope = Scope(only=frozenset({name}))
    rows = len(account.ids(name))  # type: ignore[arg-type]
    pages = -(-rows // 20)
    account.faults.add(Fault(FaultKind.SERVER_ERROR, path=PATHS[name], skip=8, count=None))
    assert shop.sync(scope).report.failed
    account.faults.clear()
    held = len(shop.rows("from query_table(?)", f"raw.{name}"))
    assert 80 <= held < rows, "what earlier packages loaded stays"

    resumed = shop.sync(scope)
    assert not resumed.report.failed
    # The package under way and the lag are read again; labels are looked through newest first too.
    newest_first = 0 if name == "shipments" else pages
    asked = resumed.requests.stop - resumed.requests.start
    assert asked <= pages - held // 20 + 3 + newest_first, f"{asked} requests for {pages} pages"
    assert resumed.stream(name).rows <= rows - held + 20
    compare_current(shop, "in the end", [name])


def test_run_with_nothing_new_costs_one_request_for_each_incremental_list(shop: Shop) -> None:
    """And one for the open shipments; after an hour, the labels under way are listed for their status."""
    for minutes in (0, 90):
        shop.account.clock.advance(minutes=minutes)
        synced = shop.sync()
        requests = shop.account.requests[synced.requests]
        lists = [r for r in requests if r.path != "/v2/inventory" and not r.path.endswith("/track")]
        every_time = ["/v2/shipments", "/v2/shipments", "/v2/fulfillments", "/v2/labels"]
        assert [request.path for request in lists[:4]] == every_time
        sweep = lists[4:]
        assert [request.path for request in sweep] == ["/v2/labels"] * pages_of_labels(
            shop, sweep, minutes
        )
        # Parcels move with the clock: one that a label tells of is asked for, and has a new answer.
        loaded = {stream.stream for stream in synced.report.streams if stream.packages}
        assert loaded == ({"tracking"} if minutes else set())
        slow = [name for name, stream in STREAMS.items() if stream.is_slow]
        assert all(synced.stream(name).outcome == "skipped" for name in slow)


def pages_of_labels(shop: Shop, sweep: list[Logged], minutes: int) -> int:
    """How many pages the labels of the window take that a sweep asks for; none before an hour is over."""
    if not minutes:
        return 0
    assert sweep, "the labels under way were not listed"
    asked = dict(parse_qsl(sweep[0].query))
    [(count,)] = shop.rows(
        "select count(*) from raw.labels where _dlt_valid_to is null and created_at "
        "between ?::timestamptz and ?::timestamptz",
        asked["created_at_start"],
        asked["created_at_end"],
    )
    return -(-count // 20)
