"""An account that lives, synced and built, and its lake, which the marks of loads keep equal."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from parameters import in_prove
from shipsync.emulator import Account, Options
from shipsync.emulator.simulation.seed import seed_account
from shipsync.emulator.simulation.simulation import Simulation
from shipsync.publish.run import publish
from shipsync.publish.targets import target
from shipsync.publish.verify import verify
from shipsync.warehouse.builds import Build
from truth.synced_shop import START, Shop

from .test_killed import READERS, Reader
from .test_killed import reader as reader

DAYS = 2
HOURS = (7, 4, 2, 0)


@pytest.mark.parametrize("reader", in_prove(["delta", "postgres"], READERS), indirect=True)
@pytest.mark.xdist_group("dbt")
def test_days_of_an_account_are_published_by_what_loads_say(tmp_path: Path, reader: Reader) -> None:
    options = Options.observed(mass_ties=20, vanished_are_listed=False)
    account = Account(seed=5, start=START, options=options)
    seed_account(account, shipments=60, days=20)
    simulation = Simulation(account, orders_per_day=25)
    shop, goal = Shop(account, tmp_path / "shop"), target(reader.address)
    how: Counter[str] = Counter()
    for day in range(DAYS):
        for number, hours in enumerate(HOURS):
            simulation.run(hours / 24)
            if number == len(HOURS) - 1:
                shop.reconcile()
            shop.sync()
            built = Build(shop.database, shop.syncs[-1].at).what_is_due()

            report = publish(shop.database, goal)

            told = f"day {day}, sync {number}, {built.scope}: {built.reason}"
            assert verify(shop.database, goal).differences == (), told
            whole = sorted(t.table for t in report.tables if t.compared == "everything")
            print(told, Counter(t.compared for t in report.tables), whole)  # noqa: T201
            if built.scope != "everything":
                # Lines that a reconciliation took out leave no trace but the sum.
                assert len(whole) <= 2, told
                how.update(t.compared for t in report.tables)
        simulation.run(11 / 24)
    assert how["nothing"] > how["changes"] > 0
    assert how["everything"] < how["changes"] / 10
