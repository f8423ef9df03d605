"""Building what changed gives the tables and views that building everything gives, digest by digest."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pytest

from parameters import in_prove
from shipsync.emulator import Account
from shipsync.emulator.simulation.seed import seed_account
from shipsync.emulator.simulation.simulation import Simulation
from truth.both_ways import BothWays
from truth.synced_shop import START, Shop


def live(
    folder: Path,
    *,
    days: int,
    seed: int,
    kills: bool,
    syncs: tuple[int, ...] = (7, 4, 0),
    compared_at: tuple[int, ...] = (7, 4, 0),
) -> Counter[str]:
    """Live that many days, built by what is due after each sync; returns how often what was built.

    ``syncs`` are the hours since the last one, each day's first comes 13 hours later still. After those of
    ``compared_at`` everything is built in the other way too.
    """
    dice = random.Random(seed)
    account = Account(seed=seed, start=START)
    seed_account(account, shipments=40, days=8)
    simulation = Simulation(account, orders_per_day=20)
    shop = Shop(account, folder)
    both = BothWays(shop, folder / "whole" / shop.database.name)
    built: Counter[str] = Counter()
    for day in range(1, days + 1):
        for hours in syncs:
            where = f"seed {seed}, day {day}, {account.clock.now()}"
            simulation.run(hours / 24)
            shop.sync()
            if kills and both.killed(dice.randrange(9)):
                built["killed"] += 1
            built[both.build_what_is_due().scope] += 1
            if hours in compared_at:
                both.build_everything()
                assert both.differing() == [], where
        simulation.run(13 / 24)
    both.build_everything(anew=True)
    assert both.differing(anew=True) == [], f"seed {seed}, made anew"
    return built


@pytest.mark.xdist_group("dbt")
def test_days_built_in_both_ways_are_the_same(tmp_path: Path) -> None:
    built = live(tmp_path, days=2, seed=1, kills=False)
    # The first build made everything, the second could not be repeated yet; the second day began with one.
    assert built == Counter(everything=3, changes=1, nothing=2)


@pytest.mark.xdist_group("dbt")
def test_what_goes_leaves_the_tables_that_grow(tmp_path: Path) -> None:
    shop = Shop(Account(seed=3, start=START), tmp_path)
    account = shop.account
    seed_account(account, shipments=40, days=8)
    both = BothWays(shop, tmp_path / "whole" / shop.database.name)
    for note in ("First.", "Second.", "Third."):
        account.clock.advance(minutes=5)
        account.orders.change(account.ids("shipments")[0], notes_from_buyer=note)
        shop.sync()
        both.build_what_is_due()
    parcels = "select distinct shipment_id from tracking.parcel_states where parcel_id is null"
    unlabelled = [key for (key,) in shop.rows(f"{parcels} order by all")]
    labelled = str(shop.rows("select min(shipment_id) from core.labels")[0][0])
    deleted, merged, survivor, *_ = [key for key in unlabelled if key in account.ids("shipments")]
    account.clock.advance(minutes=5)
    account.orders.delete(deleted)
    account.orders.merge(merged, survivor, notes_to_buyer="Together now.")
    account.orders.delete(labelled)

    shop.sync()
    shop.reconcile()
    report = both.build_what_is_due()
    assert report.scope == "changes", report

    gone = (deleted, merged)
    for table in ("parcel_states", "order_names", "order_parts"):
        query = f"select shipment_id from tracking.{table} where shipment_id in {gone}"  # noqa: S608
        left = shop.rows(query)
        assert left == [], table
    both.build_everything(anew=True)
    assert both.differing(anew=True) == []


@pytest.mark.longest
@pytest.mark.xdist_group("month of builds")
def test_a_month_of_builds_of_what_changed_is_the_same_as_whole_ones(tmp_path: Path) -> None:
    built = live(tmp_path, days=30, seed=2, kills=False, syncs=(7, 4), compared_at=(4,))
    print(dict(built))  # noqa: T201
    assert built["changes"] >= 20


@pytest.mark.parametrize("days", in_prove([4], [4, 8]))
@pytest.mark.xdist_group("killed builds")
def test_builds_that_are_killed_end_in_the_same(tmp_path: Path, days: int) -> None:
    built = live(tmp_path, days=days, seed=2, kills=True)
    print(dict(built))  # noqa: T201
    assert built["changes"] > days // 2
    assert built["killed"] > days
