"""Runs that end early: what was begun has its outcome, the rest is as it was."""

from __future__ import annotations

from reverse.stock_rows import (
    PLUS_5,
    lose,
)
from reverse.stock_shop import Shop
from shipsync.emulator import Fault, FaultKind
from shipsync.errors import DatabaseError, KeyRefused, Unavailable
from shipsync.reverse.applying import Applying, apply_plan
from shipsync.reverse.outbox.rollout import WriteProgress
from shipsync.reverse.outbox.states import WriteState


def test_a_refused_key_stops_the_run_and_leaves_the_rows_planned(shop: Shop) -> None:
    lose(shop, FaultKind.KEY_REFUSED, count=None)
    rows = [{"sku": sku, "location": "Main", "quantity": 12, "key": sku} for sku in shop.skus]
    plan = shop.plan(*rows)
    report = shop.apply(plan, in_flight=1)
    assert isinstance(report.stopped_by, KeyRefused)
    assert report.left == 6
    assert {entry.state for entry in shop.entries().values()} == {WriteState.PLANNED}
    shop.account.faults.clear()
    assert shop.apply(plan).counts == {WriteState.APPLIED: 6}


def test_an_account_that_cannot_be_read_stops_the_run_before_anything_is_sent(shop: Shop) -> None:
    shop.account.faults.add(Fault(FaultKind.UNAVAILABLE, method="GET", count=None))
    report = shop.apply(shop.plan(PLUS_5))
    assert isinstance(report.stopped_by, Unavailable)
    assert shop.writes_sent() == 0
    assert shop.states("k") == ["planned"]


def test_an_endless_429_leaves_the_row_planned(shop: Shop) -> None:
    lose(shop, FaultKind.TOO_MANY_REQUESTS, count=None)
    plan = shop.plan(PLUS_5)
    report = shop.apply(plan)
    assert isinstance(report.stopped_by, Unavailable)
    assert shop.states("k") == ["planned", "sending", "planned"]
    shop.account.faults.clear()
    shop.apply(plan)
    assert shop.on_hand("A-1") == 15


def test_an_interruption_begins_nothing_more_and_the_next_run_goes_on(shop: Shop) -> None:
    rows = [
        {"sku": sku, "location": "Main", "quantity": 1, "action": "increment", "key": sku}
        for sku in shop.skus
    ]

    def interrupt(progress: WriteProgress) -> None:
        if progress.done == 2:
            raise KeyboardInterrupt

    plan = shop.plan(*rows)
    report = shop.apply(plan, in_flight=1, progress=interrupt)
    assert report.interrupted
    assert (len(report.outcomes), report.left) == (2, 4)
    assert shop.apply(plan).counts == {WriteState.APPLIED: 6}
    assert [shop.on_hand(sku) for sku in shop.skus] == [11] * 6


def test_nothing_is_sent_that_the_ledger_cannot_take(shop: Shop) -> None:
    """The first row is through when the outbox goes away, as it would on a full disk."""
    rows = [{"sku": sku, "location": "Main", "quantity": 12} for sku in shop.skus]
    plan = shop.plan(*rows)
    with shop.connect() as con, shop.session() as session:

        def lose_the_outbox(progress: WriteProgress) -> None:
            con.execute("drop view ledger.outbox_current")
            con.execute("alter table ledger.outbox rename to outbox_gone")

        how = Applying(session, shop.pacing, in_flight=1, progress=lose_the_outbox)
        [report] = apply_plan(con, plan, how).reports
    assert isinstance(report.stopped_by, DatabaseError)
    assert "nothing more is sent" in str(report.stopped_by)
    assert (len(report.outcomes), report.left, shop.writes_sent()) == (1, 5, 1)
