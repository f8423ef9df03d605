"""Metrics by their names: values of the demo, n and coverage, and what is said where nothing is."""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import shipsync
from played_demo import Demo
from shipsync.account_day import local_day
from shipsync.errors import DatabaseError, UsageError
from shipsync.merchant import Merchant
from shipsync.metrics.asking import MetricAnswer, metric, question
from shipsync.metrics.definitions import metrics
from shipsync.pages.catalogue import PAGES
from shipsync.synced_account import SyncedAccount
from shipsync.warehouse.database import connect

ZONE = Merchant().zone


@pytest.fixture
def account(demo: Demo) -> SyncedAccount:
    return shipsync.connect(database=demo.database)


def test_every_metric_can_be_asked_for_by_each_of_its_dimensions(demo: Demo) -> None:
    with connect(demo.database, read_only=True) as con:
        for name, definition in metrics().items():
            whole = metric(con, question(name)).rows
            assert definition.by_currency or len(whole) == 1, name
            for row in whole:
                assert list(row) == [*(["currency"] if definition.by_currency else []), *VALUE]
                assert row["coverage"] is None or 0 <= row["coverage"] <= 1, name
            for dimension in definition.told_by:
                rows = metric(con, question(name, [dimension])).rows
                assert sum(row["n"] for row in rows) == sum(row["n"] for row in whole), name


VALUE = ("value", "n", "coverage")


@pytest.mark.parametrize("name", metrics())
def test_a_definition_says_all_of_itself(name: str) -> None:
    definition = metrics()[name]

    assert re.fullmatch("[a-z][a-z0-9_]+", name)
    assert all([definition.label, definition.grain, definition.unit, definition.caveat])
    assert definition.coverage
    assert definition.grain.startswith("One row per ")
    assert definition.page in {None, *(kind.name for kind in PAGES)}
    assert (definition.time is None) == (definition.clock is None)


def test_a_rate_is_what_its_rows_say(account: SyncedAccount) -> None:
    asked = account.metric("first_attempt_on_time", dimensions=["carrier_code"])
    wanted: defaultdict[str, list[bool | None]] = defaultdict(list)
    rows = account.read("from metrics.parcel_delivery")
    assert asked.as_of is not None
    for row in rows:
        if (asked.as_of - row["labelled_at"]).total_seconds() > 14 * 86_400:
            verdict = row["delivery_punctuality"]
            told = None if verdict == "unknown" else verdict in ("early", "on_time")
            wanted[row["carrier_code"]].append(told)

    assert len(wanted) > 2
    assert {row["carrier_code"]: _plain(row) for row in asked.rows} == {
        carrier: _share(verdicts) for carrier, verdicts in wanted.items()
    }


def _plain(row: dict[str, Any]) -> tuple[Any, ...]:
    return row["value"], row["n"], row["coverage"]


def _share(verdicts: list[bool | None]) -> tuple[Any, ...]:
    known = [verdict for verdict in verdicts if verdict is not None]
    return sum(known) / len(known) if known else None, len(known), len(known) / len(verdicts)


def test_a_period_has_both_its_days_in_the_accounts_zone(account: SyncedAccount) -> None:
    sold = [
        (local_day(row["labelled_at"], ZONE), row["cost"])
        for row in account.read("from metrics.shipping_cost")
    ]
    first, last = sorted({day for day, _ in sold})[5:12:6]
    answer = account.metric("label_cost", dimensions=["day"], period=(first, f"{last}"))

    assert {row["day"]: row["value"] for row in answer.rows} == {
        day: sum(cost for other, cost in sold if other == day)
        for day in {day for day, _ in sold}
        if first <= day <= last
    }
    assert [row["day"] for row in answer.rows] == sorted(row["day"] for row in answer.rows)
    weeks = account.metric("label_cost", dimensions=["week"]).rows
    assert all(row["week"].weekday() == 0 for row in weeks)
    assert sum(row["value"] for row in weeks) == sum(cost for _, cost in sold)


def test_filters_keep_to_values_of_any_type(account: SyncedAccount) -> None:
    rows = account.read("from metrics.shipping_cost")

    def told(**filters: Any) -> int:
        return sum(row["n"] for row in account.metric("label_cost", filters=filters).rows)

    assert told(zone=3) == told(zone="3") == sum(row["zone"] == 3 for row in rows) > 0
    assert told(zone=[3, 4, None]) == sum(row["zone"] in (3, 4, None) for row in rows)
    assert told(is_dimensional=True) == sum(bool(row["is_dimensional"]) for row in rows) > 0
    assert told(zone=[]) == told(carrier_code="' or true --") == 0


def test_money_is_told_by_currency_whatever_is_asked(account: SyncedAccount) -> None:
    answer = account.metric("shipping_net", dimensions=["currency", "store_id"])

    assert {row["currency"] for row in answer.rows} == {"usd"}
    assert list(answer.rows[0]) == ["store_id", "currency", *VALUE]


def asked(account: SyncedAccount, name: str, **how: Any) -> MetricAnswer:
    return account.metric(name, **how)


@pytest.mark.parametrize(
    ("name", "how", "said"),
    [
        ("on_time", {}, "There is no metric 'on_time'. The metrics are open_shipments, past_due,"),
        (
            "past_due",
            {"dimensions": ["carrier"]},
            "past_due is not told by 'carrier'. Its dimensions are store_id,",
        ),
        (
            "past_due",
            {"filters": {"order_value) or (1": 1}},
            "past_due can't be filtered by 'order_value) or (1'. It can be by store_id,",
        ),
        ("skus", {"period": ("2026-01-01", None)}, "skus says how it is now and has no time"),
        ("label_cost", {"period": ("January", None)}, "'January' is no day"),
    ],
)
def test_what_there_is_not_is_answered_by_what_there_is(
    account: SyncedAccount, name: str, how: dict[str, Any], said: str
) -> None:
    with pytest.raises(UsageError) as raised:
        asked(account, name, **how)

    assert str(raised.value).startswith(said)


def test_before_the_marts_are_built_it_says_so(tmp_path: Path) -> None:
    connect(tmp_path / "fresh.duckdb").close()
    account = shipsync.connect(database=tmp_path / "fresh.duckdb")

    with pytest.raises(DatabaseError, match="`shipsync run` makes it"):
        asked(account, "past_due", period=(date(2026, 1, 1), None))
