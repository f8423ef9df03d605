"""Rows of shipments, cancellations and fulfillments that cannot be planned, each with its sentence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from reverse.orders_shop import NOW, Office
from reverse.write_kinds import CREATE, fulfillment_rows, pending, shipment_rows
from shipsync.reverse.plan.problems import Problem
from shipsync.reverse.plan.row import Plan

P = Problem
Change = Callable[[Office], None]
MakesPlan = Callable[[Office], Plan]


@dataclass(frozen=True)
class Case:
    """A row that cannot be planned; ``example`` says in what it is wrong."""

    problem: Problem
    example: str
    sentence: str
    plan: MakesPlan
    prepare: Change = lambda office: None


def new(*changes: Mapping[str, object]) -> MakesPlan:
    """New shipments W-1, W-2 ..., each with its changes; an empty text takes a column away."""

    def plan(office: Office) -> Plan:
        rows = shipment_rows(office, len(changes))
        changed = [{**row, **change} for row, change in zip(rows, changes, strict=True)]
        return office.plan_shipments(*changed)

    return plan


def fulfil(**changes: object) -> MakesPlan:
    """The first pending shipment, shipped, with these changes."""
    return lambda office: office.plan_fulfillments({**fulfillment_rows(office)[0], **changes})


def cancel(*shipments: str) -> MakesPlan:
    """The cancellation of these shipments; ``first`` is the first pending one."""
    return lambda office: office.plan_cancels(
        *({"shipment_id": pending(office)[0] if i == "first" else i} for i in shipments)
    )


def labelled(office: Office) -> None:
    office.label(pending(office)[0])
    office.sync()


def cancelled(office: Office) -> None:
    office.account.orders.cancel(pending(office)[0])
    office.sync()


def fulfilled(office: Office) -> None:
    shipment_id = pending(office)[0]
    body = {"shipment_id": shipment_id, "tracking_number": "OLD", "voided": False}
    office.account.parcels.put_fulfillment({**body, "fulfillment_id": "se-5"})
    office.sync()


def one_external_id(office: Office) -> None:
    for shipment_id in pending(office)[:2]:
        office.account.orders.change(shipment_id, external_shipment_id="SPLIT")
    office.sync()


def sent_before(office: Office) -> None:
    CREATE.send(office)


def let_go(merged_into: str | None = None) -> Change:
    """The first pending shipment is known to the account no more, as a sync found out."""

    def change(office: Office) -> None:
        because = "merged" if merged_into else "gone"
        shipment_id = pending(office)[0]
        with office.connect() as con:
            con.execute(
                "update raw.shipments set _dlt_valid_to = ? where shipment_id = ?",
                [NOW, shipment_id],
            )
            con.execute(
                "insert into ledger.gone values ('shipments', ?, 1, ?, ?, ?, ?, 'run')",
                [shipment_id, NOW, NOW, because, merged_into],
            )

    return change


CASES = [
    Case(
        P.MISSING,
        "create: ship_to_city_locality empty",
        "The ship_to_city_locality is empty. Give the town.",
        new({"ship_to_city_locality": ""}),
    ),
    Case(
        P.TOO_LONG,
        "create: external_shipment_id of 51 characters",
        "The external_shipment_id has 51 characters; ShipStation keeps 50 of them. Give a shorter one.",
        new({"external_shipment_id": "x" * 51}),
    ),
    Case(
        P.UNUSABLE_ID,
        "create: external_shipment_id `..`",
        "The external_shipment_id is '..', which no address can hold; give another id.",
        new({"external_shipment_id": ".."}),
    ),
    Case(
        P.UNKNOWN_CHOICE,
        "create: package_weight_unit `oz`",
        "The package_weight_unit is 'oz'; it can be ounce, pound, gram, kilogram.",
        new({"package_weight_unit": "oz"}),
    ),
    Case(
        P.NOT_A_COUNTRY,
        "create: ship_to_country_code `Germany`",
        "The ship_to_country_code is 'Germany'; write the two-letter code, such as US or DE.",
        new({"ship_to_country_code": "Germany"}),
    ),
    Case(
        P.NOT_AN_AMOUNT,
        "create: item_unit_price `$5`",
        "The item_unit_price is '$5'; write a number such as 12.50.",
        new({"item_unit_price": "$5"}),
    ),
    Case(
        P.WITHOUT_CURRENCY,
        "create: amount_paid `20`",
        "The amount_paid is 20 without a currency; give amount_paid_currency, such as usd.",
        new({"amount_paid": 20}),
    ),
    Case(
        P.NOT_A_CURRENCY,
        "create: amount_paid_currency `dollars`",
        "The amount_paid_currency is 'dollars'; write a three-letter code such as usd.",
        new({"amount_paid": 20, "amount_paid_currency": "dollars"}),
    ),
    Case(
        P.WITHOUT_UNIT,
        "create: package_weight `12.5` alone",
        "The package_weight is 12.5 without a unit; give package_weight_unit: ounce, pound, gram, "
        "kilogram.",
        new({"package_weight_unit": ""}),
    ),
    Case(
        P.TOO_SMALL,
        "create: item_quantity `0`",
        "The item_quantity is 0; it must be 1 or more.",
        new({"item_quantity": 0}),
    ),
    Case(
        P.NOT_YES_OR_NO,
        "fulfill: notify_customer `maybe`",
        "The notify_customer is 'maybe'; write yes or no.",
        fulfil(notify_customer="maybe"),
    ),
    Case(
        P.FORMULA,
        'fulfill: tracking_number `="1Z9"`',
        "The tracking_number is '=\"1Z9\"', a formula and not what it comes to; save the file with its "
        "values, and long numbers in a column with the format text.",
        fulfil(tracking_number='="1Z9"'),
    ),
    Case(
        P.DIGITS_LOST,
        "fulfill: tracking_number `9400111899561230000000`",
        "The tracking_number is '9400111899561230000000': a spreadsheet keeps 15 digits of a number and "
        "makes the others 0. Give the column the format text and enter the whole number again.",
        fulfil(tracking_number="9400111899561230000000"),
    ),
    Case(
        P.PLACEHOLDER,
        "fulfill: tracking_number `TBD`",
        "The tracking_number is 'TBD', which stands for one that is not there yet; leave the row out "
        "until there is one.",
        fulfil(tracking_number="TBD"),
    ),
    Case(
        P.SEVERAL_VALUES,
        "fulfill: two numbers in tracking_number",
        "The tracking_number is '1Z9999, 1Z8888', which is more than one; give one on each row.",
        fulfil(tracking_number="1Z9999, 1Z8888"),
    ),
    Case(
        P.LOST_ZEROS,
        "create: ship_to_postal_code `2134`",
        "The ship_to_postal_code is '2134', which is too short for US: a spreadsheet drops zeros at the "
        "beginning. Write '02134' if that is meant, in a column with the format text.",
        new({"ship_to_postal_code": 2134}),
    ),
    Case(
        P.NO_ORIGIN,
        "create: no warehouse_id, no ship_from",
        "Nothing says where it leaves from; give a warehouse_id (`shipsync warehouses` lists them) or "
        "the ship_from columns.",
        new({"warehouse_id": ""}),
    ),
    Case(
        P.EMPTY_ITEM,
        "create: item_quantity `1` alone",
        "An item has neither item_sku nor item_name; name what is in the box.",
        new({"item_sku": ""}),
    ),
    Case(
        P.CONTRADICTING_LINES,
        "create: two lines of `W-1`, two names",
        "The ship_to_name is 'Ada Lowe' on line 2 and 'Bo Reed' on line 3, which are one shipment; make "
        "them agree, or give each shipment its own external_shipment_id.",
        new({}, {"external_shipment_id": "W-1", "ship_to_name": "Bo Reed"}),
    ),
    Case(
        P.REPEATED_LINE,
        "create: the same line twice",
        "Lines 2 and 3 say the same; remove one, or raise the item_quantity.",
        new({}, {"external_shipment_id": "W-1", "item_quantity": 1}),
    ),
    Case(
        P.REPEATED_SHIPMENT,
        "create: two alike without an id of their own",
        "The external_shipment_id 'auto-9b3868560d91d415e7cb1435' stands on lines 2, 3; give each "
        "shipment one of its own.",
        new({"external_shipment_id": ""}, {"external_shipment_id": "", "item_quantity": 1}),
    ),
    Case(
        P.UNKNOWN_WAREHOUSE,
        "create: warehouse_id `West Dock`",
        "The warehouse_id 'West Dock' is not known. Did you mean se-524101, which has that name? See "
        "`shipsync warehouses`, or `shipsync sync` first if it is new.",
        new({"warehouse_id": "West Dock"}),
    ),
    Case(
        P.UNKNOWN_CARRIER,
        "create: carrier_id `se-1`",
        "The carrier_id 'se-1' is not known; the account has se-2077101 (stamps_com), se-2077102 (ups), "
        "se-2077103 (fedex_walleted).",
        new({"carrier_id": "se-1"}),
    ),
    Case(
        P.UNKNOWN_SERVICE,
        "create: service_code `ups_grund`",
        "The service_code 'ups_grund' is not known. Did you mean 'ups_ground'? There are "
        "usps_first_class_mail_international, usps_ground_advantage, usps_priority_mail, "
        "ups_2nd_day_air, ups_ground, ups_worldwide_saver, fedex_2day, fedex_ground and 1 more.",
        new({"service_code": "ups_grund"}),
    ),
    Case(
        P.MISSING_SHIPMENT,
        "fulfill: shipment_id empty",
        "No shipment is named; give its shipment_id or external_shipment_id.",
        fulfil(shipment_id=""),
    ),
    Case(
        P.UNKNOWN_SHIPMENT,
        "cancel: shipment_id `se-1`",
        "The shipment 'se-1' is not known, neither by ShipStation's id nor by yours. `shipsync sync` "
        "first if it is new.",
        cancel("se-1"),
    ),
    Case(
        P.GONE_SHIPMENT,
        "cancel: a shipment that was deleted",
        "The shipment 'se-46966653' is gone: since 2026-03-02 ShipStation knows it no more, as when it was "
        "deleted there. Take the row out.",
        cancel("first"),
        let_go(),
    ),
    Case(
        P.MERGED_SHIPMENT,
        "a shipment that was merged",
        "The shipment 'se-46966653' was merged into se-46966654, as was seen on 2026-03-02; name that one "
        "instead.",
        fulfil(),
        let_go("se-46966654"),
    ),
    Case(
        P.AMBIGUOUS_SHIPMENT,
        "cancel: an order that was split",
        "2 shipments have the external_shipment_id 'SPLIT'; give the shipment_id: se-46966653, se-46966654.",
        cancel("SPLIT"),
        one_external_id,
    ),
    Case(
        P.SAME_SHIPMENT,
        "fulfill: one shipment twice",
        "Shipment se-46966653 stands on lines 2, 3; keep one of them.",
        lambda office: office.plan_fulfillments(*[fulfillment_rows(office)[0]] * 2),
    ),
    Case(
        P.LIVE_LABEL,
        "cancel: a shipment with a label",
        "Shipment se-46966653 has a live label: se-77 (tracking number 1Z-se-77). Void it first, in "
        "ShipStation or with --void-labels.",
        cancel("first"),
        labelled,
    ),
    Case(
        P.MARKED_SHIPPED,
        "cancel: a fulfilled shipment",
        "Shipment se-46966653 was marked as shipped, with tracking number OLD; if it was not, take that "
        "back in ShipStation first.",
        cancel("first"),
        fulfilled,
    ),
    Case(
        P.CANCELLED,
        "fulfill: a cancelled shipment",
        "Shipment se-46966653 is cancelled; it cannot be fulfilled.",
        fulfil(),
        cancelled,
    ),
    Case(
        P.HAS_LABEL,
        "fulfill: a shipment with a label",
        "Shipment se-46966653 has a live label, se-77 (tracking number 1Z-se-77), so it counts as shipped "
        "with that; void the label first if another carrier took it.",
        fulfil(),
        labelled,
    ),
    Case(
        P.FULFILLED,
        "fulfill: a fulfilled shipment",
        "Shipment se-46966653 is fulfilled already, with tracking number OLD; correct that in ShipStation "
        "if it is wrong.",
        fulfil(),
        fulfilled,
    ),
    Case(
        P.UNKNOWN_CARRIER_CODE,
        "fulfill: carrier_code `upz`",
        "The carrier_code 'upz' is not one of the account's. Did you mean 'ups'? It has fedex_walleted, "
        "stamps_com, ups.",
        fulfil(carrier_code="upz"),
    ),
    Case(
        P.DUPLICATE_KEY,
        "fulfill: key `k-1` twice",
        "The key 'k-1' stands on lines 2, 3; each row needs a key of its own.",
        lambda office: office.plan_fulfillments(
            *({**row, "key": "k-1"} for row in fulfillment_rows(office)[:2])
        ),
    ),
    Case(
        P.SENT_WITH_OTHER_CONTENTS,
        "create: `W-1` again, with nine units",
        "The external_shipment_id 'W-1' was sent on 2026-03-02 09:00 with other contents (create W-1: 1 "
        "unit); to change what is in ShipStation, edit it there.",
        new({"item_quantity": 9}),
        sent_before,
    ),
]
