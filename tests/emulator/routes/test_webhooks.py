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
