"""The unit tests that lie beside the models, in dbt's own form."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from shipsync.warehouse.models import run_dbt, sql_dir
from sql.story import Story, day

pytestmark = pytest.mark.xdist_group("dbt")

TRIGGERS = (
    *("new_shipment", "shipment_modified", "shipment_gone"),
    *("new_fulfillment", "fulfillment_shipped"),
)


def test_dbt_unit_tests(story: Story) -> None:
    outcomes = run_dbt(
        story.database, ["test", "--select=test_type:unit"], {"now": day(9).isoformat()}
    )
    tests = [outcome for outcome in outcomes if outcome.kind == "unit_test"]
    assert {test.name: test.message for test in tests if test.status != "pass"} == {}
    assert set(TRIGGERS) <= {test.name for test in tests}


@pytest.mark.parametrize("trigger", TRIGGERS)
def test_each_trigger_meets_what_a_list_may_hold(trigger: str) -> None:
    (test,) = [test for test in unit_tests() if test["name"] == trigger]
    ids = ("entity_id", "fulfillment_id", "shipment_id")
    met = {next((row[name] for name in ids if name in row), None) for row in rows(test)}
    assert {"duplicate", "late", "nulls", "reversal", "future", "cancelled"} <= met
    expected = {(row.get("trigger", trigger), row["entity_id"]) for row in test["expect"]["rows"]}
    assert (trigger, "late") in expected
    assert (trigger, "duplicate") not in expected


def unit_tests() -> list[dict[str, Any]]:
    path = sql_dir() / "models" / "changes" / "triggers_unit_tests.yml"
    found: list[dict[str, Any]] = yaml.safe_load(path.read_text())["unit_tests"]
    return found


def rows(test: dict[str, Any]) -> list[dict[str, Any]]:
    given = [one["rows"] for one in test["given"] if one.get("format") != "sql"]
    return [row for table in given for row in table]
