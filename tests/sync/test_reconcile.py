"""Windows that differ from the account are found and read again, in whatever month they lie."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from shipsync import job
from shipsync.api.session import Session
from shipsync.clock import JumpingPacing
from shipsync.emulator import Account, Transport
from shipsync.emulator.simulation.seed import seed_account
from shipsync.sync.reconcile import Comparison
from truth.comparison import compare_current
from truth.synced_shop import START, Shop

pytestmark = pytest.mark.xdist_group("reconcile")

MONTHS = ("2026-01", "2026-02", "2026-03", "2026-04")
LISTS = ("shipments", "labels", "fulfillments")
# All that stands on the first day of a month on which anything does.
DELETE_A_DAY = [
    f"""
    delete from raw.{table} where {cursor}::date = (
        select min({cursor}::date) from raw.{table} where strftime({cursor}, '%Y-%m') = ?
    ) returning 1
    """  # noqa: S608
    for table, cursor in zip(LISTS, ("modified_at", "created_at", "created_at"), strict=True)
]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """Four months of shipments, synced."""
    account = Account(seed=3, start=START)
    seed_account(account, shipments=90, days=95)
    shop = Shop(account, tmp_path_factory.mktemp("reconcile"))
    shop.sync()
    return shop


@dataclass(frozen=True)
class Reconciled:
    """What ``reconcile`` said of each window."""

    windows: list[Comparison]

    @property
    def repaired(self) -> int:
        """Rows that were loaded."""
        return sum(window.repaired for window in self.windows)


def reconcile(shop: Shop, *only: str) -> Reconciled:
    pacing = JumpingPacing(shop.account.clock.now())
    with Session(shop.connection, transport=Transport(shop.account), pacing=pacing) as session:
        return Reconciled(job.reconcile(shop.connection, session, only=frozenset(only) or None))


@pytest.mark.parametrize("month", MONTHS)
def test_rows_that_are_missing_are_read_again(shop: Shop, month: str) -> None:
    missing = 0
    with shop.opened() as con:
        for query in DELETE_A_DAY:
            missing += len(con.execute(query, [month]).fetchall())
    assert missing > 0

    done = reconcile(shop, *LISTS)

    assert done.repaired == missing
    assert all(window.agrees for window in done.windows)
    assert any(window.stored < window.stored_after for window in done.windows)
    compare_current(shop, month, LISTS)


def test_tables_that_agree_are_left_alone(shop: Shop) -> None:
    done = reconcile(shop)

    assert done.repaired == 0
    assert {window.stream for window in done.windows} >= {*LISTS, "products", "inventory_levels"}
    assert all(window.agrees and window.stored == window.account for window in done.windows)
