"""What people do to a shipment that waits for its label: edits, their reversals, and mere touches."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

from shipsync.emulator.bodies.shipment import hold_date, ounces
from shipsync.emulator.shop.carriers import CARRIERS, SERVICES
from shipsync.emulator.shop.catalogue import TAGS
from shipsync.emulator.shop.people import street
from shipsync.emulator.simulation.actions import Action
from shipsync.emulator.simulation.stock import StockSimulation
from shipsync.emulator.simulation.world import Body, World, between
from shipsync.emulator.wallclock import HOUR, MINUTE, SECOND, business_day, day_start

_NOTES = ("Customer rang, is in no hurry.", "Pack with the blue tissue.", "Check the glaze first.")


class EditSimulation:
    """Edits shipments. What no longer waits when its turn comes is left alone."""

    def __init__(self, world: World, stock: StockSimulation) -> None:
        self._world = world
        self._stock = stock

    def plan(self, shipment_id: str, rng: random.Random, within: int) -> None:
        """Put this shipment's edits on the agenda, in the given time from now."""
        edits: tuple[tuple[float, Callable[[str, random.Random], None]], ...] = (
            (0.14, self._add_tag),
            (0.07, self._change_quantity),
            (0.05, self._change_address),
            (0.07, self._write_note),
            (0.04, self._put_on_hold),
            (0.04, self._change_service),
            (0.09, self._touch),
        )
        for chance, edit in edits:
            if rng.random() < chance:
                delay = int(within * rng.uniform(0.1, 0.8))
                self._world.after(delay, partial(edit, shipment_id, rng))

    def plan_rule_run(self, shipment_id: str) -> None:
        """Let automation rules change an order that was just imported, four to five minutes later."""
        rng = self._world.rng("rules", shipment_id)
        if rng.random() < 0.85:
            delay = between(rng, 240_000, 300_000) * SECOND // 1000
            self._world.after(delay, partial(self._run_rules, shipment_id))

    def _run_rules(self, shipment_id: str) -> None:
        body = self._world.waiting(shipment_id)
        if body:
            note = f"Packed by rule {1 + len(body['items'])}"
            self._change(shipment_id, Action.RULES_RAN, internal_notes=note)

    def touch_in_bulk(self, shipment_ids: list[str]) -> None:
        """Give many waiting shipments one ``modified_at`` and change nothing else."""
        now = self._world.account.clock.now()
        for shipment_id in shipment_ids:
            if self._world.waiting(shipment_id):
                self._world.account.orders.change(shipment_id, at=now, cause=Action.TOUCHED_IN_BULK)

    def _change(self, shipment_id: str, action: Action, **changes: Any) -> None:
        self._world.account.orders.change(shipment_id, cause=action, **changes)

    def _touch(self, shipment_id: str, rng: random.Random) -> None:
        if self._world.waiting(shipment_id):
            self._change(shipment_id, Action.TOUCHED)

    def _add_tag(self, shipment_id: str, rng: random.Random) -> None:
        body = self._world.waiting(shipment_id)
        tag = {"name": rng.choice(TAGS)}
        if body and tag not in body["tags"]:
            self._change(shipment_id, Action.TAG_ADDED, tags=[*body["tags"], tag])
            if rng.random() < 0.5:
                delay = between(rng, 15, 300) * MINUTE
                self._world.after(delay, lambda: self._take_tag_off(shipment_id, tag))

    def _take_tag_off(self, shipment_id: str, tag: Body) -> None:
        body = self._world.waiting(shipment_id)
        if body and tag in body["tags"]:
            tags = [other for other in body["tags"] if other != tag]
            self._change(shipment_id, Action.TAG_TAKEN_OFF, tags=tags)

    def _change_quantity(self, shipment_id: str, rng: random.Random) -> None:
        body = self._world.waiting(shipment_id)
        if body and body["items"]:
            before = body["items"][0]["quantity"]
            self._set_quantity(body, before + 1, Action.QUANTITY_CHANGED)
            if rng.random() < 0.5:
                delay = between(rng, 5, 90) * MINUTE
                self._world.after(delay, lambda: self._restore_quantity(shipment_id, before))

    def _restore_quantity(self, shipment_id: str, before: int) -> None:
        body = self._world.waiting(shipment_id)
        if body and body["items"]:
            self._set_quantity(body, before, Action.QUANTITY_CHANGED_BACK)

    def _set_quantity(self, body: Body, quantity: int, action: Action) -> None:
        item, *others = body["items"]
        difference = quantity - item["quantity"]
        weight = round(body["total_weight"]["value"] + difference * item["weight"]["value"], 2)
        box, *boxes = body["packages"]
        box_weight = round(box["weight"]["value"] + difference * item["weight"]["value"], 2)
        self._stock.claim([{**item, "quantity": difference}])
        self._change(
            body["shipment_id"],
            action,
            items=[{**item, "quantity": quantity}, *others],
            packages=[{**box, "weight": ounces(box_weight)}, *boxes],
            total_weight=ounces(weight),
        )

    def _change_address(self, shipment_id: str, rng: random.Random) -> None:
        body = self._world.waiting(shipment_id)
        if body:
            address = {**body["ship_to"], "address_line1": street(rng)}
            self._change(shipment_id, Action.ADDRESS_CHANGED, ship_to=address)

    def _write_note(self, shipment_id: str, rng: random.Random) -> None:
        if self._world.waiting(shipment_id):
            note = rng.choice(_NOTES)
            self._change(shipment_id, Action.NOTE_WRITTEN, internal_notes=note)
            if rng.random() < 0.4:
                delay = between(rng, 10, 120) * MINUTE
                self._world.after(delay, lambda: self._wipe_note(shipment_id))

    def _wipe_note(self, shipment_id: str) -> None:
        body = self._world.waiting(shipment_id)
        if body and body["internal_notes"]:
            self._change(shipment_id, Action.NOTE_WIPED, internal_notes=None)

    def _put_on_hold(self, shipment_id: str, rng: random.Random) -> None:
        body = self._world.waiting(shipment_id)
        if body and body["hold_until_date"] is None:
            until = business_day(self._world.now()) + timedelta(days=between(rng, 1, 4))
            number, options = str(body["shipment_number"] or "1"), self._world.account.options
            changes: Body = {"hold_until_date": hold_date(until, number, options)}
            if options.sparse_shipments:
                changes["ship_date"] = None
            self._change(shipment_id, Action.PUT_ON_HOLD, **changes)
            delay = between(rng, 1, 20) * HOUR
            self._world.after(delay, lambda: self.lift_hold(shipment_id))

    def lift_hold(self, shipment_id: str) -> None:
        """Take a waiting shipment off hold, if it is on hold."""
        body = self._world.waiting(shipment_id)
        if body and body["hold_until_date"] is not None:
            changes: Body = {"hold_until_date": None}
            if body["ship_date"] is None:
                changes["ship_date"] = day_start(business_day(self._world.now()))
            self._change(shipment_id, Action.HOLD_LIFTED, **changes)

    def _change_service(self, shipment_id: str, rng: random.Random) -> None:
        body = self._world.waiting(shipment_id)
        if body and body["service_code"] in SERVICES:
            _, now_chosen = SERVICES[body["service_code"]]
            others = [
                (carrier.carrier_id, service.code)
                for carrier in CARRIERS
                for service in carrier.services
                if service.international is now_chosen.international and service != now_chosen
            ]
            carrier_id, code = rng.choice(others)
            self._change(
                shipment_id, Action.SERVICE_CHANGED, carrier_id=carrier_id, service_code=code
            )
