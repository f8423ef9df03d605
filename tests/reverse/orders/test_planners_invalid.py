"""Rows of shipments, cancellations and fulfillments that cannot be planned get their sentences."""

from __future__ import annotations

from pathlib import Path

import pytest

from reverse.invalid_orders import CASES, Case, cancel, cancelled, new
from reverse.orders_shop import open_office
from reverse.write_kinds import pending
from shipsync.reverse.plan.row import Status


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.problem.value)
def test_an_invalid_row_gets_its_sentence(tmp_path: Path, case: Case) -> None:
    office = open_office(tmp_path)
    case.prepare(office)
    row = case.plan(office).rows[0]
    assert (row.status, row.problem) == (Status.INVALID, case.problem.value), row.reason
    assert row.reason == case.sentence
    assert row.request is None


def test_rows_that_need_nothing_say_why(tmp_path: Path) -> None:
    office = open_office(tmp_path)
    cancelled(office)
    office.account.orders.change(pending(office)[1], external_shipment_id="W-1")
    office.sync()
    third = pending(office)[2]
    reasons = [
        cancel("first")(office).rows[0].reason,
        cancel(third, third)(office).rows[1].reason,
        new({})(office).rows[0].reason,
    ]
    assert reasons == [
        "It is cancelled already.",
        "It stands on line 2 already.",
        f"The account has it already, as {pending(office)[1]} (pending).",
    ]
