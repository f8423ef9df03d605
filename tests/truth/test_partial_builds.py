"""Building what changed gives the tables and views that building everything gives, digest by digest."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pytest

from shipsync.emulator import Account
from shipsync.emulator.simulation.seed import seed_account
from shipsync.emulator.simulation.simulation import Simulation
from truth.both_ways import BothWays
from truth.synced_shop import START, Shop

pytestmark = pytest.mark.xdist_group("dbt")


def live(folder: Path, *, days: int, seed: int, kills: bool) -> Counter[str]:
    """Live that many days, three syncs each, built in both ways; returns how often what was built."""
    dice = random.Random(seed)
    account = Account(seed=seed, start=START)
    seed_account(account, shipments=40, days=8)
    simulation = Simulation(account, orders_per_day=20)
    shop = Shop(account, folder)
    both = BothWays(shop, folder / "whole" / shop.database.name)
    built: Counter[str] = Counter()
    for day in range(1, days + 1):
        for hours in (7, 4, 0):
            where = f"seed {seed}, day {day}, {account.clock.now()}"
            simulation.run(hours / 24)
            shop.sync()
            if kills and both.killed(dice.randrange(9)):
                built["killed"] += 1
            built[both.build().scope] += 1
            assert both.differing() == [], where
        simulation.run(13 / 24)
    return built


def test_days_built_in_both_ways_are_the_same(tmp_path: Path) -> None:
    built = live(tmp_path, days=2, seed=1, kills=False)
    # The first build made everything, the second could not be repeated yet; the second day began with one.
    assert built == Counter(everything=3, changes=1, nothing=2)


@pytest.mark.slow
@pytest.mark.parametrize("kills", [False, True], ids=["quiet", "killed"])
def test_a_month_built_in_both_ways_is_the_same(tmp_path: Path, kills: bool) -> None:
    built = live(tmp_path, days=30, seed=2, kills=kills)
    print(f"kills {kills}: {dict(built)}")  # noqa: T201
    assert built["changes"] >= 20
    assert not kills or built["killed"] > 30
