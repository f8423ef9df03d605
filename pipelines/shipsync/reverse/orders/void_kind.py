"""Voiding labels as a kind of write: ``PUT /v2/labels/{id}/void``.

A refusal is an answer with status 200, ``approved`` false and a ``reason_code`` (FACTS, Labels). A void
label stays void: the label itself settles a lost answer, and voiding it again does no harm.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shipsync.api.endpoints import void_label
from shipsync.api.vendor_words import VendorWords
from shipsync.reverse.orders.live import is_void
from shipsync.reverse.orders.order_writes import EndState, OrderWrites
from shipsync.reverse.outbox.answers import STREAM, rejected, unclear
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
    from shipsync.api.answer import Answer
    from shipsync.api.paging import Item

KIND = "void_label"
"""The name of these writes in the outbox; the key of one is its ``label_id``."""

_REASONS = {
    "label_already_used": "the carrier has had the parcel; a label that was used stays paid for",
    "label_already_voided": "it was voided before",
    "label_not_found_within_void_period": "the time in which it could be voided is over",
    "contact_carrier": "the carrier wants to be asked; call them",
    "validation_failed": "it cannot be voided as it stands; look at it in ShipStation",
}


@dataclass(frozen=True)
class Voiding:
    """A label to void; ``shipment_id`` is whose it is."""

    label_id: str
    shipment_id: str


def voiding(subject: str, label_id: str, shipment_id: str) -> Write[Voiding]:
    """The write that voids a label."""
    return Write(
        key=label_id,
        subject=subject,
        places=(f"label {label_id}",),
        request={"label_id": label_id, "shipment_id": shipment_id},
        may_be_repeated=True,
        action=Voiding(label_id, shipment_id),
    )


class LabelVoiding(OrderWrites[Voiding]):
    """Voids through one session; a ``WriteKind``. Safe to share between threads."""

    name = KIND

    def __init__(self, means: Means) -> None:
        super().__init__(means)
        self._end = EndState("label", "void", is_void, self._reading)

    def look(self, write: Write[Voiding]) -> Look:
        """Read the label."""
        label_id = write.action.label_id
        found = self._live.label(label_id)
        misfit = None
        if found is None:
            misfit = f"The account has no label {label_id} any more. Run `shipsync sync`."
        elif is_void(found):
            misfit = f"Label {label_id} was voided already, by somebody else. Nothing was sent."
        return Look(self._reading(found), misfit)

    def send(self, write: Write[Voiding], before: JsonObject, on_new_reading: OnNewReading) -> Sent:
        """Send it once; raises what ``Session.write`` raises, also when the void is not approved."""
        endpoint = void_label(write.action.label_id)
        answer = self._session.write(endpoint.method, endpoint.path, None, stream=STREAM)
        return self._judged(write, answer)

    def settle(self, request: JsonObject, before: JsonObject, *, waits: bool = True) -> Settlement:
        """Read the label after a lost answer; twice, some time apart, before it counts as not voided."""
        label_id = str(request["label_id"])
        return self._end.settle(lambda: self._live.label(label_id), self._pacing, self._wait(waits))

    def _drift(self, write: Write[Voiding]) -> tuple[str, str] | None:
        found = self._live.label(write.action.label_id)
        if found is None:
            return "void", "not there any more"
        return None if is_void(found) else ("void", "live")

    def _judged(self, write: Write[Voiding], answer: Answer) -> Sent:
        body = answer.body
        approved = body.get("approved") if isinstance(body, Mapping) else None
        if not isinstance(body, Mapping) or not isinstance(approved, bool):
            raise unclear(answer, write.subject, "no word on whether the void is approved")
        if not approved:
            raise rejected(answer, (_refusal(body, self._session.words),))
        return Sent(answer, _text(body.get("message"), self._session.words))

    def _reading(self, found: Item | None) -> JsonObject:
        return self._read_now(voided=None if found is None else is_void(found))


def _refusal(body: Mapping[str, object], words: VendorWords) -> str:
    code = words.code(str(body.get("reason_code") or "unknown"))
    message = _text(body.get("message"), words)
    why = _REASONS.get(code, "no reason is given")
    said = f' ShipStation says: "{message}"' if message else ""
    return f"The void was not approved ({code}): {why}.{said}"


def _text(value: object, words: VendorWords) -> str | None:
    return words.text(value) if isinstance(value, str) and value else None


def _write(row: PlanRow, recorded: Recorded) -> Write[Voiding]:
    request = row.request or {}
    return voiding(row.subject or "", str(request["label_id"]), str(request["shipment_id"]))


VOID_LABEL = Kind(
    name=KIND,
    family="shipments",
    open=lambda means, plan: LabelVoiding(means),
    write=_write,
    columns=lambda request: {
        "shipment": request.get("shipment_id"),
        "label": request.get("label_id"),
    },
)
