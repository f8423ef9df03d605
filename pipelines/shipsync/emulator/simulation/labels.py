"""Labels: bought, seen by their shipment a little later, voided, printed again; and their parcels.

::

    pending ──buy──▶ label completed ──1 to 4 s──▶ shipment label_purchased ──▶ scans over days
                         └──void──▶ label voided, shipment back ──▶ buy again | cancelled
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from shipsync.emulator.bodies.consignments import REPORT_LAG, Consignment, consign
from shipsync.emulator.bodies.label import auto_external_id, label_body
from shipsync.emulator.bodies.tracking import tracking_body
from shipsync.emulator.shop.carriers import BY_ID, SERVICES, USPS
from shipsync.emulator.shop.journeys import Scan, Sighting
from shipsync.emulator.simulation.actions import Action
from shipsync.emulator.simulation.stock import StockSimulation
from shipsync.emulator.simulation.world import Body, World, between
from shipsync.emulator.wallclock import DAY, MINUTE, SECOND

_PATIENCE = 5

_ACTIONS = {
    Scan.DELIVERED: Action.PARCEL_DELIVERED,
    Scan.DELAYED: Action.PARCEL_HELD_UP,
    Scan.ATTEMPTED: Action.PARCEL_HELD_UP,
    Scan.REFUSED: Action.PARCEL_HELD_UP,
    Scan.RETURNED: Action.PARCEL_RETURNED,
}


class LabelSimulation:
    """Buys labels for waiting shipments and follows their parcels."""

    def __init__(self, world: World, stock: StockSimulation) -> None:
        self._world = world
        self._account = world.account
        self._stock = stock

    def buy_labels(
        self,
        shipment_ids: Sequence[str],
        rng: random.Random,
        *,
        action: Action = Action.LABEL_BOUGHT,
        waited: int = 0,
    ) -> None:
        """Buy labels for those shipments of one order that still wait, in one batch.

        While one is on hold, or the shelves do not hold what is in them, everything waits for
        another day. After a few days what is not on hold goes out with what there is.
        """
        held = (self._world.waiting(shipment_id) for shipment_id in shipment_ids)
        waiting = [body for body in held if body]
        items = [item for body in waiting for item in body["items"]]
        on_hold = any(body["hold_until_date"] for body in waiting)
        if waited < _PATIENCE and (on_hold or not self._stock.suffices(items)):
            self._world.after(
                DAY, lambda: self.buy_labels(shipment_ids, rng, action=action, waited=waited + 1)
            )
            return
        external_id, batch_id = auto_external_id(rng), self._account.numbers.new_id("batches")
        for body in waiting:
            if body["hold_until_date"]:
                continue
            label = label_body(
                self._account.numbers,
                rng,
                body,
                service_code=_service_for(body, rng),
                created_at=self._world.now(),
                external_id=external_id,
                batch_id=batch_id,
            )
            self._issue(label, body, rng, action)

    def follow(self, label: Body) -> None:
        """Put the scans of a label's parcel that are still to come on the agenda."""
        shipment = self._account.find("shipments", label["shipment_id"]) or {}
        way = self._way(label, shipment.get("warehouse_id"))
        now = self._world.now()
        for sighting in way.sightings:
            if sighting.at + REPORT_LAG > now:
                self._schedule(label["label_id"], way, sighting)

    def _way(self, label: Body, warehouse_id: str | None) -> Consignment:
        account = self._account
        return consign(account.seed, label, warehouse_id, options=account.options)

    def _schedule(self, label_id: str, way: Consignment, sighting: Sighting) -> None:
        due = sighting.at + REPORT_LAG
        self._world.at(due, lambda: self._report(label_id, way, sighting))

    def _issue(self, label: Body, shipment: Body, rng: random.Random, action: Action) -> None:
        label_id = label["label_id"]
        self._account.parcels.put_label(label, warehouse_id=shipment["warehouse_id"], cause=action)
        way = self._way(label, shipment["warehouse_id"])
        self._account.parcels.put_tracking(label_id, tracking_body(way.parcel, ()), cause=action)
        self._stock.sell(shipment["items"])
        self._world.after(
            between(rng, 600, 4_000) * SECOND // 1000, lambda: self._let_shipment_see(label)
        )
        self.follow(label)
        if rng.random() < 0.05:
            self._world.after(between(rng, 20, 900) * MINUTE, lambda: self._void(label_id, rng))

    def _let_shipment_see(self, label: Body) -> None:
        shipment_id = label["shipment_id"]
        now = self._account.find("labels", label["label_id"])
        shipment = self._account.find("shipments", shipment_id)
        pending = shipment is not None and shipment["shipment_status"] in ("pending", "on_hold")
        if pending and now and not now["voided"]:
            self._account.orders.change(
                shipment_id,
                cause=Action.SHIPMENT_SAW_ITS_LABEL,
                shipment_status="label_purchased",
                carrier_id=label["carrier_id"],
                service_code=label["service_code"],
            )

    def _report(self, label_id: str, way: Consignment, sighting: Sighting) -> None:
        label = self._account.find("labels", label_id)
        if label is None or label["voided"]:
            return
        action = _ACTIONS.get(sighting.scan, Action.PARCEL_SCANNED)
        self._account.parcels.put_tracking(label_id, way.body(sighting.at), cause=action)
        if sighting.scan is Scan.DELIVERED:
            self._account.parcels.note_delivery(label_id, cause=action)
            if self._account.options.return_labels and _is_sent_back(label):
                self._world.after(2 * DAY, lambda: self._label_return(label))

    def _label_return(self, label: Body) -> None:
        """Make the label with which the buyer sends it back."""
        shipment = self._account.find("shipments", label["shipment_id"])
        if shipment is None:
            return
        rng = random.Random(f"{self._account.seed} return {label['label_id']}")
        back = label_body(
            self._account.numbers,
            rng,
            shipment,
            service_code=label["service_code"],
            created_at=self._world.now(),
            external_id=auto_external_id(rng),
            batch_id=self._account.numbers.new_id("batches"),
        )
        back |= {
            "is_return_label": True,
            "outbound_label_id": label["label_id"],
            "rma_number": f"RMA-{label['label_id'].removeprefix('se-')}",
        }
        self._account.parcels.put_label(
            back, warehouse_id=shipment["warehouse_id"], cause=Action.RETURN_LABELLED
        )
        self.follow(back)

    def _void(self, label_id: str, rng: random.Random) -> None:
        label = self._account.find("labels", label_id)
        if label is None or label["voided"] or self._has_moved(label_id):
            return
        self._account.orders.void_label(label_id, cause=Action.LABEL_VOIDED)
        shipment_id = label["shipment_id"]
        shipment = self._account.find("shipments", shipment_id)
        if shipment is None:
            return
        self._stock.give_back(shipment["items"])
        delay = between(rng, 3, 400) * MINUTE
        if rng.random() < 0.7:
            again = Action.LABEL_PRINTED_AGAIN
            self._world.after(delay, lambda: self.buy_labels([shipment_id], rng, action=again))
        else:
            self._world.after(delay, lambda: self._give_up(shipment_id))

    def _has_moved(self, label_id: str) -> bool:
        tracking = self._account.parcels.tracking_of(label_id)
        return tracking is not None and len(tracking["events"]) > 1

    def _give_up(self, shipment_id: str) -> None:
        shipment = self._account.find("shipments", shipment_id)
        if shipment and all(
            label["voided"] for label in self._account.parcels.labels_of(shipment_id)
        ):
            self._account.orders.cancel(shipment_id, cause=Action.CANCELLED)
            self._stock.release(shipment["items"])


def _is_sent_back(label: Body) -> bool:
    return not label["is_return_label"] and int(label["label_id"].removeprefix("se-")) % 9 == 0


def _service_for(shipment: Body, rng: random.Random) -> str:
    code = shipment["service_code"]
    if code in SERVICES and shipment["carrier_id"] in BY_ID:
        return str(code)
    abroad = shipment["ship_to"]["country_code"] != "US"
    fitting = [service.code for service in USPS.services if service.international is abroad]
    return rng.choice(fitting)
