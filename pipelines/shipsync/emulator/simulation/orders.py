"""Orders as they come in, and which way each goes: label, outside fulfillment, cancelled, forgotten."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from shipsync.emulator.bodies.shipment import shipment_body
from shipsync.emulator.shop.people import Recipient, recipient
from shipsync.emulator.shop.purchases import Purchase, purchase
from shipsync.emulator.simulation.actions import Action
from shipsync.emulator.simulation.edits import EditSimulation
from shipsync.emulator.simulation.fulfillments import FulfillmentSimulation
from shipsync.emulator.simulation.labels import LabelSimulation
from shipsync.emulator.simulation.stock import StockSimulation
from shipsync.emulator.simulation.world import Body, World, between
from shipsync.emulator.timestamps import to_moment
from shipsync.emulator.wallclock import DAY, HOUR, MINUTE, business_day

_REGULARS = 400
_PART_AFTER = 127_000
"""Microseconds between the creation of two shipments of a split order, as captured."""


class OrderSimulation:
    """Lets orders come in and decides what becomes of each."""

    def __init__(
        self,
        world: World,
        stock: StockSimulation,
        labels: LabelSimulation,
        fulfillments: FulfillmentSimulation,
    ) -> None:
        self._world = world
        self._stock = stock
        self._labels = labels
        self._fulfillments = fulfillments
        self.editor = EditSimulation(world, stock)
        rng = world.rng("regulars")
        self._regulars = [recipient(rng) for _ in range(_REGULARS)]

    def take_order(self, number: int) -> list[str]:
        """Let an order come in now, put what becomes of it on the agenda; returns shipment ids."""
        rng = self._world.rng("order", number)
        order = purchase(rng, number, self._buyer(rng), self._world.products)
        in_parts = len(order.lines) > 1 and rng.random() < 0.25
        hold_days = between(rng, 1, 5) if rng.random() < 0.05 else 0
        bodies = self._bodies(order, in_parts=in_parts, hold_days=hold_days)
        self._enter(bodies, _action(in_parts=in_parts, on_hold=hold_days > 0))
        shipment_ids = [body["shipment_id"] for body in bodies]
        self.settle(shipment_ids, rng, hold_days * DAY)
        return shipment_ids

    def settle(self, shipment_ids: list[str], rng: random.Random, hold: int = 0) -> None:
        """Decide what becomes of an order's shipments, which are on hold for so long, if at all."""
        wait = hold + between(rng, 40, 32 * 60) * MINUTE
        for shipment_id in shipment_ids:
            self.editor.plan(shipment_id, rng, wait)
            if hold:
                self._world.after(hold, partial(self.editor.lift_hold, shipment_id))
        chance = rng.random()
        if chance < 0.03:
            self._world.after(wait, lambda: self._cancel(shipment_ids))
        elif chance < 0.09:
            self._world.after(wait, lambda: self._fulfillments.fulfil(shipment_ids, rng))
        elif chance < 0.985:
            self._world.after(wait, lambda: self._labels.buy_labels(shipment_ids, rng))

    def _buyer(self, rng: random.Random) -> Recipient:
        return rng.choice(self._regulars) if rng.random() < 0.3 else recipient(rng)

    def _bodies(self, order: Purchase, *, in_parts: bool, hold_days: int) -> list[Body]:
        now = self._world.now()
        shares = [order.lines[:1], order.lines[1:]] if in_parts else [order.lines]
        hold_until = business_day(now) + timedelta(days=hold_days) if hold_days else None
        return [
            shipment_body(
                self._world.account.numbers,
                order,
                created_at=now - (len(shares) - 1 - position) * _PART_AFTER,
                modified_at=now,
                lines=lines,
                carries_money=position == 0,
                hold_until=hold_until,
            )
            for position, lines in enumerate(shares)
        ]

    def _enter(self, bodies: Sequence[Body], action: Action) -> None:
        account = self._world.account
        batch = str(account.numbers.new_uuid())
        paid_at = to_moment(self._world.now() - HOUR // 4)
        for body in bodies:
            account.orders.put(body, import_batch_id=batch, paid_at=paid_at, cause=action)
            self._stock.claim(body["items"])
            if account.options.rule_runs:
                self.editor.plan_rule_run(body["shipment_id"])

    def _cancel(self, shipment_ids: Sequence[str]) -> None:
        for shipment_id in shipment_ids:
            body = self._world.waiting(shipment_id)
            if body:
                self._world.account.orders.cancel(shipment_id, cause=Action.CANCELLED)
                self._stock.release(body["items"])


def _action(*, in_parts: bool, on_hold: bool) -> Action:
    if on_hold:
        return Action.ORDER_CAME_ON_HOLD
    return Action.ORDER_CAME_IN_PARTS if in_parts else Action.ORDER_CAME
