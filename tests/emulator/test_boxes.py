"""Tracking of the further boxes of a label, each by its own number."""

from __future__ import annotations

import pytest

from emulator.conftest import client_of, make_account
from shipsync.emulator import Options


@pytest.mark.parametrize("knows", [True, False])
def test_a_further_box_goes_a_way_of_its_own(knows: bool) -> None:
    account = make_account(Options(tracks_further_boxes=knows), shipments=120)
    labels = [account.entity("labels", label_id) for label_id in account.ids("labels")]
    label = next(x for x in labels if len(x["packages"]) > 1 and not x["voided"])
    number = label["packages"][0]["tracking_number"]
    assert number != label["tracking_number"]
    client = client_of(account)
    asked = {"tracking_number": number, "carrier_code": label["carrier_code"]}

    answer = client.get("/v2/tracking", params=asked)
    assert answer.status_code == (200 if knows else 404)
    if knows:
        assert answer.json()["tracking_number"] == number
        assert answer.json()["events"]
        first = client.get(f"/v2/labels/{label['label_id']}/track").json()
        assert first["tracking_number"] == label["tracking_number"]
    other = client.get("/v2/tracking", params={**asked, "carrier_code": "nobody"})
    assert other.status_code == 404
