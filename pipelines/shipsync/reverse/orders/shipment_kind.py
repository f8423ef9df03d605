"""Creating shipments as a kind of write: ``POST /v2/shipments``, one shipment to a call.

``external_shipment_id`` is unique in an account (FACTS, Shipments), and every shipment is sent with one.
So a lost answer is settled by looking it up, and sending again after that cannot make a second one:
should the first have got through after all, the account refuses the second, and that refusal is settled
by looking it up too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING

from shipsync.api.endpoints import CREATE_SHIPMENTS
from shipsync.reverse.orders.live import CANCELLED
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

KIND = "create_shipment"
"""The name of these writes in the outbox; the key of one is its ``external_shipment_id``."""

ShipmentBody = Mapping[str, object]


def creation(subject: str, body: ShipmentBody, recorded: Recorded) -> Write[ShipmentBody]:
    """The write that creates a shipment; ``recorded`` says how the outbox keeps its body."""
    external_id = str(body["external_shipment_id"])
    return Write(
        key=external_id,
        subject=subject,
        places=(f"shipment {external_id}",),
        request=body,
        may_be_repeated=True,
        action=body,
        kept=recorded(body),
    )


class ShipmentCreation(OrderWrites[ShipmentBody]):
    """New shipments through one session; a ``WriteKind``. Safe to share between threads."""

    name = KIND

    def look(self, write: Write[ShipmentBody]) -> Look:
        """See whether a shipment has the id already."""
        found = self._live.shipment_by_external_id(write.key)
        misfit = None
        if found is not None:
            misfit = (
                f"The account has a shipment with the external_shipment_id {write.key} already: "
                f"{found.get('shipment_id')} ({found.get('shipment_status')}). Nothing was sent."
            )
        return Look(self._reading(found), misfit)

    def send(
        self, write: Write[ShipmentBody], before: JsonObject, on_new_reading: OnNewReading
    ) -> Sent:
        """Send it once; raises what ``Session.write`` raises, also for a row that is refused."""
        body = {"shipments": [write.action]}
        answer = self._session.write(
            CREATE_SHIPMENTS.method, CREATE_SHIPMENTS.path, body, stream=STREAM
        )
        return self._judged(write, answer, only_row(answer, "shipments", write.subject))

    def settle(self, request: JsonObject, before: JsonObject, *, waits: bool = True) -> Settlement:
        """Look the shipment up after a lost answer; twice, some time apart, before it counts as missing."""
        external_id = str(request["external_shipment_id"])
        found = read_twice(
            lambda: self._live.shipment_by_external_id(external_id, thoroughly=True),
            self._pacing,
            self._wait(waits),
        )
        if found is not None:
            return Settlement(
                made(
                    f"The answer was lost; the shipment is there as {found.get('shipment_id')}, and was "
                    "not before."
                ),
                self._reading(found),
            )
        return Settlement(
            Finding(
                Verdict.NOT_MADE,
                "The answer was lost; no shipment with this external_shipment_id was found, looked for "
                "twice. Run the command again to send it again.",
            ),
            self._reading(None),
            may_be_sent_again=True,
        )

    def _drift(self, write: Write[ShipmentBody]) -> tuple[str, str] | None:
        found = self._live.shipment_by_external_id(write.key, thoroughly=True)
        sent = _units(write.action)
        if found is None:
            return _told(sent), "no shipment with this external_shipment_id any more"
        if found.get("shipment_status") == CANCELLED:
            return _told(sent), f"{found.get('shipment_id')} is cancelled"
        shown = _units(found)
        return None if sent == shown else (_told(sent), _told(shown))

    def _judged(self, write: Write[ShipmentBody], answer: Answer, row: JsonObject) -> Sent:
        said, shipment_id = messages(row, self._session.words), row.get("shipment_id")
        if said and shipment_id:
            raise unclear(answer, write.subject, f"a shipment_id and an error ({said[0]})")
        if said:
            raise rejected(answer, said)
        if not shipment_id or row.get("external_shipment_id") != write.key:
            raise unclear(answer, write.subject, "a row that is not the shipment sent")
        return Sent(answer, f"Created as {shipment_id}.", {"shipment_id": shipment_id})

    def _reading(self, found: Item | None) -> JsonObject:
        names = ("shipment_id", "shipment_status", "created_at")
        return self._read_now(shipment=found and {name: found.get(name) for name in names})


def _units(shipment: Mapping[str, object]) -> Counter[str]:
    """Units by SKU, of the items that have one."""
    items = shipment.get("items")
    units: Counter[str] = Counter()
    for item in items if isinstance(items, list) else ():
        if item.get("sku"):
            units[str(item["sku"])] += int(item.get("quantity") or 0)
    return units


def _told(units: Counter[str]) -> str:
    return ", ".join(f"{count} {sku}" for sku, count in sorted(units.items())) or "no items"


def _write(row: PlanRow, recorded: Recorded) -> Write[ShipmentBody]:
    return creation(row.subject or "", row.request or {}, recorded)


CREATE_SHIPMENT = Kind(
    name=KIND,
    family="shipments",
    open=lambda means, plan: ShipmentCreation(means),
    write=_write,
    columns=lambda request: {"shipment": request.get("external_shipment_id")},
)
