"""The kinds of write beside stock: how each is opened on an account, and read out of a plan's file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

from shipsync.api.session import Session
from shipsync.clock import Pacing
from shipsync.reverse.orders import cancel_kind, fulfillment_kind, shipment_kind, void_kind
from shipsync.reverse.outbox.redaction import Recorded
from shipsync.reverse.outbox.store import JsonObject
from shipsync.reverse.outbox.write import A, Write, WriteKind


class OrderWrites(WriteKind[A], Protocol[A]):
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
    void_kind.KIND: OrderKind(
        void_kind.LabelVoiding,
        lambda key, subject, request, recorded: void_kind.voiding(
            subject, str(request["label_id"]), str(request["shipment_id"])
        ),
    ),
    cancel_kind.KIND: OrderKind(
        cancel_kind.ShipmentCancelling,
        lambda key, subject, request, recorded: cancel_kind.cancellation(
            key, subject, str(request["shipment_id"])
        ),
    ),
    shipment_kind.KIND: OrderKind(
        shipment_kind.ShipmentCreation,
        lambda key, subject, request, recorded: shipment_kind.creation(subject, request, recorded),
    ),
    fulfillment_kind.KIND: OrderKind(
        fulfillment_kind.FulfillmentCreation,
        lambda key, subject, request, recorded: fulfillment_kind.fulfilling(key, subject, request),
    ),
}
