"""Operations of the real API that the emulator leaves out say so."""

from __future__ import annotations

import httpx
import pytest

from emulator.documented import Document
from shipsync.emulator.http.request import Response
from shipsync.emulator.http.routing import LeftOut, Route, RouteTable
from shipsync.emulator.routes import TABLE


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v2/labels/rates/se-1"),
        ("POST", "/v2/labels/shipment/se-1"),
        ("GET", "/v2/manifests"),
        ("GET", "/v2/batches/se-1/errors"),
        ("DELETE", "/v2/warehouses/se-1"),
        ("PUT", "/v2/tags/old%20name"),
        ("POST", "/v2/inventory_locations"),
    ],
)
def test_it_is_said_that_an_operation_is_left_out(
    client: httpx.Client, method: str, path: str
) -> None:
    answer = client.request(method, path)
    assert answer.status_code == 501
    (error,) = answer.json()["errors"]
    assert error["error_code"] == "not_implemented"
    assert error["message"].startswith(f"{method} {path} exists in the ShipStation API")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v2/shipment", 404),
        ("GET", "/v2/manifestos", 404),
        ("GET", "/v1/manifests", 404),
        ("GET", "/v2/shipments/se-1/anything", 404),
        ("DELETE", "/v2/shipments", 405),
        ("PATCH", "/v2/labels", 405),
    ],
)
def test_what_neither_has_is_refused_as_a_wrong_address(
    client: httpx.Client, method: str, path: str, status: int
) -> None:
    assert client.request(method, path).status_code == status


def test_nothing_is_left_out_that_has_a_route(document: Document) -> None:
    routed = {(route.method, route.path) for route in TABLE.routes}
    assert routed >= set(document.operations)
    for method, path in routed:
        assert not any(operation.matches(method, path) for operation in TABLE.left_out)


def test_an_operation_that_gets_a_route_is_left_out_no_more() -> None:
    operations = (LeftOut("GET", "/v2/tokens"), LeftOut("POST", "/v2/tokens"))
    table = RouteTable(
        (Route("GET", "/v2/tokens", lambda account, call: Response(200)),), operations
    )
    assert table.left_out == operations[1:]
    assert table.match("GET", "/v2/tokens")[0].method == "GET"
