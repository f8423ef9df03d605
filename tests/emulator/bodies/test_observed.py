"""Bodies as a second live account has them: each oddity by its option, and all at once."""

from __future__ import annotations

import re
from typing import Any

import pendulum
import pytest

from emulator.conftest import make_account
from shipsync.emulator import Account, Options
from shipsync.emulator.simulation.seed import seed_account

Body = dict[str, Any]


def bodies(account: Account, kind: Any) -> list[Body]:
    return [account.entity(kind, entity_id) for entity_id in account.ids(kind)]


def seeded_at(month: int, options: Options) -> Account:
    account = Account(seed=5, options=options, start=pendulum.datetime(2026, month, 6, 9))
    seed_account(account, shipments=200, days=20)
    return account


def test_discounts_are_lines_without_a_sku() -> None:
    account = make_account(Options(live_items=True), shipments=200)
    shipments = bodies(account, "shipments")
    items = [item for body in shipments for item in body["items"]]
    discounts = [item for item in items if item["sku"] == ""]
    assert 0.2 < len(discounts) / len(shipments) < 0.5
    assert all(item["unit_price"] < 0 for item in discounts)
    assert any(item["sku"] is None for item in items)
    assert any(item["tax_amount"] is None for item in items)
    assert any(option["value"] == "" for item in items for option in item["options"])
    plain = [item for body in bodies(make_account(), "shipments") for item in body["items"]]
    assert all(item["sku"] and item["unit_price"] > 0 for item in plain)


def test_external_ids_have_the_forms_of_their_shops() -> None:
    account = make_account(Options(external_ids="shops"), shipments=200)
    found = [body["external_shipment_id"] for body in bodies(account, "shipments")]
    forms = (
        r"\d{13}-\d{13}",
        r"\d{13}",
        r"\d{3}-\d{7}-\d{7}",
        r"57\d{16}",
        r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    )
    for form in forms:
        assert any(text and re.fullmatch(form, text) for text in found), form
    given = [text for text in found if text is not None]
    assert len(given) == len(set(given)) < len(found)
    assert all(any(re.fullmatch(form, text) for form in forms) for text in given)


def test_what_the_document_demands_may_be_null() -> None:
    account = make_account(Options(sparse_shipments=True), shipments=200)
    shipments = bodies(account, "shipments")
    held = [body for body in shipments if body["hold_until_date"]]
    assert held
    assert all(body["ship_date"] is None for body in held)
    boxes = [body["packages"][0] for body in shipments]
    bare = [box for box in boxes if box["package_id"] is None]
    assert 0.1 < len(bare) / len(boxes) < 0.5
    assert all(box["package_code"] is None for box in bare)


def test_shipments_of_2019_know_little_and_were_changed_at_one_instant() -> None:
    account = make_account(Options(old_shipments=25), shipments=10)
    old = bodies(account, "shipments")[:25]
    assert len(account.ids("shipments")) == 35
    assert {body["modified_at"] for body in old} == {"2019-12-31T18:27:53.64Z"}
    assert len({body["created_at"] for body in old}) == 25
    assert max(body["created_at"] for body in old) < "2020"
    for name in ("ship_from", "return_to", "warehouse_id", "carrier_id", "ship_date", "zone"):
        assert {body[name] for body in old} == {None}


@pytest.mark.parametrize(("month", "hour"), [(1, "T08:00:00Z"), (7, "T07:00:00Z")])
def test_ship_dates_are_midnights_in_los_angeles(month: int, hour: str) -> None:
    account = seeded_at(month, Options(ship_dates="pacific"))
    for label in bodies(account, "labels"):
        made = pendulum.parse(label["created_at"]).in_timezone("America/Los_Angeles")  # type: ignore[union-attr]
        assert label["ship_date"] == f"{made.date().isoformat()}{hour}"
    hours = {body["ship_date"][10:] for body in bodies(account, "fulfillments")}
    assert hours == {hour, "T12:00:00Z"}


@pytest.mark.parametrize(("month", "hours"), [(1, {"T08", "T06"}), (7, {"T07", "T05"})])
def test_holds_end_at_midnight_where_somebody_set_them(month: int, hours: set[str]) -> None:
    account = seeded_at(month, Options(hold_dates="local"))
    held = [text for b in bodies(account, "shipments") if (text := b["hold_until_date"])]
    assert {text[10:13] for text in held} == hours


def test_labels_have_other_rates_weights_and_carrier_codes() -> None:
    account = make_account(Options(label_quirks=True), shipments=200)
    labels = bodies(account, "labels")
    by_carrier: dict[str, list[Body]] = {}
    for label in labels:
        by_carrier.setdefault(label["carrier_code"], []).append(label)
    assert {label["carrier_weight"] for label in labels} == {None}
    assert all(label["rate_details"] == [] for label in by_carrier["usps"])
    for label in by_carrier["ups"]:
        kinds = {rate["rate_detail_type"] for rate in label["rate_details"]}
        total = sum(rate["amount"]["amount"] for rate in label["rate_details"])
        assert kinds == {"shipping", "additional_fees"}
        assert round(total, 2) == label["shipment_cost"]["amount"]
    assert len({label["external_order_id"] is None for label in labels}) == 2


def test_some_scans_in_the_middle_of_a_journey_mean_nothing() -> None:
    account = make_account(Options(unmapped_scans=True), shipments=200)
    answers = [account.parcels.tracking_of(label_id) for label_id in account.ids("labels")]
    events = [answer["events"] for answer in answers if answer]
    odd = [scans for scans in events if any(scan["status_code"] == "UN" for scan in scans)]
    assert odd
    for scans in odd:
        codes = [scan["status_code"] for scan in scans]
        assert codes[-1] != "UN"
        (scan,) = (scan for scan in scans if scan["status_code"] == "UN")
        assert scan["status_detail_code"] == "CARRIER_STATUS_NOT_MAPPED"
        assert scan["carrier_occurred_at"].endswith("Z")
        assert scan["carrier_occurred_at"] != scan["occurred_at"]


def test_some_parcels_come_back_after_they_were_delivered() -> None:
    account = make_account(Options(returns_after_delivery=True), shipments=300)
    back = []
    for label_id in account.ids("labels"):
        answer = account.parcels.tracking_of(label_id) or {"events": []}
        codes = [scan["status_code"] for scan in answer["events"]]
        if "DE" in codes and answer["status_code"] == "EX":
            back.append(label_id)
    assert back
    assert all(account.entity("labels", i)["tracking_status"] == "delivered" for i in back)


def test_everything_that_was_observed_is_switched_on_at_once() -> None:
    observed, default = Options.observed(), Options()
    switched = {name for name in vars(default) if getattr(observed, name) != getattr(default, name)}
    assert switched >= {"hold_status", "live_items", "merges", "mass_ties", "ship_dates"}
    assert Options.observed(ties="reversed").ties == "reversed"
