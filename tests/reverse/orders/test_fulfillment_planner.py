"""What a plan of fulfillments warns of: one tracking number, several shipments."""

from __future__ import annotations

from pathlib import Path

from reverse.orders_shop import open_office
from reverse.write_kinds import fulfillment_rows, pending
from shipsync.reverse.plan.row import Status


def test_one_number_on_two_shipments_is_said(tmp_path: Path) -> None:
    office = open_office(tmp_path)
    first, second, third = fulfillment_rows(office)
    plan = office.plan_fulfillments(
        {**first, "tracking_number": "1z 999aa1"}, {**second, "tracking_number": "1Z999AA1"}, third
    )
    assert [row.status for row in plan.rows] == [Status.READY] * 3
    assert plan.warnings == (
        "Tracking number 1Z999AA1 stands on lines 2, 3, for 2 shipments. That is right for orders in one "
        "box; look whether it is meant.",
    )


def test_a_number_that_another_shipment_has_is_said(tmp_path: Path) -> None:
    office = open_office(tmp_path)
    office.label(pending(office)[2], tracking_number="1Z999AA1")
    office.sync()
    row = {**fulfillment_rows(office)[0], "tracking_number": "1Z 999AA1"}
    assert office.plan_fulfillments(row).warnings == (
        f"Tracking number 1Z999AA1 on line 2 is that of shipment {pending(office)[2]} already; look "
        "whether it is meant.",
    )


def test_numbers_of_their_own_are_not_warned_of(tmp_path: Path) -> None:
    office = open_office(tmp_path)
    assert office.plan_fulfillments(*fulfillment_rows(office)).warnings == ()
