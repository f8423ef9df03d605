"""Fulfilling shipments as a kind of write: ``POST /v2/fulfillments``, one shipment to a call.

It marks a shipment as shipped without a label of ShipStation's. No id comes back, nothing says that a
second one would be refused (FACTS, Fulfillments), so it is never sent twice: a lost answer is settled by
the shipment's fulfillments, among which ours is known by its tracking number.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shipsync.api.endpoints import CREATE_FULFILLMENTS
from shipsync.errors import OutcomeUnknown, RequestRejected, ShipsyncError
from shipsync.reverse.orders.live import CANCELLED, PENDING
from shipsync.reverse.orders.order_writes import OrderWrites, read_twice
from shipsync.reverse.outbox.answers import STREAM, messages, only_row, rejected, unclear
from shipsync.reverse.outbox.finding import Finding, Verdict, made
from shipsync.reverse.outbox.redaction import Recorded
from shipsync.reverse.outbox.store import JsonObject
from shipsync.reverse.outbox.write import (
    Look,
    OnNewReading,
    Sent,
    Settlement,
    Write,
)
from shipsync.reverse.plan.kind import Kind
from shipsync.reverse.plan.row import PlanRow

if TYPE_CHECKING:
    from shipsync.api.answer import Answer
    from shipsync.api.paging import Item

KIND = "create_fulfillment"
"""The name of these writes in the outbox."""


@dataclass(frozen=True)
class Fulfilling:
    """A shipment that was shipped under a tracking number; ``body`` is the row as it is sent."""

    shipment_id: str
    tracking_number: str
    body: Mapping[str, object]


def fulfilling(key: str, subject: str, body: Mapping[str, object]) -> Write[Fulfilling]:
    """The write that fulfills a shipment; ``body`` is the row as it is sent."""
    shipment_id, number = str(body["shipment_id"]), str(body["tracking_number"])
    return Write(
        key=key,
        subject=subject,
        places=(f"shipment {shipment_id}",),
        request=body,
        may_be_repeated=False,
        action=Fulfilling(shipment_id, number, body),
    )


class FulfillmentCreation(OrderWrites[Fulfilling]):
    """New fulfillments through one session; a ``WriteKind``. Safe to share between threads."""

    name = KIND

    def look(self, write: Write[Fulfilling]) -> Look:
        """Read the shipment, its fulfillments and, unless it is waiting for a label, its live labels."""
        shipment_id = write.action.shipment_id
        shipment = self._live.shipment(shipment_id)
        found = self._live.fulfillments(shipment_id)
        status = None if shipment is None else shipment.get("shipment_status")
        misfit = _misfit(shipment_id, status, found)
        if misfit is None and status != PENDING and (labels := self._live.live_labels(shipment_id)):
            misfit = (
                f"Shipment {shipment_id} has a live label by now, {labels[0].get('label_id')}, so it "
                "counts as shipped with that. Nothing was sent."
            )
        return Look(self._reading(found), misfit)

    def send(
        self, write: Write[Fulfilling], before: JsonObject, on_new_reading: OnNewReading
    ) -> Sent:
        """Send it once; raises what ``Session.write`` raises, also for a row that is refused."""
        action = write.action
        body = {"fulfillments": [action.body]}
        try:
            answer = self._session.write(
                CREATE_FULFILLMENTS.method, CREATE_FULFILLMENTS.path, body, stream=STREAM
            )
        except RequestRejected:
            if self._may_be_there(action):
                raise OutcomeUnknown("It was refused and may be there.", stream=STREAM) from None
            raise
        row = only_row(answer, "fulfillments", write.subject)
        said = messages(row, self._session.words)
        if said and (not _has_errors(answer) or self._may_be_there(action)):
            raise unclear(answer, write.subject, f"an error ({said[0]}), and it may be there")
        if said:
            raise rejected(answer, said)
        if row.get("shipment_id") != action.shipment_id:
            raise unclear(answer, write.subject, "a row that is not the shipment sent")
        return Sent(answer)

    def settle(self, request: JsonObject, before: JsonObject, *, waits: bool = True) -> Settlement:
        """Look for it after a lost answer; twice, some time apart, before it counts as not made."""
        shipment_id, number = str(request["shipment_id"]), str(request["tracking_number"])
        found = read_twice(lambda: self._ours(shipment_id, number), self._pacing, self._wait(waits))
        if found is not None:
            reason = (
                f"The answer was lost; the shipment is fulfilled with this tracking number "
                f"({found.get('fulfillment_id')}), and was not before."
            )
            return Settlement(made(reason), self._reading([found]))
        others = self._live.fulfillments(shipment_id)
        if others:
            # There was none before. A carrier's number may be kept in another form than it was sent in.
            numbers = ", ".join(str(item.get("tracking_number")) for item in others)
            reason = (
                f"The answer was lost, and the shipment is fulfilled by now, with tracking number {numbers}, "
                f"not {number}. Look at it in ShipStation and resolve the row by hand."
            )
            return Settlement(Finding(Verdict.UNDECIDED, reason), self._reading(others))
        reason = (
            "The answer was lost; the shipment has no fulfillment with this tracking number, looked for "
            "twice. Run the command again to send it again."
        )
        return Settlement(Finding(Verdict.NOT_MADE, reason), self._reading([]))

    def _drift(self, write: Write[Fulfilling]) -> tuple[str, str] | None:
        action = write.action
        if self._ours(action.shipment_id, action.tracking_number) is not None:
            return None
        return (
            f"a fulfillment with {action.tracking_number}",
            "no fulfillment that has this number and is not void",
        )

    def _may_be_there(self, action: Fulfilling) -> bool:
        """Whether what was refused is there all the same, or nobody can tell."""
        try:
            return self._ours(action.shipment_id, action.tracking_number) is not None
        except ShipsyncError:
            return True

    def _ours(self, shipment_id: str, number: str) -> Item | None:
        wanted = same_number(number)
        found = self._live.fulfillments(shipment_id)
        return next((f for f in found if same_number(f.get("tracking_number")) == wanted), None)

    def _reading(self, found: list[Item]) -> JsonObject:
        names = ("fulfillment_id", "tracking_number", "created_at")
        return self._read_now(fulfillments=[{n: item.get(n) for n in names} for item in found])


def _has_errors(answer: Answer) -> bool:
    return isinstance(answer.body, Mapping) and bool(answer.body.get("has_errors"))


def _misfit(shipment_id: str, status: object, found: list[Item]) -> str | None:
    if found:
        numbers = ", ".join(str(item.get("tracking_number")) for item in found)
        return (
            f"Shipment {shipment_id} is fulfilled already, with tracking number {numbers}. Nothing was "
            "sent."
        )
    if status is None:
        return f"The account has no shipment {shipment_id} any more. Run `shipsync sync`."
    if status == CANCELLED:
        return f"Shipment {shipment_id} is cancelled by now. Nothing was sent."
    return None


def same_number(number: object) -> str:
    """A tracking number in the form in which two writings of it are equal."""
    return "".join(str(number or "").split()).casefold()


def _write(row: PlanRow, recorded: Recorded) -> Write[Fulfilling]:
    return fulfilling(row.key or "", row.subject or "", row.request or {})


CREATE_FULFILLMENT = Kind(
    name=KIND,
    family="fulfillments",
    open=lambda means, plan: FulfillmentCreation(means),
    write=_write,
    columns=lambda request: {
        "shipment": request.get("shipment_id"),
        "tracking_number": request.get("tracking_number"),
    },
)
