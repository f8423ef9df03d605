"""Why a row of shipments, cancellations or fulfillments cannot be planned, with the sentence for each."""

from __future__ import annotations

from enum import StrEnum


class WriteProblem(StrEnum):
    """A kind of invalid row."""

    MISSING = "missing"
    TOO_LONG = "too_long"
    UNUSABLE_ID = "unusable_id"
    UNKNOWN_CHOICE = "unknown_choice"
    NOT_A_COUNTRY = "not_a_country"
    NOT_AN_AMOUNT = "not_an_amount"
    WITHOUT_CURRENCY = "without_currency"
    NOT_A_CURRENCY = "not_a_currency"
    WITHOUT_UNIT = "without_unit"
    NOT_A_COUNT = "not_a_count"
    NOT_YES_OR_NO = "not_yes_or_no"
    NO_ORIGIN = "no_origin"
    EMPTY_ITEM = "empty_item"
    CONTRADICTING_LINES = "contradicting_lines"
    REPEATED_LINE = "repeated_line"
    REPEATED_SHIPMENT = "repeated_shipment"
    UNKNOWN_WAREHOUSE = "unknown_warehouse"
    UNKNOWN_CARRIER = "unknown_carrier"
    UNKNOWN_SERVICE = "unknown_service"
    MISSING_SHIPMENT = "missing_shipment"
    UNKNOWN_SHIPMENT = "unknown_shipment"
    AMBIGUOUS_SHIPMENT = "ambiguous_shipment"
    SAME_SHIPMENT = "same_shipment"
    LIVE_LABEL = "live_label"
    MARKED_SHIPPED = "marked_shipped"
    CANCELLED = "cancelled"
    HAS_LABEL = "has_label"
    FULFILLED = "fulfilled"
    UNKNOWN_CARRIER_CODE = "unknown_carrier_code"
    DUPLICATE_KEY = "duplicate_key"
    KEY_OF_ANOTHER_WRITE = "key_of_another_write"


SENTENCES: dict[WriteProblem, str] = {
    WriteProblem.MISSING: "The {column} is empty; {what}.",
    WriteProblem.TOO_LONG: (
        "The {column} has {length} characters; ShipStation keeps {most} of them. Give a shorter one."
    ),
    WriteProblem.UNUSABLE_ID: "The {column} is {value!r}, which no address can hold; give another id.",
    WriteProblem.UNKNOWN_CHOICE: "The {column} is {value!r}; it can be {allowed}.",
    WriteProblem.NOT_A_COUNTRY: "The {column} is {value!r}; write the two-letter code, such as US or DE.",
    WriteProblem.NOT_AN_AMOUNT: "The {column} is {value!r}; write a number such as 12.50.",
    WriteProblem.WITHOUT_CURRENCY: (
        "The {column} is {value} without a currency; give {column}_currency, such as usd."
    ),
    WriteProblem.NOT_A_CURRENCY: "The {column} is {value!r}; write a three-letter code such as usd.",
    WriteProblem.WITHOUT_UNIT: "The {column} is {value} without a unit; give {unit}: {allowed}.",
    WriteProblem.NOT_A_COUNT: "The {column} is {value!r}; write a whole number from 1 to 999999999.",
    WriteProblem.NOT_YES_OR_NO: "The {column} is {value!r}; write yes or no.",
    WriteProblem.NO_ORIGIN: (
        "Nothing says where it leaves from; give a warehouse_id (`shipsync warehouses` lists them) or the "
        "ship_from columns."
    ),
    WriteProblem.EMPTY_ITEM: "An item has neither item_sku nor item_name; name what is in the box.",
    WriteProblem.CONTRADICTING_LINES: (
        "The {column} is {one!r} on line {first} and {other!r} on line {second}, which are one shipment; "
        "make them agree, or give each shipment its own external_shipment_id."
    ),
    WriteProblem.REPEATED_LINE: (
        "Lines {first} and {second} say the same; remove one, or raise the item_quantity."
    ),
    WriteProblem.REPEATED_SHIPMENT: (
        "The external_shipment_id {key!r} stands on {lines}; give each shipment one of its own."
    ),
    WriteProblem.UNKNOWN_WAREHOUSE: (
        "The warehouse_id {value!r} is not known.{hint} See `shipsync warehouses`, or `shipsync sync` first "
        "if it is new."
    ),
    WriteProblem.UNKNOWN_CARRIER: "The carrier_id {value!r} is not known; the account has {known}.",
    WriteProblem.UNKNOWN_SERVICE: (
        "The service_code {value!r} is not known{of_carrier}.{hint} There are {known}."
    ),
    WriteProblem.MISSING_SHIPMENT: "No shipment is named; give its shipment_id or external_shipment_id.",
    WriteProblem.UNKNOWN_SHIPMENT: (
        "The shipment {value!r} is not known, neither by ShipStation's id nor by yours. `shipsync sync` "
        "first if it is new."
    ),
    WriteProblem.AMBIGUOUS_SHIPMENT: (
        "{count} shipments have the external_shipment_id {value!r}; give the shipment_id: {ids}."
    ),
    WriteProblem.SAME_SHIPMENT: "Shipment {shipment_id} stands on {lines}; keep one of them.",
    WriteProblem.LIVE_LABEL: (
        "Shipment {shipment_id} has a live label: {labels}. Void it first, in ShipStation or with "
        "--void-labels."
    ),
    WriteProblem.MARKED_SHIPPED: (
        "Shipment {shipment_id} was marked as shipped, with tracking number {numbers}; if it was not, take "
        "that back in ShipStation first."
    ),
    WriteProblem.CANCELLED: "Shipment {shipment_id} is cancelled; it cannot be fulfilled.",
    WriteProblem.HAS_LABEL: (
        "Shipment {shipment_id} has a live label, {labels}, so it counts as shipped with that; void the "
        "label first if another carrier took it."
    ),
    WriteProblem.FULFILLED: (
        "Shipment {shipment_id} is fulfilled already, with tracking number {numbers}; correct that in "
        "ShipStation if it is wrong."
    ),
    WriteProblem.UNKNOWN_CARRIER_CODE: (
        "The carrier_code {value!r} is not one of the account's.{hint} It has {known}."
    ),
    WriteProblem.DUPLICATE_KEY: "The key {key!r} stands on {lines}; each row needs a key of its own.",
    WriteProblem.KEY_OF_ANOTHER_WRITE: (
        "{key} was sent on {date} with other contents ({other}); to change what is in ShipStation, edit it "
        "there."
    ),
}


class InvalidWriteError(Exception):
    """A row that cannot be planned; ``problem`` is its kind and ``str()`` the sentence."""

    def __init__(self, problem: WriteProblem, **values: object) -> None:
        super().__init__(SENTENCES[problem].format(**values))
        self.problem = problem
