"""One row that cannot be used stops nothing: it is named and kept apart, and the rest is loaded."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from shipsync.warehouse.quarantine import Quarantine, Quarantined
from sync.served_bodies import ServedAccount, listed, opened

ROWS: dict[str, dict[str, Any]] = {
    "shipments": {"shipment_id": "se-{}", "modified_at": "2026-09-0{}T10:00:00Z"},
    "fulfillments": {"fulfillment_id": "se-{}", "created_at": "2026-09-0{}T10:00:00Z"},
    "labels": {"label_id": "se-{}", "created_at": "2026-09-0{}T10:00:00Z", "voided": True},
    "inventory": {"sku": "SKU-{}", "inventory_location_id": "se-9", "on_hand": 5},
    "inventory_warehouses": {"inventory_warehouse_id": "se-{}", "name": "Main"},
    "inventory_locations": {"inventory_location_id": "se-{}", "name": "Shelf"},
    "warehouses": {"warehouse_id": "se-{}", "name": "Main"},
    "products": {"product_id": "{}", "sku": "SKU"},
    "carriers": {"carrier_id": "se-{}", "services": [{"service_code": "a", "name": "A"}]},
    "tags": {"name": "tag {}", "color": "#ff0000"},
}
STREAMS = {"inventory": "inventory_levels"}
BROKEN: tuple[Any, ...] = (None, "", "  ", {"id": 7}, [], True)


@pytest.fixture
def account(tmp_path: Path) -> Iterator[ServedAccount]:
    found = opened(tmp_path)
    yield found
    found.con.close()


def _row(name: str, number: int) -> dict[str, Any]:
    return {
        key: value.format(number) if isinstance(value, str) else value
        for key, value in ROWS[name].items()
    }


def _waiting(account: ServedAccount) -> list[Quarantined]:
    return Quarantine(account.con).waiting()


def _ids(account: ServedAccount, name: str) -> list[str]:
    key = next(iter(ROWS[name]))
    rows = account.con.sql(
        f"select {key}::varchar from raw.{STREAMS.get(name, name)}"  # noqa: S608 - names of ours
        " where _dlt_valid_to is null order by 1"
    ).fetchall()
    return [value for (value,) in rows]


def test_rows_without_a_usable_id_are_set_aside_and_the_rest_goes_on(
    account: ServedAccount,
) -> None:
    for name in ROWS:
        key = next(iter(ROWS[name]))
        broken = [{**_row(name, 2), key: value} for value in BROKEN]
        account.bodies |= listed(name, [_row(name, 1), *broken, _row(name, 3)])
    for times in (1, 2):
        report = account.sync()
        assert report.failed == []
        assert report.needs_person
        counted = {stream.stream: stream.set_aside for stream in report.streams}
        broken_in = {STREAMS.get(n, n): len(BROKEN) for n in ROWS}
        assert counted == dict.fromkeys(counted, 0) | broken_in
        assert report.set_aside[0].startswith(
            "shipments, row 2 of its answer: It has no usable shipment_id"
        )
        for name in ROWS:
            assert len(_ids(account, name)) == 2, name
        waiting = _waiting(account)
        assert {one.times_seen for one in waiting} == {times}
        assert len(waiting) == len(ROWS) * len(BROKEN)
        assert {one.row_id for one in waiting} == {None}
        outcome = account.rows("select outcome from ledger.runs order by run_id desc limit 1")
        assert outcome == [("needs_person",)]
        account.settings = {"slow_lists_every": timedelta(0)}

    for name in ROWS:
        account.bodies |= listed(name, [_row(name, 1), _row(name, 2), _row(name, 3)])
    assert not account.sync().needs_person
    # What a list that is read whole shows no more is gone; of the others a person may ask again.
    assert {one.stream for one in _waiting(account)} == {"shipments", "fulfillments", "labels"}
    for name in ROWS:
        assert len(_ids(account, name)) == 3, name


def test_ids_that_are_numbers_are_taken(account: ServedAccount) -> None:
    account.bodies = listed("labels", [{**_row("labels", 1), "label_id": 17}])
    assert not account.sync("labels").needs_person
    assert _ids(account, "labels") == ["17"]
    assert not account.sync("labels").needs_person
    assert account.rows("select count(*) from raw.labels") == [(1,)]


def test_of_two_rows_for_one_key_a_rule_keeps_one_and_the_other_is_named(
    account: ServedAccount,
) -> None:
    five, seven = _row("inventory", 1), {**_row("inventory", 1), "on_hand": 7}
    account.bodies = listed("inventory", [five, seven, _row("inventory", 2)])
    for _ in range(2):
        report = account.sync("inventory_levels")
        assert report.streams[0].set_aside == 1
        assert "more than once with different content; the last of them" in report.set_aside[0]
        held = account.rows(
            "select sku, on_hand from raw.inventory_levels where _dlt_valid_to is null order by sku"
        )
        assert held == [("SKU-1", 7), ("SKU-2", 5)]
    account.bodies = listed("inventory", [seven, seven, _row("inventory", 2)])
    assert not account.sync("inventory_levels").needs_person
    assert _waiting(account) == []


def test_of_two_shipments_the_one_that_changed_last_is_kept(account: ServedAccount) -> None:
    late = {**_row("shipments", 1), "modified_at": "2026-09-09T10:00:00Z"}
    account.bodies = listed("shipments", [late, _row("shipments", 1)])
    report = account.sync("shipments")
    assert report.streams[0].set_aside == 1
    assert account.rows("select modified_at from raw.shipments") == [
        (datetime(2026, 9, 9, 10, tzinfo=UTC),)
    ]


def test_a_service_without_a_code_is_set_aside_and_its_carrier_is_not(
    account: ServedAccount,
) -> None:
    services = [{"service_code": "a"}, {"name": "no code"}, {"service_code": "b"}]
    account.bodies = listed("carriers", [{**_row("carriers", 1), "services": services}])
    report = account.sync("carriers")
    assert (report.failed, report.streams[0].set_aside) == ([], 1)
    codes = account.rows("select service_code from raw.carrier_services order by 1")
    assert codes == [("a",), ("b",)]


@pytest.mark.parametrize("name", ["shipments", "fulfillments", "labels"])
def test_a_time_that_nobody_can_hold_in_the_cursor_stops_no_walk(
    account: ServedAccount, name: str
) -> None:
    field = list(ROWS[name])[1]
    rows = [{**_row(name, 1), field: "9999-12-31T23:59:59.9999999-08:00"}, _row(name, 2)]
    account.bodies = listed(name, rows)
    report = account.sync(name)
    assert report.failed == []
    assert _ids(account, name) == ["se-1", "se-2"]
    assert dict(report.streams[0].extras) == {f"{name}.{field}": 1}
    account.sync(name)
    assert account.rows(f"select count(*) from raw.{name}") == [(2,)]  # noqa: S608 - a name of ours


@pytest.mark.parametrize("lost", [{"name": "no sku"}, None, 7], ids=repr)
def test_a_row_of_a_whole_list_that_lost_its_key_takes_none_with_it(
    account: ServedAccount, lost: object
) -> None:
    for name in ("inventory", "carriers"):
        account.bodies |= listed(name, [_row(name, number) for number in (1, 2, 3)])
    account.settings = {"slow_lists_every": timedelta(0)}
    account.sync("inventory_levels", "carriers")
    for name in ("inventory", "carriers"):
        changed = {**_row(name, 1), "nickname": "another"}
        account.bodies |= listed(name, [changed, lost, _row(name, 3)])
    for _ in range(2):
        report = account.sync("inventory_levels", "carriers")
        assert (report.failed, [s.set_aside for s in report.streams]) == ([], [1, 1])
        for name in ("inventory", "carriers"):
            assert len(_ids(account, name)) == 3
    versions = account.rows(
        "select count(*), count(_dlt_valid_to), (select count(*) from raw.carrier_services"
        " where _dlt_valid_to is null) from raw.carriers"
    )
    assert versions == [(4, 1, 3)]
    for name in ("inventory", "carriers"):
        account.bodies |= listed(name, [_row(name, 1), _row(name, 3)])
    assert not account.sync("inventory_levels", "carriers").needs_person
    assert _ids(account, "inventory") == ["SKU-1", "SKU-3"]
    assert _ids(account, "carriers") == ["se-1", "se-3"]
