"""The kinds of write beside stock: how each is opened on an account, and read out of a plan's file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

from shipsync.api.session import Session
from shipsync.clock import Pacing
from shipsync.reverse import cancel_writes, fulfillment_writes, shipment_writes, void_writes
from shipsync.reverse.outbox import JsonObject
from shipsync.reverse.redaction import Recorded
from shipsync.reverse.write import A, Kind, Write


class OrderWrites(Kind[A], Protocol[A]):
    """A kind of write that can also be read back after it was applied."""

    def drift(self, write: Write[A]) -> str | None:
        """What is not in the account as the write made it; None if all is.

        Raises what ``Session.read`` raises, and ``IncompleteRead``.
        """
        ...


@dataclass(frozen=True)
class OrderKind:
    """``open`` makes the writes of a session; ``read`` one write from its key, subject and request."""

    open: Callable[[Session, Pacing, timedelta], OrderWrites[Any]]
    read: Callable[[str, str, JsonObject, Recorded], Write[Any]]


ORDER_KINDS: Mapping[str, OrderKind] = {
    void_writes.KIND: OrderKind(
        void_writes.LabelVoiding,
        lambda key, subject, request, recorded: void_writes.voiding(
            subject, str(request["label_id"]), str(request["shipment_id"])
        ),
    ),
    cancel_writes.KIND: OrderKind(
        cancel_writes.ShipmentCancelling,
        lambda key, subject, request, recorded: cancel_writes.cancellation(
            key, subject, str(request["shipment_id"])
        ),
    ),
    shipment_writes.KIND: OrderKind(
        shipment_writes.ShipmentCreation,
        lambda key, subject, request, recorded: shipment_writes.creation(
            subject, request, recorded
        ),
    ),
    fulfillment_writes.KIND: OrderKind(
        fulfillment_writes.FulfillmentCreation,
        lambda key, subject, request, recorded: fulfillment_writes.fulfilling(
            key, subject, request
        ),
    ),
}
