"""Lists longer than can be paged, bounds cut to seconds, page sizes refused: no walk stands still."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import parse_qsl

import pendulum
import pytest

from parameters import quickly
from shipsync.api.paging import DEEPEST_ROW
from shipsync.emulator import Account, Fault, FaultKind, IncomingRequest, Options
from shipsync.emulator.account.levels import Attributes
from shipsync.emulator.timestamps import of_moment, to_text
from shipsync.job import Scope
from truth.moving_lists import ID, change, put
from truth.synced_shop import START, Shop

KINDS = ("labels", "fulfillments")
PLENTY = 12_000
STORED = {
    "shipments": "select shipment_id, _extra->>'note' from raw.shipments where _dlt_valid_to is null",
    "labels": "select label_id, _extra->>'note' from raw.labels where _dlt_valid_to is null",
    "fulfillments": (
        "select fulfillment_id, _extra->>'note' from raw.fulfillments where _dlt_valid_to is null"
    ),
}
SMALL: dict[str, Any] = {"page_size": 100, "checkpoint_pages": 3}


def an_account(kind: str, rows: int, options: Options, *, step: float = 60) -> Account:
    """An account of small objects of one kind, each created ``step`` seconds after the one before."""
    account = Account(seed=1, options=options, start=START)
    oldest = of_moment(START.subtract(days=60))
    for number in range(rows):
        body = {ID[kind]: f"se-{number}", "note": "untouched"}
        put(account, kind, body, oldest + round(number * step * 1_000_000))
    return account


def ties(account: Account, rows: int, at: pendulum.DateTime, **more: Any) -> None:
    """Shipments that all changed at one instant; ``more`` are fields of theirs, or makers of them."""
    for number in range(rows):
        made = {name: value(number) if callable(value) else value for name, value in more.items()}
        body = {"shipment_id": f"se-9{number}", "modified_at": to_text(of_moment(at)), **made}
        account.orders.put(body, at=at)


def seconds_after(moment: pendulum.DateTime, seconds: int) -> str:
    return to_text(of_moment(moment.add(seconds=seconds)))


def differing(shop: Shop, kind: str) -> set[str]:
    """The ids whose stored state is not the account's, either way."""
    stored: dict[str, Any] = dict(shop.rows(STORED[kind]))
    account = {
        key: (shop.account.entity(kind, key) or {}).get("note")  # type: ignore[arg-type]
        for key in shop.account.ids(kind)  # type: ignore[arg-type]
    }
    return {
        key for key in stored.keys() | account.keys() if stored.get(key, 0) != account.get(key, 0)
    }


def deepest(account: Account) -> int:
    """The last row that any request asked for, page sizes as they were asked for."""
    queries = [dict(parse_qsl(logged.query)) for logged in account.requests]
    return max(int(q.get("page", 1)) * int(q.get("page_size", 25)) for q in queries)


def no_stream_failed(shop: Shop) -> None:
    assert [str(stream.error) for stream in shop.syncs[-1].report.failed] == []


@pytest.mark.parametrize("kind", quickly(KINDS[:1], KINDS))
def test_more_changes_than_can_be_paged_are_read_in_stretches_of_creation(
    kind: str, tmp_path: Path
) -> None:
    account = an_account(kind, PLENTY + 3_000, Options(deepest_row=DEEPEST_ROW))
    shop, only = Shop(account, tmp_path), Scope(only=frozenset({kind}))
    shop.sync(only)
    account.clock.advance(hours=1)
    for number in Random(1).sample(range(PLENTY + 3_000), PLENTY):
        account.clock.advance(seconds=0.01)
        change(account, kind, f"se-{number}", account.clock.now())
    account.clock.advance(hours=1)
    changed = shop.sync(only)
    no_stream_failed(shop)
    assert changed.stream(kind).rows == PLENTY
    assert differing(shop, kind) == set()
    assert deepest(account) <= DEEPEST_ROW
    idle = shop.sync(only)
    assert idle.stream(kind).requests == 1


def test_twelve_thousand_shipments_of_one_instant_are_read_along_their_creation(
    tmp_path: Path,
) -> None:
    account = an_account("shipments", 700, Options(deepest_row=DEEPEST_ROW))
    day = START.subtract(days=30)
    ties(
        account,
        PLENTY,
        START.subtract(days=1),
        created_at=lambda number: seconds_after(day, number),
    )
    shop, only = Shop(account, tmp_path), Scope(only=frozenset({"shipments"}))
    shop.sync(only)
    no_stream_failed(shop)
    assert differing(shop, "shipments") == set()
    assert deepest(account) <= DEEPEST_ROW


def test_ties_in_every_time_are_told_apart_by_their_properties(tmp_path: Path) -> None:
    account = an_account("shipments", 250, Options(deepest_row=400))
    at = START.subtract(days=1)
    statuses = ("pending", "label_purchased", "cancelled")
    ties(
        account,
        1_000,
        at,
        created_at=to_text(of_moment(at)),
        shipment_status=lambda n: statuses[n % 3],
        store_id=lambda n: f"se-{n % 2}",
    )
    shop = Shop(account, tmp_path, SMALL)
    shop.sync(Scope(only=frozenset({"shipments"})))
    no_stream_failed(shop)
    assert differing(shop, "shipments") == set()


def test_rows_that_nothing_tells_apart_are_named_and_stop_nothing(tmp_path: Path) -> None:
    account = an_account("shipments", 250, Options(deepest_row=300))
    at = START.subtract(days=30)
    ties(account, 1_000, at, created_at=to_text(of_moment(at)), shipment_status="pending")
    shop = Shop(account, tmp_path, SMALL)
    synced = shop.sync(Scope(only=frozenset({"shipments"})))
    no_stream_failed(shop)
    missing = differing(shop, "shipments")
    # From both ends of the list three pages can be had.
    assert len(missing) == 400
    assert all(key.startswith("se-9") for key in missing)
    # The walk by modified_at meets them, and so does that of open shipments by created_at.
    told = synced.report.set_aside
    assert len(told) == 2
    assert all("400 rows of /v2/shipments can't be read" in said for said in told)
    assert synced.report.needs_person


@pytest.mark.parametrize("exactly", [True, False], ids=["on the second", "within it"])
def test_a_second_with_more_than_a_page_is_read_where_bounds_are_cut_to_seconds(
    exactly: bool, tmp_path: Path
) -> None:
    account = an_account(
        "shipments", 900, Options(bounds="seconds"), step=0.0 if exactly else 0.002
    )
    shop = Shop(account, tmp_path, SMALL)
    shop.sync(Scope(only=frozenset({"shipments"})))
    no_stream_failed(shop)
    assert differing(shop, "shipments") == set()


@pytest.mark.parametrize("kind", KINDS)
def test_a_full_refresh_ends_a_walk_that_was_cut_short(kind: str, tmp_path: Path) -> None:
    account = an_account(kind, 1_500, Options(deepest_row=500))
    shop, only = Shop(account, tmp_path, SMALL), Scope(only=frozenset({kind}))
    shop.sync(only)
    account.clock.advance(hours=1)
    for number in range(1_200):
        account.clock.advance(seconds=0.01)
        change(account, kind, f"se-{number}", account.clock.now())
    stop_at(account, f"/v2/{kind}", 4)
    with pytest.raises(KeyboardInterrupt):
        shop.sync(only)
    account.faults.clear()
    account.clock.advance(hours=1)
    shop.sync(Scope(only=frozenset({kind}), full_refresh=True))
    no_stream_failed(shop)
    assert differing(shop, kind) == set()
    assert marks(shop, kind).isdisjoint({"open_walk", "whole", "backfill"})
    assert shop.sync(only).stream(kind).requests == 1


def test_changes_during_a_first_walk_that_lie_too_deep_have_the_list_read_again(
    tmp_path: Path,
) -> None:
    account = an_account("labels", 1_500, Options(deepest_row=500))
    shop, only = Shop(account, tmp_path, SMALL), Scope(only=frozenset({"labels"}))
    numbers = iter(Random(2).sample(range(1_500), 1_200))

    def change_some(account: Account, request: IncomingRequest) -> None:
        for number, _ in zip(numbers, range(150), strict=False):
            account.clock.advance(seconds=0.01)
            change(account, "labels", f"se-{number}", account.clock.now())

    account.faults.add(Fault(FaultKind.CALL, path="/v2/labels", skip=2, count=9, call=change_some))
    shop.sync(only)
    no_stream_failed(shop)
    assert next(numbers, None) is None, "nothing changed: the test proves nothing"
    account.clock.advance(hours=1)
    shop.sync(only)
    assert differing(shop, "labels") == set()


def test_an_idle_run_moves_on_past_more_than_a_page_of_late_changes(tmp_path: Path) -> None:
    account = an_account("shipments", 1_000, Options())
    shop, only = Shop(account, tmp_path, SMALL), Scope(only=frozenset({"shipments"}))
    shop.sync(only)
    for number in range(600):
        account.clock.advance(seconds=0.5)
        change(account, "shipments", f"se-{number}", account.clock.now())
    account.clock.advance(minutes=1)
    assert shop.sync(only).stream("shipments").rows == 600
    requests = []
    for _ in range(6):
        account.clock.advance(minutes=5)
        requests.append(shop.sync(only).stream("shipments").requests)
    assert requests[0] > 1, "the changes must lie within the lag"
    assert requests[-2:] == [1, 1]
    assert differing(shop, "shipments") == set()


def test_what_was_read_before_a_failure_is_kept(tmp_path: Path) -> None:
    account = an_account("shipments", 1_000, Options())
    shop, only = Shop(account, tmp_path, SMALL), Scope(only=frozenset({"shipments"}))
    account.faults.add(Fault(FaultKind.ACCESS_DENIED, path="/v2/shipments", skip=5, count=None))
    synced = shop.sync(only)
    [failed] = synced.report.failed
    assert failed.stream == "shipments"
    # Five pages came, each but the first with the last row of the one before.
    assert len(shop.rows("select 1 from raw.shipments")) >= 5 * 99
    account.faults.clear()
    shop.sync(only)
    assert differing(shop, "shipments") == set()


@pytest.mark.parametrize("words", ["plain", "odd"])
def test_a_page_size_that_was_refused_is_not_asked_again_by_the_next_run(
    words: Any, tmp_path: Path
) -> None:
    options = Options(max_page_size=100, oversized_page="refuse", oversized_words=words)
    account = an_account("shipments", 300, options)
    shop, only = Shop(account, tmp_path), Scope(only=frozenset({"shipments"}))
    shop.sync(only)
    no_stream_failed(shop)
    assert {logged.status for logged in account.requests} == {200, 400}
    account.clock.advance(hours=1)
    second = shop.sync(only)
    assert {logged.status for logged in account.requests[second.requests]} == {200}
    assert shop.rows("select path, accepted, refused from ledger.page_sizes") == [
        ("/v2/shipments", 100, 500)
    ]
    account.clock.advance(days=31)
    third = shop.sync(only)
    assert 400 in {logged.status for logged in account.requests[third.requests]}
    assert differing(shop, "shipments") == set()


COMBINATIONS = range(60)


def a_server(random: Random) -> Options:
    """A server as it may be: where it stops, what it refuses, how exactly it reads bounds."""
    return Options(
        max_page_size=random.choice((50, 100, 500)),
        oversized_page=random.choice(("clamp", "refuse")),
        oversized_words=random.choice(("plain", "odd")),
        deepest_row=random.choice((None, 300, 1_000)),
        deep_page=random.choice(("not_found", "refused", "empty")),
        bounds=random.choice(("exact", "seconds")),
        start_is_inclusive=random.choice((True, False)),
        end_is_inclusive=random.choice((True, False)),
        ties=random.choice(("insertion", "reversed")),
    )


@pytest.mark.parametrize("seed", quickly(COMBINATIONS[:4], COMBINATIONS))
def test_every_plausible_server_is_read_whole_though_rows_move_and_runs_end(
    seed: int, tmp_path: Path
) -> None:
    random = Random(f"server {seed}")
    options = a_server(random)
    kind = random.choice(("shipments", "labels", "fulfillments"))
    where = f"seed {seed}: {kind}, {options}"
    account = an_account(kind, 1_500, options, step=random.choice((0.003, 0.4, 60)))
    if kind == "shipments":
        day, rows = START.subtract(days=40), random.choice((0, 150, 700))
        at = START.subtract(days=2)
        ties(account, rows, at, created_at=lambda number: seconds_after(day, number))
    shop, only = Shop(account, tmp_path, SMALL), Scope(only=frozenset({kind}))
    ids = account.ids(kind)  # type: ignore[arg-type]

    def move(account: Account, request: IncomingRequest) -> None:
        for entity_id in random.sample(ids, random.choice((0, 0, 5, 60))):
            account.clock.advance(seconds=random.choice((0.001, 0.3)))
            change(account, kind, entity_id, account.clock.now())

    for _ in range(3):
        for entity_id in random.sample(ids, random.choice((50, 900))):
            account.clock.advance(seconds=0.01)
            change(account, kind, entity_id, account.clock.now())
        account.clock.advance(minutes=20)
        account.faults.add(Fault(FaultKind.CALL, path=f"/v2/{kind}", count=12, call=move))
        if random.random() < 0.6:
            stop_at(account, f"/v2/{kind}", random.randrange(1, 12))
        with suppress(KeyboardInterrupt):
            shop.sync(only)
        account.faults.clear()
    for _ in range(2):
        account.clock.advance(hours=1)
        shop.sync(only)
        assert not shop.syncs[-1].report.failed, where
    assert differing(shop, kind) == set(), where


def stop_at(account: Account, path: str, request: int) -> None:
    """The run ends, as by Ctrl-C, at that request for the list."""

    def interrupt(account: Account, request: IncomingRequest) -> None:
        raise KeyboardInterrupt

    account.faults.add(Fault(FaultKind.CALL, path=path, skip=request, count=1, call=interrupt))


def marks(shop: Shop, kind: str) -> set[str]:
    """The names of what is noted of a list's walks."""
    return {name for (name,) in shop.rows("select mark from ledger.marks where stream = ?", kind)}


@pytest.mark.parametrize("deep", ["not_found", "refused", "empty"])
def test_stock_of_more_rows_than_can_be_paged_is_read_by_location(
    deep: Any, tmp_path: Path
) -> None:
    options = Options(deepest_row=300, deep_page=deep)
    account = an_account("shipments", 0, options)
    stock_up(account, skus=250, locations=3)
    shop, only = Shop(account, tmp_path, SMALL), Scope(only=frozenset({"inventory_levels"}))
    shop.sync(only)
    no_stream_failed(shop)
    assert len(shop.rows("select 1 from raw.inventory_levels")) == 750


def test_a_list_that_nothing_cuts_says_how_far_it_came(tmp_path: Path) -> None:
    account = an_account("shipments", 0, Options(deepest_row=300))
    for number in range(500):
        account.master_data.put_product({"product_id": number + 1, "sku": f"N{number}"})
    shop = Shop(account, tmp_path, SMALL)
    [failed] = shop.sync(Scope(only=frozenset({"products"}))).report.failed
    assert "the first 300 rows came" in str(failed.error)


def stock_up(account: Account, *, skus: int, locations: int) -> None:
    """Levels of so many SKUs at each of so many places."""
    account.master_data.put_inventory_warehouse({"inventory_warehouse_id": "se-1", "name": "Main"})
    for number in range(skus):
        account.master_data.put_product({"product_id": number + 1, "sku": f"N{number}"})
    for place in range(locations):
        location = f"se-1{place}"
        account.master_data.put_inventory_location(
            {"inventory_location_id": location, "inventory_warehouse_id": "se-1", "name": location}
        )
        for number in range(skus):
            account.stock.increment(f"N{number}", location, 5, Attributes("sellable"))
