"""Shipments that go away: merged into another one or deleted, which shows some time later.

::

    merged or deleted ──up to 15 minutes──▶ in no list, found by no id
                                            (or GET answers with the shipment that took it up)
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field

from shipsync.emulator.account.state import AccountState


@dataclass(frozen=True, order=True)
class Departure:
    """A shipment that is still shown until ``visible_at``, in microseconds since 1970."""

    visible_at: int
    rank: int
    shipment_id: str = field(compare=False)
    survivor: str | None = field(compare=False)
    cause: str = field(compare=False)


class Vanished:
    """Which shipments are leaving, and which are gone. Guarded by the account's lock."""

    def __init__(self, state: AccountState) -> None:
        self._state = state
        self._leaving: list[Departure] = []
        self._known: set[str] = set()

    def plan(self, shipment_id: str, visible_at: int, survivor: str | None, cause: str) -> None:
        """Let a shipment be gone from then on."""
        self._known.add(shipment_id)
        rank = len(self._known)
        heapq.heappush(self._leaving, Departure(visible_at, rank, shipment_id, survivor, cause))

    def __contains__(self, shipment_id: object) -> bool:
        """Whether a shipment was merged or deleted, though it may still be shown."""
        return shipment_id in self._known

    def settle(self, now: int) -> None:
        """Take away those whose time has come."""
        while self._leaving and self._leaving[0].visible_at <= now:
            departure = heapq.heappop(self._leaving)
            shipment_id = departure.shipment_id
            self._state.gone[shipment_id] = departure.survivor
            if not self._state.options.vanished_are_listed:
                self._state.shipments.remove(shipment_id)
            self._state.journal.append(
                departure.visible_at, "shipments", shipment_id, b"null", departure.cause
            )

    def answer_for(self, shipment_id: str) -> bytes | None:
        """What GET answers in place of a shipment that was merged; None: nothing."""
        survivor = self._state.gone.get(shipment_id)
        while survivor is not None and survivor in self._state.gone:
            survivor = self._state.gone[survivor]
        if survivor is None or self._state.options.merged_shipment == "not_found":
            return None
        row = self._state.shipments.get(survivor)
        return None if row is None else row.raw
