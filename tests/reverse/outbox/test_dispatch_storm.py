"""Mixed rows through faults and power cuts: the ledger against the account's own log."""

from __future__ import annotations

from pathlib import Path
from random import Random

import httpx
import pytest

from parameters import quickly
from reverse.mixed_rows import check_against_account, mixed_rows, small_rows
from reverse.stock_shop import MAIN, Shop, open_shop
from shipsync.emulator import Account, Fault, FaultKind, IncomingRequest, Transport
from shipsync.reverse.outbox.states import WriteState
from shipsync.reverse.plan.row import Plan

SKUS = 60
ON_HAND = 60
SEEDS = range(1, 6)

WRITES_LOST = [
    FaultKind.RESET,
    FaultKind.RESET_AFTER,
    FaultKind.TIMEOUT,
    FaultKind.TIMEOUT_AFTER,
    FaultKind.SERVER_ERROR,
    FaultKind.SERVER_ERROR_AFTER,
    FaultKind.BAD_GATEWAY,
]
READS_SPOILT = [
    FaultKind.RESET,
    FaultKind.TIMEOUT,
    FaultKind.UNAVAILABLE,
    FaultKind.CUT_BODY,
    FaultKind.HTML,
]


class PowerCut(BaseException):
    """The machine stops; nobody catches this."""


class Mains(Transport):
    """An account that is reached until the power fails, before or after it was reached once more."""

    def __init__(self, account: Account, fails_after: int, *, delivers_last: bool) -> None:
        super().__init__(account)
        self._left = fails_after
        self._delivers_last = delivers_last

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self._left -= 1
        if self._left == 0 and self._delivers_last:
            super().handle_request(request)
        if self._left <= 0:
            raise PowerCut
        return super().handle_request(request)


def stir(shop: Shop, dice: Random) -> None:
    """Faults of every kind on a fifth of the requests, for as long as they are left on."""
    faults = [
        Fault(
            kind, "/v2/inventory", method, count=None, probability=0.03, seed=dice.randrange(9999)
        )
        for method, kinds in (("POST", WRITES_LOST), ("GET", READS_SPOILT))
        for kind in (*kinds, FaultKind.TOO_MANY_REQUESTS)
    ]
    shop.account.faults.add(*faults)


def apply_until_done(shop: Shop, plan: Plan, dice: Random) -> int:
    """Apply with power cuts until a run gets through; returns how often the power failed."""
    cuts = 0
    while True:
        shop.transport = Mains(
            shop.account, dice.randint(5, 120), delivers_last=dice.random() < 0.5
        )
        try:
            report = shop.apply(plan)
        except PowerCut:
            cuts += 1
            continue
        if report.stopped_by is None:
            return cuts


def open_mixed(
    folder: Path, seed: int, least: int = 1
) -> tuple[Shop, Plan, int, dict[str, int], Random]:
    dice = Random(seed)
    shop = open_shop(folder, skus=SKUS, on_hand=ON_HAND, seed=seed)
    plan = shop.plan(*mixed_rows(shop.skus, dice, least=least, most=ON_HAND))
    assert len(plan.ready) == SKUS
    before = {f"{sku}@{MAIN}": ON_HAND for sku in shop.skus}
    return shop, plan, len(shop.account.journal), before, dice


@pytest.mark.parametrize("seed", quickly(SEEDS[:1], SEEDS))
def test_the_ledger_says_what_the_account_did(tmp_path: Path, seed: int) -> None:
    shop, plan, opened_at, before, dice = open_mixed(tmp_path, seed)
    stir(shop, dice)
    cuts = apply_until_done(shop, plan, dice)
    shop.account.faults.clear()
    shop.transport = None
    report = shop.apply(plan)
    counts = check_against_account(shop.account, shop.entries(), opened_at, before)
    print(f"seed {seed}: {cuts} power cuts, {shop.writes_sent()} writes sent, {dict(counts)}")  # noqa: T201
    assert cuts > 0
    assert report.left == 0
    # Nobody else moved stock, so every outcome can be known.
    assert set(counts) <= {WriteState.APPLIED, WriteState.REJECTED}
    assert counts[WriteState.APPLIED] > SKUS // 4


@pytest.mark.parametrize("seed", quickly(SEEDS[:1], SEEDS))
def test_the_ledger_says_nothing_wrong_while_orders_draw_stock(tmp_path: Path, seed: int) -> None:
    """Sales of one unit at every second request; what cannot be told apart is unknown, never wrong.

    Our changes are of twenty units and more: a sale as large as a change, in the same seconds and
    without a claim before it, is the one thing that no reading can tell from it.
    """
    shop, plan, opened_at, before, dice = open_mixed(tmp_path, seed, least=20)
    sales = Random(seed)

    def sell(account: Account, request: IncomingRequest) -> None:
        sku = sales.choice(shop.skus)
        held = account.stock.level(sku, MAIN)["on_hand"]
        if held:
            account.stock.move(sku, MAIN, delta=-1, cause="sale")

    stir(shop, dice)
    shop.account.faults.add(
        Fault(FaultKind.CALL, "/v2/inventory", count=None, probability=0.5, seed=seed, call=sell)
    )
    cuts = apply_until_done(shop, plan, dice)
    shop.account.faults.clear()
    counts = check_against_account(shop.account, shop.entries(), opened_at, before)
    print(f"seed {seed}: {cuts} power cuts, {dict(counts)}")  # noqa: T201
    assert sum(counts.values()) == SKUS


@pytest.mark.parametrize("seed", quickly(SEEDS[:1], SEEDS))
def test_small_recounts_are_told_from_sales_by_what_orders_had_claimed(
    tmp_path: Path, seed: int
) -> None:
    """Changes of one to three units, and sales of as many: only the claims tell them apart."""
    dice = Random(seed)
    shop = open_shop(tmp_path, skus=SKUS, on_hand=ON_HAND, seed=seed)
    for sku in shop.skus:
        shop.account.stock.move(sku, MAIN, allocated=ON_HAND // 2)
    shop.observe()
    plan = shop.plan(*small_rows(shop.skus, dice, ON_HAND))
    opened_at, sales = len(shop.account.journal), Random(seed)

    def sell(account: Account, request: IncomingRequest) -> None:
        sku, units = sales.choice(shop.skus), sales.randint(1, 3)
        claimed = account.stock.level(sku, MAIN)["allocated"]
        if claimed >= units:
            account.stock.move(sku, MAIN, delta=-units, allocated=claimed - units, cause="sale")

    stir(shop, dice)
    shop.account.faults.add(
        Fault(FaultKind.CALL, "/v2/inventory", count=None, probability=0.3, seed=seed, call=sell)
    )
    cuts = apply_until_done(shop, plan, dice)
    shop.account.faults.clear()
    before = {f"{sku}@{MAIN}": ON_HAND for sku in shop.skus}
    counts = check_against_account(shop.account, shop.entries(), opened_at, before)
    print(f"seed {seed}: {cuts} power cuts, {dict(counts)}")  # noqa: T201
    assert sum(counts.values()) == SKUS
    assert counts[WriteState.APPLIED] > SKUS // 4
