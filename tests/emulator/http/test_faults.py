"""Every kind of fault does what its name says, to the requests it was aimed at and no others."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from emulator.conftest import KEY, START, client_of, make_account
from shipsync.emulator import Account, Fault, FaultKind, IncomingRequest, Options

K = FaultKind
SHIPMENTS = "/v2/shipments"


def write(client: httpx.Client, account: Account) -> httpx.Response:
    """Receive one unit."""
    return client.post(
        "/v2/inventory",
        json={
            "transaction_type": "increment",
            "sku": account.master_data.items("products")[0]["sku"],
            "quantity": 1,
            "inventory_location_id": account.master_data.items("inventory_locations")[0][
                "inventory_location_id"
            ],
        },
    )


@pytest.mark.parametrize(
    ("kind", "status", "content"),
    [
        (K.SERVER_ERROR, 500, b""),
        (K.SERVER_ERROR_AFTER, 500, b""),
        (K.BAD_GATEWAY, 502, b"<!DOCTYPE html>"),
        (K.UNAVAILABLE, 503, b"Service"),
        (K.GATEWAY_TIMEOUT, 504, b"<!DOCTYPE html>"),
        (K.KEY_REFUSED, 401, b'{"request_id"'),
        (K.ACCESS_DENIED, 403, b'{"request_id"'),
        (K.TOO_MANY_REQUESTS, 429, b'{"request_id"'),
        (K.HTML, 200, b"<!DOCTYPE html>"),
        (K.NOT_JSON, 200, b"upstream"),
        (K.EMPTY, 200, b""),
    ],
)
def test_answers_in_place_of_the_account(
    account: Account, client: httpx.Client, kind: FaultKind, status: int, content: bytes
) -> None:
    account.faults.add(Fault(kind))
    answer = client.get(SHIPMENTS)
    assert answer.status_code == status
    assert answer.content[: len(content)] == content
    assert (answer.content == b"") is (content == b"")
    assert client.get(SHIPMENTS).json()["shipments"]
    assert [line.fault for line in account.requests] == [kind, None]


@pytest.mark.parametrize(
    ("kind", "error", "done"),
    [
        (K.RESET, httpx.ReadError, False),
        (K.RESET_AFTER, httpx.ReadError, True),
        (K.TIMEOUT, httpx.ReadTimeout, False),
        (K.TIMEOUT_AFTER, httpx.ReadTimeout, True),
        (K.CUT_CONNECTION, httpx.RemoteProtocolError, True),
        (K.SERVER_ERROR, None, False),
        (K.SERVER_ERROR_AFTER, None, True),
    ],
)
def test_before_and_after_the_action(
    account: Account,
    client: httpx.Client,
    kind: FaultKind,
    error: type[httpx.HTTPError] | None,
    done: bool,
) -> None:
    entries = len(account.journal)
    account.faults.add(Fault(kind, path="/v2/inventory"))
    if error is None:
        assert write(client, account).status_code == 500
    else:
        with pytest.raises(error):
            write(client, account)
    assert (len(account.journal) > entries) is done


@pytest.mark.parametrize(
    ("fault", "header"),
    [
        (Fault(K.TOO_MANY_REQUESTS, retry_after=7), "7"),
        (Fault(K.TOO_MANY_REQUESTS, retry_after=0), "0"),
        (Fault(K.TOO_MANY_REQUESTS, retry_after="soon"), "soon"),
        (Fault(K.TOO_MANY_REQUESTS, retry_after=None), None),
        (Fault(K.TOO_MANY_REQUESTS, retry_after=90, as_date=True), "Mon, 06 Apr 2026 09:01:30 GMT"),
    ],
)
def test_every_retry_after(
    account: Account, client: httpx.Client, fault: Fault, header: str | None
) -> None:
    account.faults.add(fault)
    assert client.get(SHIPMENTS).headers.get("retry-after") == header


def test_a_cut_body_is_not_json(account: Account, client: httpx.Client) -> None:
    account.faults.add(Fault(K.CUT_BODY))
    answer = client.get(SHIPMENTS)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    with pytest.raises(json.JSONDecodeError):
        answer.json()


def test_aim(account: Account, client: httpx.Client) -> None:
    account.faults.add(Fault(K.UNAVAILABLE, path="/v2/labels/*/track", skip=1, count=2))
    label_id = account.ids("labels")[0]
    track = [client.get(f"/v2/labels/{label_id}/track").status_code for _ in range(4)]
    assert track == [200, 503, 503, 200]
    assert client.get(f"/v2/labels/{label_id}").status_code == 200


def test_aim_at_a_method_and_a_page(account: Account, client: httpx.Client) -> None:
    account.faults.add(Fault(K.UNAVAILABLE, path=SHIPMENTS, method="POST"))
    account.faults.add(Fault(K.BAD_GATEWAY, path=SHIPMENTS, page=2))
    pages = [client.get(SHIPMENTS, params={"page": page}).status_code for page in (1, 2, 2)]
    assert pages == [200, 502, 200]
    assert client.post(SHIPMENTS, json={}).status_code == 503


def test_probability_is_drawn_from_the_seed(account: Account, client: httpx.Client) -> None:
    def statuses(seed: int) -> list[int]:
        account.faults.clear()
        account.faults.add(Fault(K.SERVER_ERROR, count=None, probability=0.5, seed=seed))
        return [client.get("/v2/tags").status_code for _ in range(30)]

    first = statuses(1)
    assert 5 < first.count(500) < 25
    assert statuses(1) == first
    assert statuses(2) != first


def test_clearing_disarms(account: Account, client: httpx.Client) -> None:
    account.faults.add(Fault(K.SERVER_ERROR, count=None))
    assert [fault.kind for fault in account.faults.waiting] == [K.SERVER_ERROR]
    account.faults.clear()
    assert client.get("/v2/tags").status_code == 200


def walk(client: httpx.Client, path: str, **params: Any) -> list[str]:
    """Ids in the order in which page after page gives them."""
    ids: list[str] = []
    page, pages = 1, 1
    while page <= pages:
        body = client.get(path, params={**params, "page": page, "page_size": 10}).json()
        rows = next(value for value in body.values() if isinstance(value, list))
        ids += [next(iter(row.values())) for row in rows]
        page, pages = page + 1, body["pages"]
    return ids


@pytest.mark.parametrize("path", [SHIPMENTS, "/v2/labels", "/v2/fulfillments"])
def test_drift_moves_rows_while_they_are_walked(path: str) -> None:
    account = make_account(shipments=200)
    account.faults.add(Fault(K.DRIFT, path=path, count=None, rows=2, seconds=1))
    entries = len(account.journal)
    with client_of(account) as client:
        walk(client, path, sort_by="modified_at", sort_dir="asc")
    changed = account.journal[entries:]
    requests = len(account.requests)
    assert len(changed) == 2 * requests
    assert {entry.cause for entry in changed} == {"drift"}
    assert account.clock.now() == START.add(seconds=requests)


def test_page_numbers_over_a_drifting_list_lose_rows() -> None:
    account = make_account(shipments=200)
    account.faults.add(Fault(K.DRIFT, path=SHIPMENTS, count=None, rows=5))
    with client_of(account) as client:
        seen = walk(client, SHIPMENTS, sort_by="modified_at", sort_dir="asc")
    assert set(account.ids("shipments")) - set(seen)


def test_stock_drifts_too(account: Account, client: httpx.Client) -> None:
    account.faults.add(Fault(K.DRIFT, path="/v2/inventory", count=None, rows=3))
    entries = len(account.journal)
    walk(client, "/v2/inventory")
    assert {entry.kind for entry in account.journal[entries:]} == {"inventory_levels"}


def test_late_commits_carry_an_earlier_instant(account: Account, client: httpx.Client) -> None:
    entries = len(account.journal)
    account.faults.add(Fault(K.LATE_COMMIT, path=SHIPMENTS, rows=4, seconds=60))
    client.get(SHIPMENTS)
    late = account.journal[entries:]
    assert len(late) == 4
    assert {entry.at for entry in late} == {START}
    assert all(entry.body["modified_at"] <= "2026-04-06T08:59:00Z" for entry in late)


def test_a_call_may_do_anything(account: Account, client: httpx.Client) -> None:
    def remove_tag(account: Account, request: IncomingRequest) -> None:
        account.master_data.remove("tags", account.master_data.items("tags")[0]["name"])

    before = len(account.master_data.items("tags"))
    account.faults.add(Fault(K.CALL, path="/v2/tags", call=remove_tag))
    assert len(client.get("/v2/tags").json()["tags"]) == before - 1
    assert account.journal[-1].removed
    assert account.journal[-1].body == {}


def test_duplicates_across_pages(account: Account, client: httpx.Client) -> None:
    account.faults.add(Fault(K.DUPLICATES, path=SHIPMENTS, page=2, rows=3))
    ids = walk(client, SHIPMENTS)
    assert ids[10:13] == ids[7:10]
    assert len(ids) == 63
    assert len(set(ids)) == 60


def test_a_missing_page(account: Account, client: httpx.Client) -> None:
    account.faults.add(Fault(K.MISSING_PAGE, path="/v2/inventory", page=2))
    whole = len(account.stock.levels())
    assert len(walk(client, "/v2/inventory")) == whole - 10
    assert client.get("/v2/inventory").json()["total"] == whole


def test_stale_rows(account: Account, client: httpx.Client) -> None:
    shipment_id = account.ids("shipments")[0]
    before = account.entity("shipments", shipment_id)
    account.orders.change(shipment_id, notes_from_buyer="newer")
    account.faults.add(Fault(K.STALE, path=SHIPMENTS))
    params = {"sort_by": "modified_at", "page_size": 1}
    assert client.get(SHIPMENTS, params=params).json()["shipments"] == [before]
    (now,) = client.get(SHIPMENTS, params=params).json()["shipments"]
    assert now["notes_from_buyer"] == "newer"


@pytest.mark.parametrize(
    ("path", "get"),
    [
        (SHIPMENTS, lambda body: body["shipments"]),
        ("/v2/warehouses", lambda body: body["warehouses"]),
        ("/v2/carriers", lambda body: body["carriers"]),
    ],
)
def test_unknown_fields(
    account: Account, client: httpx.Client, path: str, get: Callable[[Any], list[Any]]
) -> None:
    account.faults.add(Fault(K.UNKNOWN_FIELD, field="colour", value=[1], rows=2))
    first, second, *rest = get(client.get(path).json())
    assert first["colour"] == second["colour"] == [1]
    assert all("colour" not in row for row in rest)


def test_unknown_fields_of_one_object(account: Account, client: httpx.Client) -> None:
    account.faults.add(Fault(K.UNKNOWN_FIELD))
    label = client.get(f"/v2/labels/{account.ids('labels')[0]}").json()
    assert label["unheard_of"] == "unheard of"


@pytest.mark.parametrize("field", ["zone", "ship_to.name", "items.quantity"])
def test_a_field_of_another_type(account: Account, client: httpx.Client, field: str) -> None:
    account.faults.add(Fault(K.WRONG_TYPE, field=field, value={"odd": True}))
    target: Any = client.get(SHIPMENTS).json()["shipments"][0]
    for name in field.split("."):
        target = target[name]
        target = target[0] if isinstance(target, list) else target
    assert target == {"odd": True}


def test_smaller_pages(account: Account, client: httpx.Client) -> None:
    small = Fault(K.SMALL_PAGES, path=SHIPMENTS, page_size=4)
    account.faults.add(small, Fault(K.SMALL_PAGES, path="/v2/products", page_size=3))
    body = client.get(SHIPMENTS, params={"page_size": 50}).json()
    assert (len(body["shipments"]), body["pages"]) == (4, 15)
    assert len(client.get("/v2/products").json()["products"]) == 3
    account.faults.add(Fault(K.SMALL_PAGES, page_size=4, oversized="refuse"))
    assert client.get(SHIPMENTS, params={"page_size": 50}).status_code == 400


def test_faults_may_come_together(account: Account, client: httpx.Client) -> None:
    account.faults.add(Fault(K.DRIFT), Fault(K.DUPLICATES), Fault(K.UNAVAILABLE))
    entries = len(account.journal)
    assert client.get(SHIPMENTS).status_code == 503
    assert len(account.journal) == entries + 1
    assert account.requests[-1].fault == "drift+duplicates+unavailable"


def test_answers_without_a_body_are_not_edited(account: Account, client: httpx.Client) -> None:
    account.faults.add(Fault(K.UNKNOWN_FIELD))
    assert write(client, account).status_code == 204


def test_the_core_needs_no_transport() -> None:
    account = make_account(Options(), shipments=1)
    response = account.handle(IncomingRequest("GET", "/v2/tags", headers=KEY))
    assert (response.status, response.headers["date"]) == (200, "Mon, 06 Apr 2026 09:00:00 GMT")
