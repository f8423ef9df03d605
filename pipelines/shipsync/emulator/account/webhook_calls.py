"""The webhooks that an account would call for what happened in it. Nobody is called."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pendulum

from shipsync.emulator.account.account import Account
from shipsync.emulator.account.journal import JournalEntry
from shipsync.emulator.bodies import webhook

NOT_TOLD = frozenset({"seed", "put", "opening stock"})
"""Causes of what was there before anybody listened."""


@dataclass(frozen=True)
class WebhookCall:
    """A webhook: the event that one subscribes to, the body, and the instant of what it tells."""

    event: str
    body: dict[str, Any]
    at: pendulum.DateTime


def webhook_calls(account: Account, *, after: int = 0) -> Iterator[WebhookCall]:
    """The calls for what came into the journal after that sequence number, in its order.

    Of shipments, labels and fulfillments only their first version is told, of tracking every one.
    There is none for a shipment that changed, was held or released, cancelled, merged or deleted,
    nor for a label that was voided.
    """
    known: set[tuple[str, str]] = set()
    told: set[str] = set()
    for entry in account.journal:
        is_new = (entry.kind, entry.entity_id) not in known
        known.add((entry.kind, entry.entity_id))
        if entry.sequence > after and entry.cause not in NOT_TOLD and not entry.removed:
            for event, body in _bodies(account, entry, told, is_new=is_new):
                yield WebhookCall(event, body, entry.at)


def _bodies(
    account: Account, entry: JournalEntry, told: set[str], *, is_new: bool
) -> Iterator[tuple[str, dict[str, Any]]]:
    host = account.options.public_url
    match entry.kind:
        case "shipments" if is_new and (batch := _import_batch(account, entry)) not in told:
            told.add(batch)
            yield "shipment_created_v2", webhook.shipments_created(host, batch)
        case "labels" if is_new and (batch := entry.body["batch_id"]) not in told:
            told.add(batch)
            yield "label_created_v2", webhook.labels_created(host, batch)
            yield "batch_processed_v2", webhook.batch_processed(host, batch)
        case "fulfillments" if is_new:
            yield "fulfillment_shipped_v2", webhook.fulfillment_shipped(host, entry.body)
        case "fulfillments" if entry.body["notification_error_message"]:
            yield "fulfillment_rejected_v2", webhook.fulfillment_rejected(host, entry.body)
        case "tracking" if entry.body["events"]:
            label_id, tracking = entry.entity_id, entry.body
            yield "track_event_v2", webhook.parcel_tracked(host, label_id, tracking)
            yield "track", webhook.parcel_tracked_before(label_id, tracking)
        case _:
            return


def _import_batch(account: Account, entry: JournalEntry) -> str:
    shipments = account.collection("shipments")
    row = shipments.last_known(entry.entity_id)
    batch = None if row is None else shipments.column(row, "import_batch_id")
    return batch or entry.entity_id
