"""A ShipStation v2 account in a process: what it holds, and everything that can happen to it.

::

    Account ─▶ orders        shipments: put, changed, cancelled, changed late, labels voided
            ─▶ parcels       labels, fulfillments, tracking
            ─▶ stock         levels by SKU and location
            ─▶ master_data   warehouses, locations, products, carriers, tags
            ─▶ clock, journal, options, numbers

It knows no HTTP: ``shipsync.emulator.http`` answers requests from it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pendulum

from shipsync.emulator.account.collection import Collection
from shipsync.emulator.account.journal import Kind
from shipsync.emulator.account.master_data import MasterData
from shipsync.emulator.account.orders import Orders
from shipsync.emulator.account.parcels import Parcels
from shipsync.emulator.account.state import START, AccountState
from shipsync.emulator.account.stock import Stock
from shipsync.emulator.options import Options


class Account:
    """One account. ``options`` choose behaviours that nobody has established.

    ``elapsed`` makes the clock run (``time.monotonic``). Threads may use one account at once. Where
    an operation takes ``at``, that is the instant which the change carries; without it the clock's.
    """

    def __init__(
        self,
        *,
        seed: int = 0,
        options: Options | None = None,
        start: pendulum.DateTime = START,
        elapsed: Callable[[], float] | None = None,
    ) -> None:
        state = AccountState(seed=seed, options=options or Options(), start=start, elapsed=elapsed)
        self._state = state
        self.seed = seed
        self.options = state.options
        self.clock = state.clock
        self.journal = state.journal
        self.lock = state.lock
        self.numbers = state.numbers
        self.master_data = MasterData(state)
        self.parcels = Parcels(state)
        self.orders = Orders(state, self.parcels)
        self.stock = Stock(state, self.master_data)
        self.webhooks: dict[str, dict[str, Any]] = {}
        """Subscriptions as served, by id."""
        self.rates: dict[str, dict[str, Any]] = {}
        """Rates that were calculated, as served, by id."""
        self.rates_pending: dict[str, int] = {}
        """How many more readings of a shipment's rates say "working"."""

    def collection(self, kind: Kind) -> Collection:
        """The rows of shipments, labels or fulfillments; KeyError for what is no paged list."""
        return self._state.collection(kind)

    def find(self, kind: Kind, entity_id: str) -> dict[str, Any] | None:
        """A copy of a shipment, label or fulfillment as it is served now, or None."""
        return self._state.find(kind, entity_id)

    def entity(self, kind: Kind, entity_id: str) -> dict[str, Any]:
        """A copy of a shipment, label or fulfillment; KeyError when there is none."""
        return self._state.entity(kind, entity_id)

    def ids(self, kind: Kind) -> list[str]:
        """Ids of all shipments, labels or fulfillments in the order in which they were added.

        Shipments that are gone are not among them, even where lists still show them.
        """
        with self.lock:
            gone = self._state.gone if kind == "shipments" else {}
            rows = self.collection(kind).rows()
            return [row.entity_id for row in rows if row.entity_id not in gone]
