"""The same account behind a socket: bodies whole, connections broken for real."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import httpx
import pytest

from emulator.conftest import KEY
from shipsync.emulator import Account, Fault, FaultKind, Served, Transport, asgi_app, serve


@pytest.fixture
def served(account: Account) -> Iterator[Served]:
    with serve(account) as served:
        yield served


@pytest.fixture
def remote(served: Served) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=served.url, headers=KEY) as client:
        yield client


def test_the_socket_gives_what_the_transport_gives(account: Account, remote: httpx.Client) -> None:
    url = "/v2/shipments?created_at_start=2026-01-01T00:00:00%2B00:00&page_size=500"
    with httpx.Client(transport=Transport(account), base_url=remote.base_url, headers=KEY) as near:
        ours, theirs = near.get(url), remote.get(url)
    assert theirs.content == ours.content
    assert theirs.headers["date"] == ours.headers["date"] == "Mon, 06 Apr 2026 09:00:00 GMT"
    assert theirs.headers["content-type"] == "application/json"


def test_it_listens_on_loopback_alone(served: Served) -> None:
    assert urlsplit(served.url).hostname == "127.0.0.1"


def test_a_taken_port_is_an_error(served: Served, account: Account) -> None:
    with pytest.raises(OSError, match="in use"), serve(account, urlsplit(served.url).port or 0):
        pass


def test_writes_and_empty_answers(account: Account, remote: httpx.Client) -> None:
    body = {"transaction_type": "adjust", "sku": "X", "quantity": 1, "inventory_location_id": "x"}
    assert remote.post("/v2/inventory", json=body).status_code == 400
    answer = remote.get("/v2/labels/se-404")
    assert (answer.status_code, answer.content) == (404, b"")


@pytest.mark.parametrize("kind", [FaultKind.RESET, FaultKind.RESET_AFTER])
def test_reset(
    account: Account,
    remote: httpx.Client,
    kind: FaultKind,
    caplog: pytest.LogCaptureFixture,
) -> None:
    account.faults.add(Fault(kind))
    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        remote.get("/v2/shipments")
    assert remote.get("/v2/shipments").status_code == 200
    assert [record for record in caplog.records if record.name.startswith("uvicorn")] == []


def test_cut_connection(account: Account, remote: httpx.Client) -> None:
    account.faults.add(Fault(FaultKind.CUT_CONNECTION))
    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        remote.get("/v2/shipments")
    assert remote.get("/v2/shipments").status_code == 200


@pytest.mark.parametrize("kind", [FaultKind.TIMEOUT, FaultKind.TIMEOUT_AFTER])
def test_silence(account: Account, remote: httpx.Client, kind: FaultKind) -> None:
    account.faults.add(Fault(kind))
    with pytest.raises(httpx.ReadTimeout):
        remote.get("/v2/shipments", timeout=0.05)
    assert remote.get("/v2/shipments").status_code == 200


def test_it_stops_while_somebody_waits(account: Account) -> None:
    account.faults.add(Fault(FaultKind.TIMEOUT, path="/v2/tags"))
    with serve(account) as served:
        parts = urlsplit(served.url)
        waiting = socket.create_connection((str(parts.hostname), int(parts.port or 0)))
        waiting.sendall(b"GET /v2/tags HTTP/1.1\r\nhost: x\r\napi-key: emulator-key\r\n\r\n")
        with httpx.Client(base_url=served.url, headers=KEY) as client:
            while "/v2/tags" not in [line.path for line in account.requests]:
                client.get("/v2/products")
    with waiting:
        assert waiting.recv(10) == b""


def test_threads_share_an_account(account: Account, served: Served) -> None:
    before = account.stock.level("X", "se-1")["on_hand"]
    location_id = account.master_data.put_inventory_location(
        {"inventory_location_id": "se-1", "name": "bay"}
    )
    account.master_data.put_product({"product_id": 5, "sku": "X"})
    body = {"transaction_type": "increment", "sku": "X", "quantity": 1}

    def receive(times: int) -> None:
        with httpx.Client(base_url=served.url, headers=KEY) as client:
            for _ in range(times):
                client.post("/v2/inventory", json={**body, "inventory_location_id": location_id})
                account.stock.move("X", location_id, delta=1, cause="beside the API")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(receive, [10] * 4))
    assert account.stock.level("X", "se-1")["on_hand"] == before + 80
    assert len(account.requests) == 40


def test_other_asgi_servers_can_run_it(account: Account) -> None:
    account.faults.add(Fault(FaultKind.UNAVAILABLE, skip=1))
    transport = httpx.ASGITransport(asgi_app(account))

    async def statuses() -> list[int]:
        async with httpx.AsyncClient(
            transport=transport, base_url="http://emulator", headers=KEY
        ) as client:
            return [(await client.get("/v2/tags")).status_code for _ in range(2)]

    assert asyncio.run(statuses()) == [200, 503]
