"""The emulator's bodies have the keys of production's, in their order."""

from __future__ import annotations

import json
from typing import Any

import pytest

from emulator.conftest import client_of, make_account
from emulator.documented import CAPTURES
from emulator.test_conformance import SHIPMENT

if not CAPTURES.exists():
    pytest.skip(f"NOT COMPARED WITH PRODUCTION: {CAPTURES} is missing", allow_module_level=True)


def capture(name: str) -> dict[str, Any]:
    body: dict[str, Any] = json.loads((CAPTURES / name).read_text())
    body.pop("_captured_at", None)
    return body


def mapping_keys(value: Any) -> Any:
    """A value with nothing left of it but the names of its keys, nested, in order."""
    if isinstance(value, dict):
        return {name: mapping_keys(inner) for name, inner in value.items()}
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return [mapping_keys(value[0])]
    return None


def other_keys(ours: Any, theirs: Any, at: str = "") -> list[str]:
    """Where keys or their order differ; a null or empty list on one side is no difference."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        if list(ours) != list(theirs):
            return [f"{at or 'the body'} has {', '.join(ours)}"]
        return [
            found for name in ours for found in other_keys(ours[name], theirs[name], f"{at}.{name}")
        ]
    if isinstance(ours, list) and isinstance(theirs, list) and ours and theirs:
        return other_keys(ours[0], theirs[0], f"{at}[0]")
    return []


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("shipments", "shipments.list.single.json"),
        ("labels", "labels.list.single.json"),
        ("fulfillments", "fulfillments.list.external.json"),
    ],
)
def test_lists_have_the_keys_of_production(kind: str, name: str) -> None:
    theirs = mapping_keys(capture(name))
    with client_of(make_account(shipments=200)) as client:
        body = client.get(f"/v2/{kind}", params={"page_size": 500}).json()
    body["links"] = capture(name)["links"]
    for row in body[kind]:
        assert other_keys(mapping_keys({**body, kind: [row]}), theirs) == []


def test_shipments_made_through_the_api_have_them_too() -> None:
    theirs = mapping_keys(capture("shipments.list.single.json"))["shipments"][0]
    with client_of(make_account(shipments=0)) as client:
        made = client.post("/v2/shipments", json={"shipments": [SHIPMENT]}).json()["shipments"][0]
    wanted = {**theirs, "errors": None, "address_validation": None}
    assert other_keys(mapping_keys(made), wanted) == []


def test_tracking_has_the_keys_of_production() -> None:
    theirs = list(capture("tracking.get.usps.no_scans_yet.json"))
    account = make_account()
    label_id = account.ids("labels")[0]
    with client_of(account) as client:
        assert list(client.get(f"/v2/labels/{label_id}/track").json()) == theirs
        account.parcels.put_label({**account.entity("labels", label_id), "label_id": "se-77"})
        assert list(client.get("/v2/labels/se-77/track").json()) == theirs


def test_the_error_body_has_the_keys_of_production() -> None:
    theirs = mapping_keys(capture("error.401.shipengine_v1.json"))
    with client_of(make_account(shipments=0)) as client:
        ours = client.get("/v2/tags", headers={"api-key": "no"}).json()
    assert mapping_keys(ours) == theirs
