"""Subscriptions to webhooks."""

from __future__ import annotations

import httpx


def test_webhooks_change_only_what_may_change(client: httpx.Client) -> None:
    path = "/v2/environment/webhooks"
    made = client.post(path, json={"event": "track", "url": "https://a.example/x"}).json()
    one = f"{path}/{made['webhook_id']}"
    client.put(one, json={"event": "batch", "name": "new"})
    assert client.get(one).json() == {**made, "name": "new"}
    assert client.get(path).json() == [{**made, "name": "new"}]


def test_the_example_of_the_document_is_accepted(client: httpx.Client) -> None:
    example = {
        "url": "https://[YOUR ENDPOINT ID].x.requestbin.com",
        "event": "rate",
        "headers": [{"key": "custom-key", "value": "custom-value"}],
    }
    answer = client.post("/v2/environment/webhooks", json=example)
    assert answer.status_code == 200
    assert answer.json()["url"] == example["url"]
    assert client.post("/v2/environment/webhooks", json={**example, "url": "no"}).status_code == 400


def test_events_that_there_are_not_are_refused(client: httpx.Client) -> None:
    for made_up in ("created", "canceled", "updated"):
        asked = {"event": f"fulfillment_{made_up}_v2", "url": "https://a.example/x"}
        assert client.post("/v2/environment/webhooks", json=asked).status_code == 400
