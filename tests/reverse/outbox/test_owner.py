"""A plan is applied through the ledger that knows what was sent of it, and a ledger sends for one account."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from reverse.stock_rows import PLUS_5
from reverse.stock_shop import Shop, given
from shipsync.errors import UsageError
from shipsync.reverse import service
from shipsync.reverse.stock.planner import plan_stock


def test_a_database_sends_for_one_connection(shop: Shop) -> None:
    shop.apply(shop.plan(PLUS_5))
    shop.name = "west"
    again = shop.plan(PLUS_5)
    with pytest.raises(UsageError, match="holds the writes of connection 'shop', so 'west' sends"):
        shop.apply(again)
    assert shop.on_hand("A-1") == 15


def test_a_plan_is_applied_through_the_ledger_it_was_made_beside(
    shop: Shop, tmp_path: Path
) -> None:
    plan = shop.plan(PLUS_5)
    shop.apply(plan)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    other = replace(shop, folder=elsewhere)
    other.observe()
    with pytest.raises(UsageError, match=r"made from another database than .*elsewhere"):
        other.apply(plan)
    assert shop.on_hand("A-1") == 15


def test_a_copy_of_a_database_has_its_ledger(shop: Shop) -> None:
    """A database that was moved, or restored, still applies its plans."""
    plan = shop.plan(PLUS_5)
    moved = shop.folder / "moved"
    moved.mkdir()
    shop.connection.database.rename(moved / "shop.duckdb")
    replace(shop, folder=moved).apply(plan)
    assert shop.on_hand("A-1") == 15


def test_a_ledger_of_an_older_version_can_be_planned_against(shop: Shop) -> None:
    """Planning only reads, so the ledger is brought up to date by the apply alone."""
    with shop.connect() as con:
        con.execute("drop table ledger.identity")
        con.execute("delete from ledger.migrations where name = '0050_identity'")
    plan = service.planned(
        shop.connection.database,
        lambda con: plan_stock(con, given(PLUS_5), shop.connection, now=shop.now),
    )
    assert plan.ledger_id is None
    shop.apply(plan)
    assert shop.on_hand("A-1") == 15
    assert shop.plan(PLUS_5).ledger_id is not None
