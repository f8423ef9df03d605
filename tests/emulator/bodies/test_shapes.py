"""Keys, their order, and which kind of nothing stands where: as in the production captures."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from typing import Any

import orjson
import pytest

from emulator.conftest import make_account
from emulator.documented import CAPTURES
from shipsync.emulator import Account
from shipsync.emulator.bodies.label import label_body
from shipsync.emulator.bodies.shipment import shipment_body
from shipsync.emulator.shop.carriers import UPS
from shipsync.emulator.shop.goods import PRODUCTS
from shipsync.emulator.shop.people import recipient
from shipsync.emulator.shop.purchases import purchase

Body = dict[str, Any]

SHIPMENT_KEYS = """
    shipment_id carrier_id service_code requested_shipment_service external_shipment_id
    shipment_number hold_until_date ship_date ship_datetime ship_by_date deliver_by_date created_at
    modified_at shipment_status ship_to ship_from warehouse_id return_to is_return confirmation
    customs external_order_id order_source_code advanced_options comparison_rate_type retail_rate
    shipping_rule_id insurance_provider tags store_id packages total_weight items notes_from_buyer
    internal_notes notes_for_gift is_gift assigned_user amount_paid shipping_paid tax_paid zone
    dangerous_goods_declaration sender_info notes_to_buyer
"""
LABEL_KEYS = """
    label_id status shipment_id external_shipment_id external_order_id ship_date created_at
    shipment_cost insurance_cost requested_comparison_amount rate_details tracking_number
    is_return_label rma_number is_international batch_id carrier_id service_code package_code voided
    voided_at void_type refund_details label_format display_scheme label_layout trackable
    label_image_id carrier_code carrier_weight confirmation tracking_status label_download
    form_download qr_code_download insurance_claim paperless_download packages charge_event
    alternative_identifiers shipping_rule_id tracking_url pickup_windows ship_to
"""
FULFILLMENT_KEYS = """
    fulfillment_id shipment_id shipment_number user_id tracking_number created_at ship_date
    voided_at delivered_at fulfillment_carrier_friendly_name fulfillment_provider_id
    fulfillment_provider_friendly_name fulfillment_provider_code fulfillment_service_code
    fulfillment_fee void_requested voided order_source_notified notification_error_message ship_to
"""
TRACKING_KEYS = """
    tracking_number tracking_url status_code status_detail_code status_detail_description
    carrier_code carrier_id carrier_detail_code status_description carrier_status_code
    carrier_status_description ship_date estimated_delivery_date actual_delivery_date
    exception_description events
"""
EVENT_KEYS = """
    occurred_at carrier_occurred_at description city_locality state_province postal_code
    country_code company_name signer event_code carrier_detail_code status_code status_description
    carrier_status_code carrier_status_description status_detail_code status_detail_description
    proof_of_delivery_url latitude longitude
"""

CAPTURED = {
    "shipments": ("shipments.list.single.json", "shipments"),
    "labels": ("labels.list.single.json", "labels"),
    "fulfillments": ("fulfillments.list.external.json", "fulfillments"),
    "tracking": ("tracking.get.usps.no_scans_yet.json", None),
}


@pytest.fixture(scope="module")
def past() -> Account:
    return make_account(shipments=400)


def bodies(account: Account, kind: Any) -> list[Body]:
    return [entry.body for entry in account.journal.of(kind)]


@pytest.mark.parametrize(
    ("kind", "keys"),
    [
        ("shipments", SHIPMENT_KEYS),
        ("labels", LABEL_KEYS),
        ("fulfillments", FULFILLMENT_KEYS),
        ("tracking", TRACKING_KEYS),
    ],
)
def test_every_body_has_the_captured_keys_in_their_order(
    past: Account, kind: str, keys: str
) -> None:
    assert {tuple(body) for body in bodies(past, kind)} == {tuple(keys.split())}


def test_every_tracking_event_has_the_twenty_keys_in_their_order(past: Account) -> None:
    events = [event for body in bodies(past, "tracking") for event in body["events"]]
    assert {tuple(event) for event in events} == {tuple(EVENT_KEYS.split())}


def shape(value: Any) -> Any:
    """Keys in their order at every depth, a list by its first element, and nothing of the values."""
    if isinstance(value, dict):
        return [(name, shape(inner)) for name, inner in value.items()]
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return None


def differences(ours: Any, theirs: Any, at: str) -> Iterator[str]:
    """Where two shapes disagree; a null or an empty list agrees with whatever could stand there."""
    if not ours or not theirs:
        return
    if isinstance(theirs[0], tuple):
        if [name for name, _ in ours] != [name for name, _ in theirs]:
            yield f"{at}: {[name for name, _ in ours]} against {[name for name, _ in theirs]}"
            return
        for (name, mine), (_, captured) in zip(ours, theirs, strict=True):
            yield from differences(mine, captured, f"{at}.{name}")
    else:
        yield from differences(ours[0], theirs[0], f"{at}[]")


@pytest.mark.parametrize("kind", CAPTURED)
def test_bodies_are_shaped_like_the_production_captures(past: Account, kind: str) -> None:
    name, items_key = CAPTURED[kind]
    if not (CAPTURES / name).exists():
        pytest.skip(f"NOT COMPARED WITH PRODUCTION: {CAPTURES / name} is missing")
    captured = orjson.loads((CAPTURES / name).read_bytes())
    theirs = captured[items_key][0] if items_key else captured
    theirs.pop("_captured_at", None)
    found = [
        difference
        for body in bodies(past, kind)
        for difference in differences(shape(body), shape(theirs), kind)
    ]
    assert found == []


def test_nothing_is_said_as_captured(past: Account) -> None:
    receivers = {
        kind: [body["ship_to"] for body in bodies(past, kind)]
        for kind in ("shipments", "labels", "fulfillments")
    }
    assert {str(to["geolocation"]) for to in receivers["shipments"]} == {"None"}
    assert {str(to["geolocation"]) for to in receivers["labels"]} == {"[]"}
    assert not any("geolocation" in to for to in receivers["fulfillments"])
    assert "" in {to["company_name"] for to in receivers["shipments"]}
    assert None not in {to["company_name"] for to in receivers["labels"]}
    assert "" not in {to["company_name"] for to in receivers["fulfillments"]}
    for kind in receivers:
        assert "" in {to["address_line2"] for to in receivers[kind]}
        assert {to["address_line3"] for to in receivers[kind]} == {None}


def test_times_are_written_as_captured(past: Account) -> None:
    stamps = [body["modified_at"] for body in bodies(past, "shipments")]
    assert all(re.fullmatch(r"[\d-]{10}T[\d:]{8}(\.\d{0,2}[1-9])?Z", stamp) for stamp in stamps)
    assert {len(stamp.partition(".")[2]) for stamp in stamps} >= {3, 4}
    assert {body["ship_date"][10:] for body in bodies(past, "shipments")} == {"T00:00:00Z"}
    for kind in ("labels", "fulfillments"):
        assert {body["ship_date"][10:] for body in bodies(past, kind)} == {"T07:00:00Z"}


def test_shipments_have_the_usual_size(past: Account) -> None:
    entries = list(past.journal.of("shipments"))
    mean_size = sum(len(entry.raw) for entry in entries) / len(entries)
    mean_items = sum(len(entry.body["items"]) for entry in entries) / len(entries)
    assert 3_700 < mean_size < 4_800
    assert 1.4 < mean_items < 1.8


def test_people_come_from_many_countries_and_reach_nobody_real(past: Account) -> None:
    receivers = [body["ship_to"] for body in bodies(past, "shipments")]
    assert len({to["country_code"] for to in receivers}) >= 6
    assert all(re.fullmatch(r"555-01\d\d", to["phone"]) for to in receivers)
    mails = [to["email"] for to in receivers if to["email"]]
    assert all(re.search(r"@(example\.(com|org|net)|mail\.example)$", mail) for mail in mails)


def test_ids_are_those_of_the_vendor(past: Account) -> None:
    for body in bodies(past, "labels"):
        assert re.fullmatch(r"se-\d+", body["label_id"])
        assert re.fullmatch(r"SEAuto-[\w-]{22}", body["external_shipment_id"])
        assert all(isinstance(box["package_id"], int) for box in body["packages"])
    rows = [body["packages"] for body in bodies(past, "shipments")]
    own = [box["shipment_package_id"] for packages in rows for box in packages]
    assert len(own) == len(set(own))
    assert {box["package_id"] for packages in rows for box in packages} <= {
        "se-3",
        "se-12",
        "se-27",
    }


def a_shipment(account: Account, wanted: Callable[[Any], bool]) -> tuple[Body, Any]:
    rng = random.Random(1)
    orders = (purchase(rng, number, recipient(rng), PRODUCTS) for number in range(1, 5_000))
    order = next(order for order in orders if wanted(order))
    return shipment_body(account.numbers, order, created_at=10**15, service_is_chosen=True), order


def test_boxes_of_a_label_are_not_in_the_order_of_their_sequence() -> None:
    account = Account()
    shipment, order = a_shipment(account, lambda order: order.boxes == 3 and order.carrier is UPS)
    label = label_body(
        account.numbers,
        random.Random(2),
        shipment,
        service_code=order.service.code,
        created_at=10**15,
        external_id="SEAuto-x",
        batch_id="se-1",
    )
    sequences = [box["sequence"] for box in label["packages"]]
    assert sorted(sequences) == [1, 2, 3]
    assert sequences != [1, 2, 3]
    first = next(box for box in label["packages"] if box["sequence"] == 1)
    assert label["tracking_number"] == first["tracking_number"]
    assert len({box["tracking_number"] for box in label["packages"]}) == 3


def test_a_split_order_carries_its_money_once(past: Account) -> None:
    by_number: dict[str, list[Body]] = {}
    for body in bodies(past, "shipments"):
        by_number.setdefault(body["shipment_number"], []).append(body)
    split = [parts for parts in by_number.values() if len(parts) > 1]
    assert len(split) > 5
    for first, *others in split:
        assert first["amount_paid"]["amount"] > 0
        for part in others:
            amounts = [
                part[name]["amount"] for name in ("amount_paid", "shipping_paid", "tax_paid")
            ]
            assert amounts == [0.0, 0.0, 0.0]
        skus = [item["sku"] for part in (first, *others) for item in part["items"]]
        assert len(skus) == len(set(skus))


def test_labels_of_a_split_order_share_the_external_id(past: Account) -> None:
    numbers = {body["shipment_id"]: body["shipment_number"] for body in bodies(past, "shipments")}
    external: dict[str, set[str]] = {}
    shipments: dict[str, set[str]] = {}
    for label in bodies(past, "labels"):
        number = numbers[label["shipment_id"]]
        external.setdefault(number, set()).add(label["external_shipment_id"])
        shipments.setdefault(number, set()).add(label["shipment_id"])
    assert all(len(ids) == 1 for ids in external.values())
    assert any(len(ids) > 1 for ids in shipments.values())
