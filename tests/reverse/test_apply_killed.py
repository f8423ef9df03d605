"""``kill -9`` at seeded instants while a plan is applied over HTTP: the ledger against the account."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path
from random import Random

import pytest

from reverse.mixed_rows import check_against_account, mixed_rows
from reverse.shop import MAIN, open_shop
from shipsync.emulator import Account, Fault, FaultKind, Request, serve
from shipsync.reverse import plan_file
from shipsync.reverse.states import State

SKUS = 70
ON_HAND = 60
APPLYING = Path(__file__).with_name("applying.py")


class Killer:
    """Kills the process that applies at its n-th request, before or after the account obeys it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._victim: subprocess.Popen[bytes] | None = None
        self._left = 0

    def aim(self, victim: subprocess.Popen[bytes], at_request: int) -> None:
        """Kill ``victim`` once it has sent that many requests."""
        with self._lock:
            self._victim, self._left = victim, at_request

    def strike(self, account: Account, request: Request) -> None:
        """Count a request, and kill when it is the one."""
        with self._lock:
            self._left -= 1
            if self._left == 0 and self._victim is not None:
                self._victim.kill()


def start(url: str, folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, str(APPLYING), url, str(folder)])


@pytest.mark.slow
@pytest.mark.parametrize("seed", [11])
def test_killed_at_any_instant_the_ledger_says_what_the_account_did(
    tmp_path: Path, seed: int
) -> None:
    dice, killer = Random(seed), Killer()
    shop = open_shop(tmp_path, skus=SKUS, on_hand=ON_HAND, seed=seed)
    plan = shop.plan(*mixed_rows(shop.skus, dice, most=ON_HAND))
    plan_file.save(plan, tmp_path / "plan.json")
    opened_at, kills = len(shop.account.journal), 0
    shop.account.faults.add(
        Fault(FaultKind.CALL, "/v2/inventory", count=None, call=killer.strike),
        Fault(FaultKind.RESET_AFTER, "/v2/inventory", "POST", count=None, probability=0.05),
        Fault(FaultKind.TOO_MANY_REQUESTS, "/v2/inventory", count=None, probability=0.02),
    )
    with serve(shop.account) as served:
        for _ in range(6):
            process = start(served.url, tmp_path)
            killer.aim(process, dice.randint(3, 60))
            kills += process.wait(timeout=60) == -9
        shop.account.faults.clear()
        assert start(served.url, tmp_path).wait(timeout=60) == 0
    before = {f"{sku}@{MAIN}": ON_HAND for sku in shop.skus}
    counts = check_against_account(shop.account, shop.entries(), opened_at, before)
    print(f"seed {seed}: {kills} kills, {shop.writes_sent()} writes sent, {dict(counts)}")  # noqa: T201
    assert kills >= 2
    assert sum(counts.values()) == SKUS
    # Nobody else moved stock, so every outcome can be known.
    assert set(counts) <= {State.APPLIED, State.REJECTED}
