"""/v2/environment/webhooks: subscriptions. The emulator keeps them and calls nobody."""

from __future__ import annotations

from typing import Any

import orjson

from shipsync.emulator.account.account import Account
from shipsync.emulator.http.problems import JSON, ErrorBody, RefusedError, not_found
from shipsync.emulator.http.request import Response
from shipsync.emulator.http.request_bodies import NewWebhook, WebhookUpdate
from shipsync.emulator.http.routing import Call, Route


def list_webhooks(account: Account, call: Call) -> Response:
    """All of them, as a bare array [O]."""
    return Response(200, orjson.dumps(list(account.webhooks.values())), JSON)


def create_webhook(account: Account, call: Call) -> Response:
    """Subscribe; a second one for the same event and address is a conflict."""
    assert isinstance(call.body, NewWebhook)
    new = call.body
    for held in account.webhooks.values():
        if (held["event"], held["url"]) == (new.event, new.url):
            message = f"{new.event} goes to this address already."
            raise RefusedError(
                409, ErrorBody("business_rules", "webhook_event_type_conflict", message)
            )
    sent = new.model_dump(mode="json", exclude_none=True)
    body = {"webhook_id": account.numbers.new_id("webhooks"), **sent}
    account.webhooks[body["webhook_id"]] = body
    return Response(200, orjson.dumps(body), JSON)


def get_webhook(account: Account, call: Call) -> Response:
    """One of them."""
    return Response(200, orjson.dumps(_held(account, call)), JSON)


def update_webhook(account: Account, call: Call) -> Response:
    """Change url, headers or name."""
    assert isinstance(call.body, WebhookUpdate)
    _held(account, call).update(call.body.model_dump(mode="json", exclude_none=True))
    return Response(204)


def delete_webhook(account: Account, call: Call) -> Response:
    """Unsubscribe."""
    del account.webhooks[_held(account, call)["webhook_id"]]
    return Response(204)


def _held(account: Account, call: Call) -> dict[str, Any]:
    webhook_id = call.ids["webhook_id"]
    held = account.webhooks.get(webhook_id)
    if held is None:
        raise not_found("webhook", webhook_id)
    return held


_ALL = "/v2/environment/webhooks"
_ONE = f"{_ALL}/{{webhook_id}}"

ROUTES = (
    Route("GET", _ALL, list_webhooks),
    Route("POST", _ALL, create_webhook, body=NewWebhook),
    Route("GET", _ONE, get_webhook),
    Route("PUT", _ONE, update_webhook, body=WebhookUpdate),
    Route("DELETE", _ONE, delete_webhook),
)
