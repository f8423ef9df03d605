"""A month of a shop with faults on, a sync each day: in the end every row is what the journal says."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from shipsync.emulator import Account, Options
from shipsync.emulator.simulation.seed import seed_account
from shipsync.emulator.simulation.simulation import Simulation
from truth.comparison import compare_current
from truth.expected_events import VIEWS, compare_events, compare_views
from truth.random_faults import faults_of_day, live_a_day
from truth.seen_versions import compare_tracking_events, compare_versions
from truth.synced_shop import START, Shop

DAYS = 30
BUILD_DAYS = (1, 12, 22, DAYS)

# The journal knows the tracking of labels, not of their further boxes.
OBLIGING = Options(max_page_size=25, tracks_further_boxes=False)
STUBBORN = Options(
    max_page_size=25,
    tracks_further_boxes=False,
    oversized_page="refuse",
    start_is_inclusive=False,
    end_is_inclusive=False,
    ties="shuffled",
    unlisted_modified_sort="created",
    inventory_paging="links",
    fulfillments_include_labels=True,
    shipments_sort_by="modified_at",
    status_after_void="label_purchased",
)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("seed", "options"),
    [pytest.param(1, OBLIGING, id="1-obliging"), pytest.param(2, STUBBORN, id="2-stubborn")],
)
def test_a_month_with_faults_equals_the_journal(
    tmp_path: Path, seed: int, options: Options
) -> None:
    where = f"seed {seed}"
    account = Account(seed=seed, options=options, start=START)
    seed_account(account, shipments=40, days=8)
    simulation = Simulation(account, orders_per_day=3)
    shop = Shop(account, tmp_path, {"page_size": 60, "checkpoint_pages": 4})
    for day in range(1, DAYS + 1):
        live_a_day(account, simulation, seed, day)
        today = faults_of_day(seed, day, is_calm=day % 4 != 3)
        account.faults.add(*today.faults)
        report = shop.sync().report
        account.faults.clear()
        failed = {stream.stream: stream.error for stream in report.failed}
        assert failed.keys() == today.outlasting, f"{where}, day {day}: {failed}"
        if day in BUILD_DAYS:
            shop.build()

    settle(shop)
    compare_current(shop, where, but=["tracking"])
    versions = compare_versions(shop, where)
    compare_tracking_events(shop, where, versions["tracking"])
    events = compare_events(shop, where, versions)
    assert compare_views(shop, where) == VIEWS.keys()
    struck = Counter(r.fault for r in account.requests if r.fault)
    print(f"{where}: {len(account.journal)} versions, {events} events, faults {dict(struck)}")  # noqa: T201
    assert len(struck) > 15, "the month was too quiet to prove anything"
    assert events > 100


def settle(shop: Shop) -> None:
    """One more sync without faults, a minute on: what the last day's syncs had to leave comes in."""
    shop.account.clock.advance(days=1)
    assert not shop.sync().report.failed
    shop.build(run_tests=True)
