"""Accounts to test with, and a loud word when the vendor's document is not there to judge them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pendulum
import pytest

from emulator.documented import DOCUMENT, Document
from shipsync.emulator import Account, Options, Transport
from shipsync.emulator.simulation.seed import seed_account

KEY = {"api-key": "emulator-key"}
START = pendulum.datetime(2026, 4, 6, 9)


@pytest.fixture(scope="session")
def document() -> Document:
    """The OpenAPI document; skips the test when it is not on this machine."""
    if not DOCUMENT.exists():
        pytest.skip(f"NOT CHECKED AGAINST THE API'S DOCUMENT: {DOCUMENT} is missing")
    return Document(DOCUMENT)


@pytest.fixture
def account() -> Account:
    """An account with 60 shipments and what became of them."""
    return make_account()


def make_account(options: Options | None = None, shipments: int = 60, **settings: Any) -> Account:
    """A seeded account under the given options."""
    account = Account(seed=5, options=options, start=START, **settings)
    seed_account(account, shipments=shipments, days=30)
    return account


def client_of(account: Account, **settings: Any) -> httpx.Client:
    """A client that talks to the account without a socket."""
    return httpx.Client(
        transport=Transport(account),
        base_url="https://api.shipstation.com",
        headers=KEY,
        **settings,
    )


def buy_label(account: Account) -> tuple[str, str]:
    """Buy a label for the last shipment a minute ago; returns the ids of both."""
    body = account.entity("labels", account.ids("labels")[0])
    shipment_id = account.ids("shipments")[-1]
    account.orders.change(shipment_id, shipment_status="label_purchased")
    fresh = {"label_id": "se-77", "shipment_id": shipment_id, "status": "completed"}
    new = {**body, **fresh, "voided": False, "voided_at": None, "tracking_number": "1Z77"}
    account.parcels.put_label({**new, "created_at": "2026-04-06T08:59:00Z"})
    return shipment_id, "se-77"


def create(client: httpx.Client, *shipments: dict[str, Any]) -> dict[str, Any]:
    """Create shipments through the API and give the answer."""
    answer = client.post("/v2/shipments", json={"shipments": list(shipments)})
    assert answer.status_code == 200
    body: dict[str, Any] = answer.json()
    return body


def status_of(account: Account, shipment_id: str) -> str:
    """A shipment's status."""
    return str(account.entity("shipments", shipment_id)["shipment_status"])


@pytest.fixture
def client(account: Account) -> Iterator[httpx.Client]:
    """A client of ``account``."""
    with client_of(account) as client:
        yield client


@pytest.fixture
def rows_of(client: httpx.Client) -> Callable[..., list[dict[str, Any]]]:
    """Reads one page and returns its rows."""

    def rows(path: str, **params: Any) -> list[dict[str, Any]]:
        body = client.get(path, params=params).raise_for_status().json()
        return list(next(value for value in body.values() if isinstance(value, list)))

    return rows
