"""A month with faults whose runs are killed: in the end all rows, versions and events are right."""

from __future__ import annotations

import pytest

from shipsync.emulator import Fault, FaultKind, Options
from truth.expected_events import VIEWS
from truth.random_faults import faults_of_day, live_a_day
from truth.served_shop import Bounds, ServedShop
from truth.test_month import NEVER_GONE, can_be_told

DAYS = 30
BOUNDS = Bounds(requests=40, files=900, seconds=3)
OBSERVED = Options.observed(tracks_further_boxes=False, mass_ties=60)
# Over a socket they would cost ten seconds each; test_month.py has them.
SILENT = frozenset({FaultKind.TIMEOUT, FaultKind.TIMEOUT_AFTER})


@pytest.mark.parametrize(
    "served",
    [
        pytest.param(35, id="35", marks=pytest.mark.longest),
        pytest.param((36, OBSERVED), id="36-observed", marks=pytest.mark.slow),
    ],
    indirect=True,
)
def test_a_month_with_faults_and_kills(served: ServedShop) -> None:
    account = served.shop.account
    for day in range(1, DAYS + 1):
        live_a_day(account, served.simulation, served.seed, day)
        today = faults_of_day(served.seed, day, is_calm=day % 4 != 3)
        account.faults.add(*(f for f in audible(today.faults) if can_be_told(f, account)))
        endings = [served.kill("run", day, BOUNDS)]
        if day % 3 == 0:
            endings.append(served.fork_server.carry_out(served.order("run")))
        account.faults.clear()
        errors = [ending.error for ending in endings if ending.error]
        assert today.outlasting or not errors, f"seed {served.seed}, day {day}: {errors}"

    account.clock.advance(days=1)
    served.clean()
    if account.options.deletions:
        served.clean("reconcile")
        served.clean()
    assert served.compare() == (VIEWS.keys() if account.options.deletions else NEVER_GONE)
    struck = sum(request.fault is not None for request in account.requests)
    assert served.fork_server.kills > DAYS / 2, "few runs were killed"
    assert struck > 5 * DAYS, "the month was too quiet to prove anything"


def audible(faults: tuple[Fault, ...]) -> list[Fault]:
    """Those that are answered in some way."""
    return [fault for fault in faults if fault.kind not in SILENT]
