"""What every part of the simulation shares: the account, the agenda, random numbers that replay."""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from shipsync.emulator.account.account import Account
from shipsync.emulator.shop.goods import PRODUCTS, Product
from shipsync.emulator.timestamps import of_moment, to_moment

Body = dict[str, Any]
Step = Callable[[], None]

_MILLISECOND = 1_000


@dataclass(order=True, frozen=True, slots=True)
class _Due:
    at: int
    order: int
    step: Step = field(compare=False)


class World:
    """An account with an agenda. Instants and delays are in microseconds.

    ``products`` are those that buyers can choose from; new ones are added to it.
    """

    def __init__(self, account: Account, seed: int) -> None:
        self.account = account
        self.products: list[Product] = list(PRODUCTS)
        self._seed = seed
        self._agenda: list[_Due] = []
        self._entered = 0

    def now(self) -> int:
        """The account's clock."""
        return of_moment(self.account.clock.now())

    def rng(self, *what: object) -> random.Random:
        """Random numbers for one matter, the same in every replay whatever else happens in between."""
        return random.Random(" ".join(map(str, (self._seed, *what))))

    def at(self, instant: int, step: Step) -> None:
        """Put something on the agenda, at once when the instant has passed."""
        self._entered += 1
        instant -= instant % _MILLISECOND
        heapq.heappush(self._agenda, _Due(instant, self._entered, step))

    def after(self, delay: int, step: Step) -> None:
        """Put something on the agenda that long from now."""
        self.at(self.now() + delay, step)

    def run_until(self, instant: int) -> None:
        """Do what is due until then, moving the clock from one thing to the next and to the end."""
        while self._agenda and self._agenda[0].at <= instant:
            due = heapq.heappop(self._agenda)
            self._move_clock(due.at)
            with self.account.lock:
                due.step()
        self._move_clock(instant)

    def _move_clock(self, instant: int) -> None:
        if instant > self.now():
            self.account.clock.move_to(to_moment(instant))

    def waiting(self, shipment_id: str) -> Body | None:
        """A shipment's body while it has neither a live label nor a live fulfillment, else None.

        Its status does not tell: it lags behind a label, and after a fulfillment or a void it
        depends on the account's options.
        """
        body = self.account.find("shipments", shipment_id)
        if body is None or body["shipment_status"] == "cancelled":
            return None
        if shipment_id in self.account.orders.vanished:
            return None
        labels = self.account.parcels.labels_of(shipment_id)
        fulfillments = self.account.parcels.fulfillments_of(shipment_id)
        return body if all(sent["voided"] for sent in (*labels, *fulfillments)) else None


def between(rng: random.Random, low: int, high: int) -> int:
    """A whole number of the range, low included, high not."""
    return low + int(rng.random() * (high - low))
