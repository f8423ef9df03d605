"""Cancelling shipments as a kind of write: ``PUT /v2/shipments/{id}/cancel``.

The account refuses it while a label of the shipment is live, with a code that is not established
(FACTS, Shipments), so the labels are looked at before and after a refusal. A cancelled shipment stays
cancelled: what its status says settles a lost answer, and cancelling again does no harm.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shipsync.api.endpoints import cancel_shipment
from shipsync.errors import RequestRejected, ShipsyncError
from shipsync.reverse.orders.live import CANCELLED, PENDING
from shipsync.reverse.orders.order_writes import EndState, OrderWrites
from shipsync.reverse.outbox.answers import STREAM, check_plain
from shipsync.reverse.outbox.redaction import Recorded
from shipsync.reverse.outbox.store import JsonObject
from shipsync.reverse.outbox.write import (
    Look,
    OnNewReading,
    Sent,
    Settlement,
    Write,
)
from shipsync.reverse.plan.kind import Kind, Means
from shipsync.reverse.plan.row import PlanRow

if TYPE_CHECKING:
    from shipsync.api.paging import Item

KIND = "cancel_shipment"
"""The name of these writes in the outbox."""


@dataclass(frozen=True)
class Cancellation:
    """A shipment to cancel."""

    shipment_id: str


def cancellation(key: str, subject: str, shipment_id: str) -> Write[Cancellation]:
    """The write that cancels a shipment."""
    return Write(
        key=key,
        subject=subject,
        places=(f"shipment {shipment_id}",),
        request={"shipment_id": shipment_id},
        may_be_repeated=True,
        action=Cancellation(shipment_id),
    )


class ShipmentCancelling(OrderWrites[Cancellation]):
    """Cancellations through one session; a ``WriteKind``. Safe to share between threads."""

    name = KIND

    def __init__(self, means: Means) -> None:
        super().__init__(means)
        self._end = EndState("shipment", "cancelled", _is_cancelled, self._reading)

    def look(self, write: Write[Cancellation]) -> Look:
        """Read the shipment, its fulfillments and, unless it is waiting for a label, its live labels."""
        shipment_id = write.action.shipment_id
        found = self._live.shipment(shipment_id)
        status = None if found is None else found.get("shipment_status")
        labels: list[Item] = []
        if status not in (None, CANCELLED, PENDING):
            labels = self._live.live_labels(shipment_id)
        misfit = _misfit(shipment_id, status, labels)
        if misfit is None and (shipped := self._live.fulfillments(shipment_id)):
            misfit = (
                f"Shipment {shipment_id} was marked as shipped, with tracking number "
                f"{shipped[0].get('tracking_number')}. Nothing was sent."
            )
        return Look(self._reading(found), misfit)

    def send(
        self, write: Write[Cancellation], before: JsonObject, on_new_reading: OnNewReading
    ) -> Sent:
        """Send it once; raises what ``Session.write`` raises."""
        shipment_id = write.action.shipment_id
        endpoint = cancel_shipment(shipment_id)
        try:
            answer = self._session.write(endpoint.method, endpoint.path, None, stream=STREAM)
        except RequestRejected as refusal:
            labels = self._labels_in_the_way(shipment_id)
            if not labels:
                raise
            raise RequestRejected(
                str(refusal),
                status=refusal.status,
                codes=refusal.codes,
                messages=(*refusal.messages, void_first(shipment_id, labels)),
                request_id=refusal.request_id,
            ) from None
        check_plain(answer, write.subject)
        return Sent(answer)

    def settle(self, request: JsonObject, before: JsonObject, *, waits: bool = True) -> Settlement:
        """Read the status after a lost answer; twice, some time apart, before it counts as not cancelled."""
        shipment_id = str(request["shipment_id"])
        return self._end.settle(
            lambda: self._live.shipment(shipment_id), self._pacing, self._wait(waits)
        )

    def _drift(self, write: Write[Cancellation]) -> tuple[str, str] | None:
        found = self._live.shipment(write.action.shipment_id)
        status = None if found is None else str(found.get("shipment_status"))
        return None if status == CANCELLED else (CANCELLED, status or "not there any more")

    def _labels_in_the_way(self, shipment_id: str) -> list[Item]:
        """What may explain a refusal, as far as it can be read: the refusal stands without it."""
        try:
            return self._live.live_labels(shipment_id)
        except ShipsyncError:
            return []

    def _reading(self, found: Item | None) -> JsonObject:
        return self._read_now(shipment_status=found and found.get("shipment_status"))


def _is_cancelled(shipment: Item) -> bool:
    return shipment.get("shipment_status") == CANCELLED


def void_first(shipment_id: str, labels: list[Item]) -> str:
    """What to do about labels that stand in the way."""
    named = ", ".join(
        f"{label.get('label_id')} (tracking number {label.get('tracking_number')})"
        for label in labels
    )
    return (
        f"Shipment {shipment_id} has a live label: {named}. Void it first, in ShipStation or with "
        "--void-labels."
    )


def _misfit(shipment_id: str, status: object, labels: list[Item]) -> str | None:
    if status is None:
        return f"The account has no shipment {shipment_id} any more. Run `shipsync sync`."
    if status == CANCELLED:
        return f"Shipment {shipment_id} was cancelled already, by somebody else. Nothing was sent."
    return void_first(shipment_id, labels) if labels else None


def _write(row: PlanRow, recorded: Recorded) -> Write[Cancellation]:
    request = row.request or {}
    return cancellation(row.key or "", row.subject or "", str(request["shipment_id"]))


CANCEL_SHIPMENT = Kind(
    name=KIND,
    family="shipments",
    open=lambda means, plan: ShipmentCancelling(means),
    write=_write,
    columns=lambda request: {"shipment": request.get("shipment_id")},
)
