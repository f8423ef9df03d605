"""Fulfillments by somebody outside: made, some ahead of their day, told to the shop, voided, arrived."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from shipsync.emulator.bodies.fulfillment import fulfillment_body
from shipsync.emulator.simulation.actions import Action
from shipsync.emulator.simulation.stock import StockSimulation
from shipsync.emulator.simulation.world import Body, World, between
from shipsync.emulator.timestamps import to_text
from shipsync.emulator.wallclock import DAY, HOUR, MINUTE, business_day, day_of, opening


class FulfillmentSimulation:
    """Marks shipments as sent without a label, and what follows from it."""

    def __init__(self, world: World, stock: StockSimulation) -> None:
        self._world = world
        self._account = world.account
        self._stock = stock

    def fulfil(self, shipment_ids: Sequence[str], rng: random.Random) -> None:
        """Fulfil those shipments that still wait; every other one with a ship date to come."""
        days_ahead = between(rng, 1, 5) if rng.random() < 0.5 else 0
        for shipment_id in shipment_ids:
            body = self._world.waiting(shipment_id)
            if body:
                self._make(body, rng, days_ahead)

    def wait_for_arrival(self, fulfillment: Body, rng: random.Random) -> None:
        """Let a fulfillment that is not voided arrive some days after its ship date."""
        due = opening(day_of(fulfillment["ship_date"])) + between(rng, 44, 130) * HOUR
        self._world.at(due, lambda: self._arrive(fulfillment["fulfillment_id"]))

    def _make(self, shipment: Body, rng: random.Random, days_ahead: int) -> None:
        now = self._world.now()
        ship_date = business_day(now) + timedelta(days=days_ahead)
        body = fulfillment_body(
            self._account.numbers,
            rng,
            shipment,
            created_at=now,
            ship_date=ship_date,
        )
        action = Action.FULFILLED_IN_ADVANCE if days_ahead else Action.FULFILLED_OUTSIDE
        self._account.parcels.put_fulfillment(body, cause=action)
        self._stock.release(shipment["items"])
        status = self._account.options.status_after_fulfillment
        if shipment["shipment_status"] not in (status, "on_hold"):
            self._account.orders.change(
                shipment["shipment_id"], cause=action, shipment_status=status
            )
        fulfillment_id = body["fulfillment_id"]
        self._world.after(
            between(rng, 1, 40) * MINUTE, lambda: self._notify(fulfillment_id, rng.random())
        )
        if rng.random() < 0.3:
            self._plan_void(body, rng, days_ahead)
        else:
            self.wait_for_arrival(body, rng)

    def _plan_void(self, fulfillment: Body, rng: random.Random, days_ahead: int) -> None:
        its_day = opening(day_of(fulfillment["ship_date"]))
        early = days_ahead > 0 and rng.random() < 0.6
        late = its_day + DAY + between(rng, 2, 30) * HOUR
        due = self._world.now() + between(rng, 1, 9) * HOUR if early else late
        self._world.at(due, lambda: self._ask_for_void(fulfillment["fulfillment_id"], rng))

    def _notify(self, fulfillment_id: str, chance: float) -> None:
        if chance < 0.88:
            self._change(fulfillment_id, Action.SOURCE_NOTIFIED, order_source_notified=True)
        else:
            message = "The order source did not accept the tracking number."
            self._change(fulfillment_id, Action.SOURCE_REFUSED, notification_error_message=message)

    def _ask_for_void(self, fulfillment_id: str, rng: random.Random) -> None:
        self._change(fulfillment_id, Action.VOID_ASKED_FOR, void_requested=True)
        self._world.after(between(rng, 2, 50) * MINUTE, lambda: self._void(fulfillment_id))

    def _void(self, fulfillment_id: str) -> None:
        now = self._world.now()
        body = self._account.entity("fulfillments", fulfillment_id)
        early = now < opening(day_of(body["ship_date"]))
        action = Action.VOIDED_BEFORE_ITS_DAY if early else Action.VOIDED_AFTER_ITS_DAY
        self._change(fulfillment_id, action, voided=True, voided_at=to_text(now))
        shipment = self._account.find("shipments", body["shipment_id"])
        if shipment is not None:
            self._stock.claim(shipment["items"])

    def _arrive(self, fulfillment_id: str) -> None:
        body = self._account.entity("fulfillments", fulfillment_id)
        if not body["voided"] and body["delivered_at"] is None:
            delivered_at = to_text(self._world.now())
            self._change(fulfillment_id, Action.ARRIVED_OUTSIDE, delivered_at=delivered_at)

    def _change(self, fulfillment_id: str, action: Action, **changes: Any) -> None:
        self._account.parcels.change_fulfillment(fulfillment_id, cause=action, **changes)
