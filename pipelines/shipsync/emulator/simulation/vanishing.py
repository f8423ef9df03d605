"""Orders that go away: merged into another one, or deleted; it shows up to 15 minutes later.

Neither tells anybody: no webhook, no status, no ``modified_at``. Only the order that takes up the
items of a merged one changes visibly.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from functools import partial

from shipsync.emulator.bodies.shipment import money, ounces
from shipsync.emulator.simulation.actions import Action
from shipsync.emulator.simulation.stock import StockSimulation
from shipsync.emulator.simulation.world import Body, World, between
from shipsync.emulator.timestamps import to_moment
from shipsync.emulator.wallclock import HOUR, MINUTE, SECOND

_A_DAY = 2
"""Merges and deletions a day, where they happen at all."""

_MONEY = ("amount_paid", "shipping_paid", "tax_paid")

Recent = Callable[[], Sequence[str]]
"""Gives the ids of shipments that were made lately, oldest first."""


class VanishingSimulation:
    """Merges and deletes orders, as far as the account's options have it."""

    def __init__(self, world: World, stock: StockSimulation, recent: Recent) -> None:
        self._world = world
        self._account = world.account
        self._stock = stock
        self._recent = recent

    def plan_day(self, day: int) -> None:
        """Put a day's merges and deletions (day counted from 1970) on the agenda."""
        options, rng = self._account.options, self._world.rng("vanishing", day)
        for _ in range(_A_DAY):
            if options.merges:
                self._world.after(between(rng, 6, 20) * HOUR, partial(self._merge, rng))
            if options.deletions:
                self._world.after(between(rng, 6, 20) * HOUR, partial(self._delete, rng))
        if options.deletions and day % 3 == 0:
            self._world.after(between(rng, 6, 20) * HOUR, partial(self._delete_sent, rng))

    def _merge(self, rng: random.Random) -> None:
        waiting = [body for body in self._waiting() if body["hold_until_date"] is None]
        if len(waiting) < 2:
            return
        survivor, merged = rng.sample(waiting, 2)
        visible_at = self._visible_at(rng)
        self._account.orders.merge(
            merged["shipment_id"],
            survivor["shipment_id"],
            visible_at=to_moment(visible_at),
            cause=Action.MERGED,
            **_together(survivor, merged),
        )

    def _delete(self, rng: random.Random) -> None:
        waiting = self._waiting()
        if waiting:
            body = rng.choice(waiting)
            self._stock.release(body["items"])
            self._take_away(body["shipment_id"], rng)

    def _delete_sent(self, rng: random.Random) -> None:
        sent = [
            shipment_id
            for shipment_id in self._recent()
            if (body := self._account.find("shipments", shipment_id))
            and body["shipment_status"] == "label_purchased"
            and shipment_id not in self._account.orders.vanished
        ]
        if sent:
            self._take_away(rng.choice(sent), rng)

    def _take_away(self, shipment_id: str, rng: random.Random) -> None:
        visible_at = to_moment(self._visible_at(rng))
        self._account.orders.delete(shipment_id, visible_at=visible_at, cause=Action.DELETED)

    def _waiting(self) -> list[Body]:
        bodies = (self._world.waiting(shipment_id) for shipment_id in self._recent())
        return [body for body in bodies if body]

    def _visible_at(self, rng: random.Random) -> int:
        """When it shows; the agenda sees to it, whether somebody asks the account then or not."""
        at = self._world.now() + between(rng, 0, 15 * MINUTE // SECOND) * SECOND
        self._world.at(at, self._account.orders.settle)
        return at


def _together(survivor: Body, merged: Body) -> Body:
    """What the one that takes up another's items becomes."""
    box, *boxes = survivor["packages"]
    added = merged["total_weight"]["value"]
    return {
        "items": [*survivor["items"], *merged["items"]],
        "packages": [{**box, "weight": ounces(round(box["weight"]["value"] + added, 2))}, *boxes],
        "total_weight": ounces(round(survivor["total_weight"]["value"] + added, 2)),
        **{
            name: money(round(survivor[name]["amount"] + merged[name]["amount"], 2))
            for name in _MONEY
        },
    }
