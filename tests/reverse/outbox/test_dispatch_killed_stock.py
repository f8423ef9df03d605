"""``kill -9`` at seeded instants while a plan is applied over HTTP: the ledger against the account."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path
from random import Random

import orjson
import pytest

from reverse.killing import Killer
from reverse.mixed_rows import check_against_account, mixed_rows, moved_by_others, places
from reverse.stock_shop import MAIN, open_shop
from shipsync.emulator import Account, Fault, FaultKind, IncomingRequest, serve
from shipsync.reverse import service
from shipsync.reverse.outbox.states import WriteState

SKUS, ON_HAND, KILLS = 2000, 60, 40
PATH = "/v2/inventory"
APPLYING = Path(__file__).parents[1] / "apply_in_process.py"


def start(url: str, folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, str(APPLYING), url, str(folder), "stock"])


def sell_now_and_then(dice: Random) -> Fault:
    """Somebody else takes a unit of what was changed last, at every fifteenth change that comes in.

    One unit is less than any row changes, so that no sale looks like a row; and where the answer to the
    change was lost, no reading can tell any more what became of it.
    """
    last: list[str] = []

    def sell(account: Account, request: IncomingRequest) -> None:
        if last and dice.random() < 1 / 15 and account.stock.level(last[-1], MAIN)["on_hand"] > 0:
            account.stock.move(last[-1], MAIN, delta=-1, cause="sold")
        last.append(orjson.loads(request.body)["sku"])

    return Fault(FaultKind.CALL, PATH, "POST", count=None, call=sell)


def troubles(dice: Random) -> list[Fault]:
    """Push-back, resets before and after the change is made, and answers that never come."""
    often = [
        (FaultKind.TOO_MANY_REQUESTS, None, 0.01),
        (FaultKind.RESET, None, 0.01),
        (FaultKind.RESET_AFTER, "POST", 0.03),
        (FaultKind.SERVER_ERROR_AFTER, "POST", 0.01),
    ]
    seldom = [FaultKind.TIMEOUT, FaultKind.TIMEOUT_AFTER]
    return [
        *(
            Fault(kind, PATH, method, count=None, probability=share, seed=dice.randrange(10**6))
            for kind, method, share in often
        ),
        *(
            Fault(kind, PATH, "POST", count=4, probability=0.004, seed=dice.randrange(10**6))
            for kind in seldom
        ),
    ]


@pytest.mark.slow
@pytest.mark.parametrize("seed", [11])
def test_killed_at_any_instant_the_ledger_says_what_the_account_did(
    tmp_path: Path, seed: int
) -> None:
    dice, killer = Random(seed), Killer()
    shop = open_shop(tmp_path, skus=SKUS, on_hand=ON_HAND, seed=seed)
    plan = shop.plan(*mixed_rows(shop.skus, dice, least=3, most=ON_HAND))
    assert len(plan.ready) == SKUS
    service.save_plan(plan, tmp_path / "plan.json", shop.connection.database)
    opened_at, kills = len(shop.account.journal), 0
    shop.account.faults.add(
        Fault(FaultKind.CALL, PATH, count=None, call=killer.strike),
        sell_now_and_then(Random(seed)),
        *troubles(dice),
    )
    with serve(shop.account) as served:
        for _ in range(2 * KILLS):
            if kills == KILLS:
                break
            process = start(served.url, tmp_path)
            killer.aim(process, dice.randint(3, 95))
            kills += process.wait(timeout=120) == -9
        killer.rest()
        assert start(served.url, tmp_path).wait(timeout=300) in (0, 7)
        shop.account.faults.clear()
        assert start(served.url, tmp_path).wait(timeout=300) == 0
    before = {f"{sku}@{MAIN}": ON_HAND for sku in shop.skus}
    entries = shop.entries()
    counts = check_against_account(shop.account, entries, opened_at, before)
    failed = Counter(r.fault for r in shop.account.requests if r.fault)
    print(  # noqa: T201
        f"seed {seed}: {kills} kills, {shop.writes_sent()} writes sent, {dict(counts)}, {dict(failed)}"
    )
    assert kills == KILLS
    assert sum(counts.values()) == SKUS
    # What stays unknown was moved by somebody else as well: no reading could have told.
    sold = set(moved_by_others(shop.account, opened_at))
    unknown = [entry for entry in entries.values() if entry.is_unsettled]
    assert unknown
    assert [entry.subject for entry in unknown if sold.isdisjoint(places(entry))] == []
    assert {entry.state for entry in unknown} <= {WriteState.UNKNOWN}
