"""What goes on happening in an account: orders, edits, labels, parcels, stock; any day replays.

::

    Simulation.run ─▶ agenda, in the order of time ─▶ each action moves the clock, changes the account
      every Pacific midnight: plan the day ─▶ orders come ─▶ edits ─▶ label ─▶ scans for days
                                                                  ├─▶ void ─▶ printed again
                                                                  ├─▶ fulfilled outside
                                                                  ├─▶ cancelled, or forgotten
                                                                  └─▶ merged, or deleted (options)
"""

from __future__ import annotations

from datetime import date, timedelta

import pendulum

from shipsync.emulator.account.account import Account
from shipsync.emulator.account.collection import TimeWindow
from shipsync.emulator.account.journal import Kind
from shipsync.emulator.simulation.actions import Action
from shipsync.emulator.simulation.fulfillments import FulfillmentSimulation
from shipsync.emulator.simulation.labels import LabelSimulation
from shipsync.emulator.simulation.master_data import MasterDataSimulation
from shipsync.emulator.simulation.orders import OrderSimulation
from shipsync.emulator.simulation.provisioning import provision
from shipsync.emulator.simulation.stock import StockSimulation
from shipsync.emulator.simulation.vanishing import VanishingSimulation
from shipsync.emulator.simulation.world import World
from shipsync.emulator.timestamps import of_moment
from shipsync.emulator.wallclock import DAY, HOUR, business_day, day_of, opening

_STILL_TRAVELLING = 25 * DAY
_STILL_WAITING = 12 * DAY
_BULK = 200
"""Most shipments that are touched in one go."""

_BUSY_HOURS = (8 * HOUR, 10 * HOUR)
"""When, after midnight, most orders come, and for how long; a few come at any time."""


class Simulation:
    """What happens to an account as its clock moves on.

    Every journal entry that it makes carries an ``Action`` as its cause. The same account (its seed
    and what was done to it), the same ``seed`` (the account's own when None), ``orders_per_day`` and
    instants give the same journal; requests answered in between change nothing else than what they
    change. An account without carriers is provisioned first. Shipments that wait and parcels on their
    way when it starts are carried on with; so are, from the next midnight, shipments that came
    through the API.
    """

    def __init__(
        self, account: Account, *, seed: int | None = None, orders_per_day: float = 40
    ) -> None:
        if not account.master_data.items("carriers"):
            provision(account)
        self._account = account
        self._per_day = orders_per_day
        self._world = World(account, account.seed if seed is None else seed)
        stock = StockSimulation(self._world)
        self._stock = stock
        self._labels = LabelSimulation(self._world, stock)
        self._fulfillments = FulfillmentSimulation(self._world, stock)
        self._orders = OrderSimulation(self._world, stock, self._labels, self._fulfillments)
        self._master_data = MasterDataSimulation(self._world)
        self._vanishing = VanishingSimulation(
            self._world, stock, lambda: self._recent("shipments", _STILL_WAITING)
        )
        self._number = len(account.ids("shipments"))
        self._known: set[str] = set()
        self._adopt_shipments()
        self._adopt_parcels()
        self._plan_orders(business_day(self._world.now()))
        self._plan_next_day()

    def run(self, days: float = 1) -> None:
        """Let that many days pass from the clock's present instant."""
        self.run_until(self._account.clock.now() + timedelta(days=days))

    def run_until(self, instant: pendulum.DateTime) -> None:
        """Let time pass until then; what is overdue, because the clock was moved, happens now."""
        self._world.run_until(of_moment(instant))

    def _plan_next_day(self) -> None:
        tomorrow = business_day(self._world.now()) + timedelta(days=1)
        self._world.at(opening(tomorrow), self._begin_day)

    def _begin_day(self) -> None:
        day = business_day(self._world.now())
        self._adopt_shipments()
        self._plan_orders(day)
        self._stock.plan_day(day.toordinal())
        self._master_data.plan_day(day.toordinal())
        self._world.after(12 * HOUR, lambda: self._touch_some(day.toordinal()))
        self._vanishing.plan_day(day.toordinal())
        if self._account.options.mass_ties and day.toordinal() % 3 == 0:
            self._world.after(13 * HOUR, lambda: self._tie_many(day.toordinal()))
        self._plan_next_day()

    def _plan_orders(self, day: date) -> None:
        rng = self._world.rng("day", day.isoformat())
        count = self._per_day * rng.uniform(0.8, 1.2)
        for _ in range(int(count) + (rng.random() < count % 1)):
            start, length = _BUSY_HOURS if rng.random() < 0.85 else (0, DAY)
            at = opening(day) + start + int(rng.random() * length)
            if at > self._world.now():
                self._world.at(at, self._take_order)

    def _take_order(self) -> None:
        self._number += 1
        self._known.update(self._orders.take_order(self._number))

    def _touch_some(self, day: int) -> None:
        rng = self._world.rng("bulk", day)
        recent = self._recent("shipments", _STILL_WAITING)
        some = [shipment_id for shipment_id in recent if rng.random() < 0.2]
        self._orders.editor.touch_in_bulk(some[-_BULK:])

    def _tie_many(self, day: int) -> None:
        rng, orders = self._world.rng("ties", day), self._account.orders
        ids = [i for i in self._account.ids("shipments") if i not in orders.vanished]
        now = self._account.clock.now()
        for shipment_id in rng.sample(ids, min(self._account.options.mass_ties, len(ids))):
            orders.change(shipment_id, at=now, cause=Action.TOUCHED_IN_BULK)

    def _adopt_shipments(self) -> None:
        for shipment_id in self._recent("shipments", _STILL_WAITING):
            if shipment_id in self._known:
                continue
            self._known.add(shipment_id)
            shipment = self._world.waiting(shipment_id)
            if shipment is not None:
                hold = shipment["hold_until_date"]
                wait = max(0, opening(day_of(hold)) - self._world.now()) if hold else 0
                rng = self._world.rng("adopted", shipment_id)
                self._orders.settle([shipment_id], rng, wait)

    def _adopt_parcels(self) -> None:
        for label_id in self._recent("labels", _STILL_TRAVELLING):
            label = self._account.entity("labels", label_id)
            if not label["voided"]:
                self._labels.follow(label)
        for fulfillment_id in self._recent("fulfillments", _STILL_TRAVELLING):
            fulfillment = self._account.entity("fulfillments", fulfillment_id)
            rng = self._world.rng("adopted", fulfillment_id)
            self._fulfillments.wait_for_arrival(fulfillment, rng)

    def _recent(self, kind: Kind, age: int) -> list[str]:
        rows = self._account.collection(kind)
        keys, low, high = rows.span(TimeWindow("created_at", self._world.now() - age))
        return [rows.row(number).entity_id for _, number in keys[low:high]]
