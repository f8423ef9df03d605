"""Every kind of row of shipments, cancellations and fulfillments that cannot be planned, and its sentence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from reverse.deeds import CREATE, fulfillment_rows, pending, shipment_rows
from reverse.office import Office, open_office
from shipsync.reverse.planned import Status
from shipsync.reverse.write_plan import WritePlan
from shipsync.reverse.write_problem import WriteProblem

P = WriteProblem
Change = Callable[[Office], None]
Plan = Callable[[Office], WritePlan]


@dataclass(frozen=True)
class Case:
    problem: WriteProblem
    sentence: str
    plan: Plan
    prepare: Change = lambda office: None


def new(*changes: Mapping[str, object]) -> Plan:
    """New shipments W-1, W-2 ..., each with its changes; an empty text takes a column away."""

    def plan(office: Office) -> WritePlan:
        rows = shipment_rows(office, len(changes))
        changed = [{**row, **change} for row, change in zip(rows, changes, strict=True)]
        return office.plan_shipments(*changed)

    return plan


def fulfil(**changes: object) -> Plan:
    """The first pending shipment, shipped, with these changes."""
    return lambda office: office.plan_fulfillments({**fulfillment_rows(office)[0], **changes})


def cancel(*shipments: str) -> Plan:
    """The cancellation of these shipments; ``first`` is the first pending one."""
    return lambda office: office.plan_cancels(
        *({"shipment_id": pending(office)[0] if i == "first" else i} for i in shipments)
    )


def labelled(office: Office) -> None:
    office.label(pending(office)[0])
    office.sync()


def cancelled(office: Office) -> None:
    office.account.cancel_shipment(pending(office)[0])
    office.sync()


def fulfilled(office: Office) -> None:
    shipment_id = pending(office)[0]
    body = {"shipment_id": shipment_id, "tracking_number": "OLD", "voided": False}
    office.account.put_fulfillment({**body, "fulfillment_id": "se-5"})
    office.sync()


def one_external_id(office: Office) -> None:
    for shipment_id in pending(office)[:2]:
        office.account.change_shipment(shipment_id, external_shipment_id="SPLIT")
    office.sync()


def sent_before(office: Office) -> None:
    CREATE.send(office)


CASES = [
    Case(
        P.MISSING,
        "The ship_to_city_locality is empty; give the town.",
        new({"ship_to_city_locality": ""}),
    ),
    Case(
        P.TOO_LONG,
        "The external_shipment_id has 51 characters; ShipStation keeps 50 of them. Give a shorter one.",
        new({"external_shipment_id": "x" * 51}),
    ),
    Case(
        P.UNUSABLE_ID,
        "The external_shipment_id is '..', which no address can hold; give another id.",
        new({"external_shipment_id": ".."}),
    ),
    Case(
        P.UNKNOWN_CHOICE,
        "The package_weight_unit is 'oz'; it can be ounce, pound, gram, kilogram.",
        new({"package_weight_unit": "oz"}),
    ),
    Case(
        P.NOT_A_COUNTRY,
        "The ship_to_country_code is 'Germany'; write the two-letter code, such as US or DE.",
        new({"ship_to_country_code": "Germany"}),
    ),
    Case(
        P.NOT_AN_AMOUNT,
        "The item_unit_price is '$5'; write a number such as 12.50.",
        new({"item_unit_price": "$5"}),
    ),
    Case(
        P.WITHOUT_CURRENCY,
        "The amount_paid is 20 without a currency; give amount_paid_currency, such as usd.",
        new({"amount_paid": 20}),
    ),
    Case(
        P.NOT_A_CURRENCY,
        "The amount_paid_currency is 'dollars'; write a three-letter code such as usd.",
        new({"amount_paid": 20, "amount_paid_currency": "dollars"}),
    ),
    Case(
        P.WITHOUT_UNIT,
        "The package_weight is 12.5 without a unit; give package_weight_unit: ounce, pound, gram, "
        "kilogram.",
        new({"package_weight_unit": ""}),
    ),
    Case(
        P.NOT_A_COUNT,
        "The item_quantity is '0'; write a whole number of 1 or more.",
        new({"item_quantity": 0}),
    ),
    Case(
        P.NOT_YES_OR_NO,
        "The notify_customer is 'maybe'; write yes or no.",
        fulfil(notify_customer="maybe"),
    ),
    Case(
        P.NO_ORIGIN,
        "Nothing says where it leaves from; give a warehouse_id (`shipsync warehouses` lists them) or "
        "the ship_from columns.",
        new({"warehouse_id": ""}),
    ),
    Case(
        P.EMPTY_ITEM,
        "An item has neither item_sku nor item_name; name what is in the box.",
        new({"item_sku": ""}),
    ),
    Case(
        P.CONTRADICTING_LINES,
        "The ship_to_name is 'Ada Lowe' on line 2 and 'Bo Reed' on line 3, which are one shipment; make "
        "them agree, or give each shipment its own external_shipment_id.",
        new({}, {"external_shipment_id": "W-1", "ship_to_name": "Bo Reed"}),
    ),
    Case(
        P.REPEATED_LINE,
        "Lines 2 and 3 say the same; remove one, or raise the item_quantity.",
        new({}, {"external_shipment_id": "W-1", "item_quantity": 1}),
    ),
    Case(
        P.REPEATED_SHIPMENT,
        "The external_shipment_id 'auto-",
        new({"external_shipment_id": ""}, {"external_shipment_id": "", "item_quantity": 1}),
    ),
    Case(
        P.UNKNOWN_WAREHOUSE,
        "The warehouse_id 'West Dock' is not known. Did you mean se-524101, which has that name? See "
        "`shipsync warehouses`, or `shipsync sync` first if it is new.",
        new({"warehouse_id": "West Dock"}),
    ),
    Case(
        P.UNKNOWN_CARRIER,
        "The carrier_id 'se-1' is not known; the account has se-",
        new({"carrier_id": "se-1"}),
    ),
    Case(
        P.UNKNOWN_SERVICE,
        "The service_code 'ups_grund' is not known. Did you mean 'ups_ground'? There are ",
        new({"service_code": "ups_grund"}),
    ),
    Case(
        P.MISSING_SHIPMENT,
        "No shipment is named; give its shipment_id or external_shipment_id.",
        fulfil(shipment_id=""),
    ),
    Case(
        P.UNKNOWN_SHIPMENT,
        "The shipment 'se-1' is not known, neither by ShipStation's id nor by yours. `shipsync sync` "
        "first if it is new.",
        cancel("se-1"),
    ),
    Case(
        P.AMBIGUOUS_SHIPMENT,
        "2 shipments have the external_shipment_id 'SPLIT'; give the shipment_id: se-",
        cancel("SPLIT"),
        one_external_id,
    ),
    Case(
        P.SAME_SHIPMENT,
        "stands on lines 2, 3; keep one of them.",
        lambda office: office.plan_fulfillments(*[fulfillment_rows(office)[0]] * 2),
    ),
    Case(
        P.LIVE_LABEL,
        "has a live label: se-77 (tracking number 1Z-se-77). Void it first, in ShipStation or with "
        "--void-labels.",
        cancel("first"),
        labelled,
    ),
    Case(P.CANCELLED, "is cancelled; it cannot be fulfilled.", fulfil(), cancelled),
    Case(
        P.HAS_LABEL,
        "has a live label, se-77 (tracking number 1Z-se-77), so it counts as shipped with that; void "
        "the label first if another carrier took it.",
        fulfil(),
        labelled,
    ),
    Case(
        P.FULFILLED,
        "is fulfilled already, with tracking number OLD; correct that in ShipStation if it is wrong.",
        fulfil(),
        fulfilled,
    ),
    Case(
        P.UNKNOWN_CARRIER_CODE,
        "The carrier_code 'upz' is not one of the account's. Did you mean 'ups'? It has ",
        fulfil(carrier_code="upz"),
    ),
    Case(
        P.DUPLICATE_KEY,
        "The key 'k-1' stands on lines 2, 3; each row needs a key of its own.",
        lambda office: office.plan_fulfillments(
            *({**row, "key": "k-1"} for row in fulfillment_rows(office)[:2])
        ),
    ),
    Case(
        P.KEY_OF_ANOTHER_WRITE,
        "The external_shipment_id 'W-1' was sent on 2026-03-02 09:00 with other contents (create W-1: 1 "
        "unit); to change what is in ShipStation, edit it there.",
        new({"item_quantity": 9}),
        sent_before,
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.problem.value)
def test_an_invalid_row_gets_its_sentence(tmp_path: Path, case: Case) -> None:
    office = open_office(tmp_path)
    case.prepare(office)
    row = case.plan(office).rows[0]
    assert (row.status, row.problem) == (Status.INVALID, case.problem.value), row.reason
    assert case.sentence in (row.reason or "")
    assert row.write is None


def test_every_kind_of_problem_has_its_case() -> None:
    assert {case.problem for case in CASES} == set(WriteProblem)


def test_rows_that_need_nothing_say_why(tmp_path: Path) -> None:
    office = open_office(tmp_path)
    cancelled(office)
    office.account.change_shipment(pending(office)[1], external_shipment_id="W-1")
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
