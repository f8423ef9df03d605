"""Every version of every entity, from the seed and from simulation, against the vendor's document."""

from __future__ import annotations

import re

import pytest

from emulator.conftest import make_account
from emulator.documented import Document
from shipsync.emulator import Account, Options
from shipsync.emulator.account.journal import Kind
from shipsync.emulator.simulation.simulation import Simulation

ONE_OF: dict[Kind, str] = {
    "shipments": "/v2/shipments/{shipment_id}",
    "labels": "/v2/labels/{label_id}",
    "tracking": "/v2/labels/{label_id}/track",
    "warehouses": "/v2/warehouses/{warehouse_id}",
    "inventory_warehouses": "/v2/inventory_warehouses/{inventory_warehouse_id}",
    "inventory_locations": "/v2/inventory_locations/{inventory_location_id}",
}
LISTED: dict[Kind, str] = {
    "fulfillments": "/v2/fulfillments",
    "inventory_levels": "/v2/inventory",
    "products": "/v2/products",
    "carriers": "/v2/carriers",
    "tags": "/v2/tags",
}
OBSERVED: dict[Kind, str] = {
    "shipments": r"packages\[0\]\.package_id|ship_from|shipment_status|items\[\d+\]\.unit_price",
    "labels": r"carrier_weight",
    "tracking": r"nothing",
}
"""Where bodies of a live account break the document, by what ``docs/api-facts.md`` says of them."""

REQUEST_ID = b"5f1d2d4e-8a35-4f0e-9f57-0d6a2a1a7c11"


@pytest.fixture(scope="module")
def simulated() -> Account:
    account = make_account(shipments=150)
    Simulation(account, orders_per_day=12).run(6)
    return account


@pytest.mark.parametrize("kind", ONE_OF)
def test_a_single_body_is_valid(simulated: Account, document: Document, kind: Kind) -> None:
    operation = ("GET", ONE_OF[kind])
    entries = list(simulated.journal.of(kind))
    faults = {document.fault_of(operation, 200, entry.raw) for entry in entries}
    assert faults == {None}


@pytest.mark.parametrize("kind", LISTED)
def test_a_listed_body_is_valid(simulated: Account, document: Document, kind: Kind) -> None:
    operation = ("GET", LISTED[kind])
    items_key = "inventory" if kind == "inventory_levels" else kind
    rows = b",".join(entry.raw for entry in simulated.journal.of(kind) if not entry.removed)
    # The list of carriers must say which request it answers, and what went wrong.
    answered = b', "request_id": "%b", "errors": []' % REQUEST_ID if kind == "carriers" else b""
    page = b'{"%b": [%b]%b}' % (items_key.encode(), rows, answered)
    assert document.fault_of(operation, 200, page) is None


@pytest.mark.parametrize("kind", OBSERVED)
def test_what_was_observed_breaks_the_document_only_so(document: Document, kind: Kind) -> None:
    account = make_account(Options.observed(), shipments=100)
    Simulation(account, orders_per_day=12).run(4)
    bodies = {entry.raw for entry in account.journal.of(kind) if not entry.removed}
    faults = {document.fault_of(("GET", ONE_OF[kind]), 200, raw) for raw in bodies}
    assert faults - {None} or kind == "tracking"
    for fault in faults - {None}:
        assert re.match(rf"\$\.({OBSERVED[kind]}): ", str(fault)), fault
