"""Requests are refused in the documented order, with the documented body."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from emulator.conftest import client_of, make_account
from shipsync.emulator import Account, Fault, FaultKind, Options

STOCK = {
    "transaction_type": "adjust",
    "sku": "X",
    "quantity": 1,
    "inventory_location_id": "se-1",
}


def first_error(answer: httpx.Response) -> dict[str, Any]:
    body = answer.json()
    assert set(body) == {"request_id", "errors"}
    error: dict[str, Any] = body["errors"][0]
    assert {"error_source", "error_type", "error_code", "message"} <= set(error)
    return error


@pytest.mark.parametrize(
    ("key", "status", "code"),
    [("", 401, "unauthorized"), ("wrong", 401, "unauthorized"), ("closed", 403, "forbidden")],
)
def test_key_comes_first(key: str, status: int, code: str) -> None:
    account = make_account(Options(requests_per_minute=1), shipments=0, denied_keys=["closed"])
    with client_of(account) as client:
        for _ in range(3):  # Nothing that is refused for its key counts against the rate.
            answer = client.post("/v2/nowhere", headers={"api-key": key}, content=b"{")
            assert answer.status_code == status
            assert first_error(answer)["error_code"] == code
        assert client.get("/v2/tags").status_code == 200


def test_rate_comes_before_route() -> None:
    account = make_account(Options(requests_per_minute=1), shipments=0)
    with client_of(account) as client:
        assert client.get("/v2/nowhere").status_code == 404
        answer = client.get("/v2/nowhere")
    assert answer.status_code == 429
    assert first_error(answer)["error_code"] == "rate_limit_exceeded"


def test_route_comes_before_shape(client: httpx.Client) -> None:
    assert client.get("/v2/nowhere", params={"page": "x"}).status_code == 404
    answer = client.delete("/v2/shipments", params={"page": "x"})
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, POST"


def test_shape_comes_before_state(client: httpx.Client) -> None:
    answer = client.post("/v2/inventory", json={**STOCK, "quantity": "1"})
    assert first_error(answer)["field_name"] == "quantity"
    answer = client.post("/v2/inventory", json=STOCK)
    assert first_error(answer)["field_name"] == "inventory_location_id"


@pytest.mark.parametrize(
    ("params", "named"),
    [
        ({"page": "0"}, "page"),
        ({"page": "1.0"}, "page"),
        ({"page_size": "-1"}, "page_size"),
        ({"page": "99999999999"}, "page"),
        ({"sort_by": "name"}, "sort_by"),
        ({"sort_dir": "up"}, "sort_dir"),
        ({"shipment_status": "shipped"}, "shipment_status"),
        ({"modified_at_start": "yesterday"}, "modified_at_start"),
        ({"modified_at_start": "2026-02-30T00:00:00Z"}, "modified_at_start"),
        ({"store_id": "2481101"}, "store_id"),
    ],
)
def test_parameters_are_checked(client: httpx.Client, params: dict[str, str], named: str) -> None:
    error = first_error(client.get("/v2/shipments", params=params))
    assert error["error_type"] == "validation"
    assert error["field_name"] == named


def test_every_wrong_parameter_is_named(client: httpx.Client) -> None:
    answer = client.get("/v2/labels", params={"page": "0", "sort_dir": "up", "unheard_of": "1"})
    assert [error["field_name"] for error in answer.json()["errors"]] == ["page", "sort_dir"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "request_body_required"),
        (b"{", "invalid_field_value"),
        (b"[]", "invalid_field_value"),
        (b"{}", "field_value_required"),
        (b'{"transaction_type": "give"}', "invalid_field_value"),
    ],
)
def test_bodies_are_checked(client: httpx.Client, body: bytes, code: str) -> None:
    answer = client.post("/v2/inventory", content=body)
    assert answer.status_code == 400
    assert first_error(answer)["error_code"] == code


def test_malformed_and_unknown_ids_differ(client: httpx.Client) -> None:
    assert client.get("/v2/shipments/12345").status_code == 400
    assert client.get("/v2/shipments/se-12345").status_code == 404


def test_unknown_label_has_no_body(client: httpx.Client) -> None:
    answer = client.get("/v2/labels/se-12345")
    assert (answer.status_code, answer.content) == (404, b"")
    assert client.get("/v2/labels/se-12345/track").content != b""


def test_every_request_is_logged(account: Account, client: httpx.Client) -> None:
    client.get("/v2/labels", params={"page": 2})
    client.get("/v2/labels/se-12345")
    logged = [(line.method, line.path, line.query, line.status) for line in account.requests]
    assert logged == [
        ("GET", "/v2/labels", "page=2", 200),
        ("GET", "/v2/labels/se-12345", "", 404),
    ]


@pytest.mark.parametrize("source", ["shipengine", "ShipStation"])
def test_refusals_name_their_source(source: Any) -> None:
    account = make_account(Options(error_source=source), shipments=0)
    with client_of(account) as client:
        for path in ("/v2/shipments/se-404", "/v2/labels?page=0", "/v2/manifests"):
            (error,) = client.get(path).json()["errors"]
            assert error["error_source"] == source
        account.faults.add(Fault(FaultKind.TOO_MANY_REQUESTS))
        assert client.get("/v2/tags").json()["errors"][0]["error_source"] == source
