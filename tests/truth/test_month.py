"""A month of a shop with faults on, a sync each day: in the end every row is what the journal says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import pytest

from shipsync.emulator import Account, Fault, FaultKind, Options
from shipsync.emulator.simulation.seed import seed_account
from shipsync.emulator.simulation.simulation import Simulation
from truth.comparison import compare_current
from truth.expected_events import VIEWS, compare_events, compare_views
from truth.random_faults import PATHS, faults_of_day, live_a_day
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


# What was seen of live accounts: orders are merged, deleted and held, tags move nothing, rules run, rows tie.
OBSERVED = Options.observed(max_page_size=25, tracks_further_boxes=False, mass_ties=60)
NEVER_GONE = VIEWS.keys() - {"shipments_gone"}


@pytest.mark.parametrize(
    ("seed", "options"),
    [
        pytest.param(1, OBLIGING, id="1-obliging", marks=pytest.mark.longest),
        pytest.param(2, STUBBORN, id="2-stubborn", marks=pytest.mark.longest),
        pytest.param(3, OBSERVED, id="3-observed", marks=pytest.mark.slow),
    ],
)
def test_a_month_with_faults_equals_the_journal(
    tmp_path: Path, seed: int, options: Options
) -> None:
    shop = months_shop(tmp_path, seed, options)
    told = live(shop, seed, DAYS, BUILD_DAYS)
    assert told.views == (VIEWS.keys() if options.deletions else NEVER_GONE)
    struck = Counter(r.fault for r in shop.account.requests if r.fault)
    print(f"seed {seed}: {len(shop.account.journal)} versions, {told}, faults {dict(struck)}")  # noqa: T201
    assert len(struck) > 15, "the month was too quiet to prove anything"
    assert told.events > 100


@pytest.mark.xdist_group("dbt")
def test_some_days_of_an_account_as_observed_equal_the_journal(tmp_path: Path) -> None:
    shop = months_shop(tmp_path, 5, OBSERVED)
    told = live(shop, 5, 3, (1, 3), faults_at=PATHS["shipments"])
    assert {"shipments_gone", "shipments_modified", "new_shipments"} <= told.views
    causes = Counter(entry.cause for entry in shop.account.journal.of("shipments"))
    assert {"merged", "deleted", "rules ran", "tag added", "touched in bulk"} <= causes.keys()
    departures = shop.rows(
        "select distinct closed_because from changes.shipments_gone order by all"
    )
    assert departures == [("gone",), ("merged",)]


@dataclass(frozen=True)
class Told:
    """How many events were told, and which views show some."""

    events: int
    views: set[str]


def months_shop(folder: Path, seed: int, options: Options) -> Shop:
    """A shop of which nothing is stored yet, read in small pages and packages."""
    account = Account(seed=seed, options=options, start=START)
    seed_account(account, shipments=40, days=8)
    return Shop(account, folder, {"page_size": 60, "checkpoint_pages": 4})


def live(
    shop: Shop, seed: int, days: int, build_days: Collection[int], *, faults_at: str | None = None
) -> Told:
    """Let days go by with faults and a sync each, and compare all of it with the journal in the end.

    ``faults_at`` is the one path at which something goes wrong, None: any.
    """
    where, account = f"seed {seed}", shop.account
    simulation = Simulation(account, orders_per_day=6 if account.options.deletions else 3)
    for day in range(1, days + 1):
        live_a_day(account, simulation, seed, day)
        today = faults_of_day(seed, day, is_calm=day % 4 != 3)
        faults = [
            fault
            for fault in today.faults
            if can_be_told(fault, account) and faults_at in (None, fault.path)
        ]
        account.faults.add(*faults)
        report = shop.sync().report
        account.faults.clear()
        failed = {stream.stream: stream.error for stream in report.failed}
        lasting = today.outlasting if any(fault.count is None for fault in faults) else set()
        assert failed.keys() == lasting, f"{where}, day {day}: {failed}"
        assert not [stream.unproven for stream in report.streams if stream.unproven]
        if day in build_days:
            shop.build()

    settle(shop)
    compare_current(shop, where, but=["tracking"])
    versions = compare_versions(shop, where)
    compare_tracking_events(shop, where, versions["tracking"])
    return Told(compare_events(shop, where, versions), compare_views(shop, where))


def can_be_told(fault: Fault, account: Account) -> bool:
    """Of two versions with one modified_at nobody can tell the stale one."""
    return account.options.tags_move_modified or fault.kind is not FaultKind.STALE


def settle(shop: Shop) -> None:
    """One more sync without faults, a minute on: what the last day's syncs had to leave comes in.

    Shipments that were sent before they were deleted are for ``reconcile`` to find.
    """
    shop.account.clock.advance(days=1)
    assert not shop.sync().report.failed
    if shop.account.options.deletions:
        shop.account.clock.advance(minutes=1)
        assert all(window.agrees for window in shop.reconcile())
    shop.build(run_tests=True)
