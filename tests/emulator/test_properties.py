"""Whatever the document allows, and a good deal that it doesn't: never a server error."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from emulator.conftest import KEY, make_account
from emulator.documented import DOCUMENT, Document, open_where_composed
from shipsync.emulator import Account, IncomingRequest, Options

if not DOCUMENT.exists():
    pytest.skip(f"NOTHING TO DRIVE FROM: {DOCUMENT} is missing", allow_module_level=True)

schemathesis = pytest.importorskip("schemathesis")
SCHEMA = schemathesis.openapi.from_dict(open_where_composed(Document(DOCUMENT).raw))
OPERATIONS = {result.ok().label: result.ok() for result in SCHEMA.get_all_operations()}

FEW = settings(
    max_examples=6,
    deadline=None,
    derandomize=True,
    database=None,
    phases=(Phase.generate,),
    suppress_health_check=list(HealthCheck),
)


CHOICES = {
    "assumed": Options(unknown_sku="accept"),
    "observed": Options.observed(unknown_sku="accept", vanished_are_listed=True),
}


@cache
def shared_account(choice: str) -> Account:
    """One account for all examples: they may leave in it what they like."""
    account = make_account(CHOICES[choice], shipments=40)
    first, second, third, fourth = account.ids("shipments")[-5:-1]
    account.orders.merge(first, into=second)
    account.orders.delete(third)
    account.orders.change(fourth, hold_until_date="2026-05-01T07:00:00Z")
    return account


@cache
def real_ids(choice: str) -> dict[str, str]:
    """An id that exists for each name under which ids are sent, so that routes get to state."""
    account = shared_account(choice)
    location_id = account.master_data.items("inventory_locations")[0]["inventory_location_id"]
    return {
        "shipment_id": account.ids("shipments")[-1],
        "label_id": account.ids("labels")[-1],
        "warehouse_id": account.master_data.items("warehouses")[0]["warehouse_id"],
        "inventory_location_id": location_id,
        "new_inventory_location_id": location_id,
        "sku": account.master_data.items("products")[0]["sku"],
        "tracking_number": account.entity("labels", account.ids("labels")[0])["tracking_number"],
    }


def with_ids(value: Any, known: dict[str, str]) -> Any:
    """A body or parameters with every id replaced by one that exists."""
    if isinstance(value, dict):
        return {name: known.get(name, with_ids(inner, known)) for name, inner in value.items()}
    return [with_ids(inner, known) for inner in value] if isinstance(value, list) else value


def send(case: Any, change: Callable[[Any], Any], choice: str = "assumed") -> int:
    """Send a generated request and return the status; a refusal must have the documented body."""
    path = case.operation.path
    for name, value in change(dict(case.path_parameters or {})).items():
        path = path.replace(f"{{{name}}}", str(value) or "-")
    query = urlencode(change(dict(case.query or {})), doseq=True)
    sent = b"" if isinstance(case.body, type(schemathesis.core.NOT_SET)) else case.body
    body = sent if isinstance(sent, bytes) else json.dumps(change(sent), default=str).encode()
    response = shared_account(choice).handle(IncomingRequest(case.method, path, query, KEY, body))
    if response.status >= 400 and response.body:
        assert set(json.loads(response.body)) == {"request_id", "errors"}
    return response.status


def generated(label: str, mode: str) -> Any:
    """Cases of one operation."""
    return OPERATIONS[label].as_strategy(generation_mode=schemathesis.GenerationMode(mode))


@pytest.mark.parametrize("choice", CHOICES)
@pytest.mark.parametrize("label", sorted(OPERATIONS))
def test_documented_requests_meet_no_server_error(label: str, choice: str) -> None:
    statuses: set[int] = set()

    @FEW
    @given(generated(label, "positive"))
    def every_case(case: Any) -> None:
        statuses.add(send(case, lambda value: value, choice))
        statuses.add(send(case, lambda value: with_ids(value, real_ids(choice)), choice))

    every_case()
    assert max(statuses) < 500


@pytest.mark.parametrize("label", sorted(OPERATIONS))
def test_undocumented_requests_meet_no_server_error(label: str) -> None:
    statuses: set[int] = set()

    @FEW
    @given(generated(label, "negative"))
    def every_case(case: Any) -> None:
        statuses.add(send(case, lambda value: value))

    every_case()
    assert max(statuses) < 500
