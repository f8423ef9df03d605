"""Rows for the tests of applying, and what can happen to one on its way."""

from __future__ import annotations

from collections.abc import Callable

from reverse.stock_shop import BACK, Shop
from shipsync.emulator import Account, Fault, FaultKind, IncomingRequest

A1 = {"sku": "A-1", "location": "Main", "key": "k"}
TO_25 = {**A1, "quantity": 25}
PLUS_5 = {**A1, "quantity": 5, "action": "increment"}
MINUS_5 = {**A1, "quantity": 5, "action": "decrement"}
MOVE_5 = {**A1, "quantity": 5, "action": "modify", "new_inventory_location_id": BACK}
TO_DAMAGED = {**A1, "quantity": 5, "action": "modify", "new_condition": "damaged"}

LOST_AFTER = [
    FaultKind.RESET_AFTER,
    FaultKind.TIMEOUT_AFTER,
    FaultKind.SERVER_ERROR_AFTER,
]
LOST_BEFORE = [
    FaultKind.RESET,
    FaultKind.TIMEOUT,
    FaultKind.SERVER_ERROR,
    FaultKind.BAD_GATEWAY,
    FaultKind.UNAVAILABLE,
    FaultKind.GATEWAY_TIMEOUT,
]


def lose(shop: Shop, kind: FaultKind, count: int | None = 1) -> None:
    shop.account.faults.add(Fault(kind, path="/v2/inventory", method="POST", count=count))


def meddle(shop: Shop, write_case: Callable[[Account], object]) -> None:
    """Have the stock move once, after the first change that we send and before it is read back."""

    def once(account: Account, request: IncomingRequest) -> None:
        write_case(account)

    fault = Fault(FaultKind.CALL, path="/v2/inventory", method="GET", call=once, skip=1)
    shop.account.faults.add(fault)
