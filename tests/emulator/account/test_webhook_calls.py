"""The webhooks that an account would call: for what happened, and for nothing else."""

from __future__ import annotations

from collections import Counter
from urllib.parse import urlsplit

import pytest

from emulator.conftest import client_of, make_account
from shipsync.emulator import Account, Options
from shipsync.emulator.account.webhook_calls import WebhookCall, webhook_calls
from shipsync.emulator.simulation.simulation import Simulation


@pytest.fixture(scope="module")
def simulated() -> tuple[Account, list[WebhookCall]]:
    account = make_account(Options(merges=True, deletions=True), shipments=60)
    past = len(account.journal)
    Simulation(account, orders_per_day=20).run(12)
    return account, list(webhook_calls(account, after=past))


def test_what_a_call_names_can_be_fetched(simulated: tuple[Account, list[WebhookCall]]) -> None:
    account, calls = simulated
    answers: Counter[str] = Counter()
    with client_of(account) as client:
        for call in calls:
            url = urlsplit(call.body["resource_url"])
            if url.path.startswith(("/v1/", "/v2/batches/")):
                continue
            answer = client.get(f"{url.path}?{url.query}").raise_for_status().json()
            answers[call.event] += bool(answer.get("total", 1))
    assert set(answers) == {
        "shipment_created_v2",
        "label_created_v2",
        "fulfillment_shipped_v2",
        "fulfillment_rejected_v2",
        "track_event_v2",
    }
    assert all(answers.values())


def test_what_is_gone_by_now_was_told_under_its_import(
    simulated: tuple[Account, list[WebhookCall]],
) -> None:
    account, calls = simulated
    assert any(entry.removed for entry in account.journal.of("shipments"))
    told = [call.body["resource_url"] for call in calls if call.event == "shipment_created_v2"]
    assert not [url for url in told if url.partition("import_batch_id=")[2].startswith("se-")]


def test_an_import_is_told_once_and_changes_are_not(
    simulated: tuple[Account, list[WebhookCall]],
) -> None:
    account, calls = simulated
    told = Counter(call.body["resource_url"] for call in calls if "shipment" in call.event)
    came = {e.entity_id for e in account.journal.of("shipments") if e.cause.startswith("order")}
    assert set(told.values()) == {1}
    assert len(told) < len(came)


def test_the_old_webhook_points_to_another_host(
    simulated: tuple[Account, list[WebhookCall]],
) -> None:
    old = [call for call in simulated[1] if call.event == "track"]
    new = [call for call in simulated[1] if call.event == "track_event_v2"]
    assert len(old) == len(new) > 50
    body = old[0].body
    assert body["resource_type"] == "API_TRACK"
    assert body["data"]["label_url"].startswith("https://api.shipengine.com/v1/labels/se-")
    assert all(event["event_description"] for event in body["data"]["events"])
    assert new[0].body["resource_url"].endswith("/track")
    assert new[0].body["data"]["tracking_number"] == body["data"]["tracking_number"]


def test_nothing_is_told_of_the_past() -> None:
    assert list(webhook_calls(make_account())) == []
