"""The unit tests that lie beside the models, in dbt's own form."""

from __future__ import annotations

import pytest

from shipsync.warehouse.models import run_dbt
from sql.story import Story, day

pytestmark = pytest.mark.xdist_group("story")


def test_dbt_unit_tests(story: Story) -> None:
    outcomes = run_dbt(
        story.database, ["test", "--select=test_type:unit"], {"now": day(9).isoformat()}
    )
    tests = [outcome for outcome in outcomes if outcome.kind == "unit_test"]
    assert {test.name: test.message for test in tests if test.status != "pass"} == {}
    triggers = {"new_shipment", "shipment_modified", "new_fulfillment", "fulfillment_shipped"}
    assert triggers <= {test.name for test in tests}
