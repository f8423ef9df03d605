"""Why a row cannot be planned: every kind of invalid row, with the sentence that a person gets.

``docs/invalid-rows.md`` lists them with an example of each.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import TypeVar

D = TypeVar("D")

_SHOWN_LINES = 5


class Problem(StrEnum):
    """A kind of invalid row: first what any cell may suffer from, then what single kinds of write refuse."""

    MISSING = "missing"
    TOO_LONG = "too_long"
    UNUSABLE_ID = "unusable_id"
    UNKNOWN_CHOICE = "unknown_choice"
    NOT_YES_OR_NO = "not_yes_or_no"
    NOT_A_NUMBER = "not_a_number"
    NOT_WHOLE = "not_whole"
    TOO_SMALL = "too_small"
    TOO_LARGE = "too_large"
    NOT_AN_AMOUNT = "not_an_amount"
    WITHOUT_CURRENCY = "without_currency"
    CURRENCY_WITHOUT_AMOUNT = "currency_without_amount"
    NOT_A_CURRENCY = "not_a_currency"
    WITHOUT_UNIT = "without_unit"
    NOT_A_COUNTRY = "not_a_country"
    NOT_A_DATE = "not_a_date"

    SPREADSHEET_ERROR = "spreadsheet_error"
    FORMULA = "formula"
    SCIENTIFIC = "scientific"
    DECIMAL_TAIL = "decimal_tail"
    DIGITS_LOST = "digits_lost"
    LOST_ZEROS = "lost_zeros"
    BECAME_A_DATE = "became_a_date"
    SERIAL_DATE = "serial_date"
    TEXT_MARK = "text_mark"
    PLACEHOLDER = "placeholder"
    UNSEEN_CHARACTER = "unseen_character"
    WIDE_CHARACTERS = "wide_characters"
    SEVERAL_VALUES = "several_values"

    DUPLICATE_KEY = "duplicate_key"
    KEY_OF_ANOTHER_WRITE = "key_of_another_write"
    SENT_WITH_OTHER_CONTENTS = "sent_with_other_contents"
    UNSETTLED_KEY = "unsettled_key"
    UNSETTLED_PLACE = "unsettled_place"

    UNKNOWN_SKU = "unknown_sku"
    UNREADABLE_LEVEL = "unreadable_level"
    UNKNOWN_LOCATION = "unknown_location"
    AMBIGUOUS_LOCATION = "ambiguous_location"
    CONTRADICTING_LOCATION = "contradicting_location"
    DATES_REVERSED = "dates_reversed"
    ONLY_FOR_MODIFY = "only_for_modify"
    NOTHING_TO_MODIFY = "nothing_to_modify"
    MOVE_TO_ITSELF = "move_to_itself"
    SAME_PLACE = "same_place"
    BELOW_ALLOCATED = "below_allocated"
    BEYOND_AVAILABLE = "beyond_available"
    BEYOND_ON_HAND = "beyond_on_hand"

    NO_ORIGIN = "no_origin"
    EMPTY_ITEM = "empty_item"
    CONTRADICTING_LINES = "contradicting_lines"
    REPEATED_LINE = "repeated_line"
    REPEATED_SHIPMENT = "repeated_shipment"
    UNKNOWN_WAREHOUSE = "unknown_warehouse"
    UNKNOWN_CARRIER = "unknown_carrier"
    UNKNOWN_SERVICE = "unknown_service"
    UNKNOWN_CARRIER_CODE = "unknown_carrier_code"

    MISSING_SHIPMENT = "missing_shipment"
    UNKNOWN_SHIPMENT = "unknown_shipment"
    GONE_SHIPMENT = "gone_shipment"
    MERGED_SHIPMENT = "merged_shipment"
    AMBIGUOUS_SHIPMENT = "ambiguous_shipment"
    SAME_SHIPMENT = "same_shipment"
    LIVE_LABEL = "live_label"
    MARKED_SHIPPED = "marked_shipped"
    CANCELLED = "cancelled"
    HAS_LABEL = "has_label"
    FULFILLED = "fulfilled"


SENTENCES: dict[Problem, str] = {
    Problem.MISSING: "The {column} is empty. {advice}",
    Problem.TOO_LONG: (
        "The {column} has {length} characters; ShipStation keeps {most} of them. Give a shorter one."
    ),
    Problem.UNUSABLE_ID: "The {column} is {value!r}, which no address can hold; give another id.",
    Problem.UNKNOWN_CHOICE: "The {column} is {value!r}; it can be {allowed}.",
    Problem.NOT_YES_OR_NO: "The {column} is {value!r}; write yes or no.",
    Problem.NOT_A_NUMBER: "The {column} is {value!r}; write it in digits only, such as 1200.",
    Problem.NOT_WHOLE: "The {column} is {value}; it must be a whole number.",
    Problem.TOO_SMALL: "The {column} is {value}; it must be {least} or more.{hint}",
    Problem.TOO_LARGE: "The {column} is {value}; at most {most} is sent. Look for a slip of the pen.",
    Problem.NOT_AN_AMOUNT: "The {column} is {value!r}; write a number such as 12.50.",
    Problem.WITHOUT_CURRENCY: (
        "The {column} is {value} without a currency; give {currency_column}, such as usd."
    ),
    Problem.CURRENCY_WITHOUT_AMOUNT: (
        "The {column} is {value} without an amount; give {amount_column} too."
    ),
    Problem.NOT_A_CURRENCY: "The {column} is {value!r}; write a three-letter code such as usd.",
    Problem.WITHOUT_UNIT: "The {column} is {value} without a unit; give {unit}: {allowed}.",
    Problem.NOT_A_COUNTRY: "The {column} is {value!r}; write the two-letter code, such as US or DE.",
    Problem.NOT_A_DATE: (
        "The {column} is {value!r}; write a date such as 2026-05-31, or an instant with its offset "
        "such as 2026-05-31T12:00:00Z."
    ),
    Problem.SPREADSHEET_ERROR: (
        "The {column} is {value!r}, an error of the spreadsheet it comes from; correct it there and save the "
        "file again."
    ),
    Problem.FORMULA: (
        "The {column} is {value!r}, a formula and not what it comes to; save the file with its values, and "
        "long numbers in a column with the format text."
    ),
    Problem.SCIENTIFIC: (
        "The {column} is {value!r}, to which a spreadsheet has shortened a long number; give the column the "
        "format text and enter the whole number again."
    ),
    Problem.DECIMAL_TAIL: (
        "The {column} is {value!r}, of which a program has made a number; give the column the format text "
        "and write {fixed!r}, with the zeros it began with."
    ),
    Problem.DIGITS_LOST: (
        "The {column} is {value!r}: a spreadsheet keeps 15 digits of a number and makes the others 0. Give "
        "the column the format text and enter the whole number again."
    ),
    Problem.LOST_ZEROS: (
        "The {column} is {value!r}, which is too short for {country}: a spreadsheet drops zeros at the "
        "beginning. Write {fixed!r} if that is meant, in a column with the format text."
    ),
    Problem.BECAME_A_DATE: (
        "The {column} is {value!r}, a date that a spreadsheet may have made of it; give the column the "
        "format text and enter it again."
    ),
    Problem.SERIAL_DATE: (
        "The {column} is {value!r}, which is how Excel counts days; write {fixed} if that day is meant."
    ),
    Problem.TEXT_MARK: (
        "The {column} is {value!r} with the mark by which a spreadsheet knows text; write {fixed!r}."
    ),
    Problem.PLACEHOLDER: (
        "The {column} is {value!r}, which stands for one that is not there yet; leave the row out until "
        "there is one."
    ),
    Problem.UNSEEN_CHARACTER: (
        "The {column} is {value!r}, with a character in it that nobody sees; write {fixed!r}."
    ),
    Problem.WIDE_CHARACTERS: (
        "The {column} is {value!r}, in characters of full width or of another form; write {fixed!r}."
    ),
    Problem.SEVERAL_VALUES: "The {column} is {value!r}, which is more than one; give one on each row.",
    Problem.DUPLICATE_KEY: "The key {key!r} stands on {lines}; each row needs a key of its own.",
    Problem.KEY_OF_ANOTHER_WRITE: (
        "The key {key!r} was used on {date} for something else ({other}); give this row another key."
    ),
    Problem.SENT_WITH_OTHER_CONTENTS: (
        "{named} was sent on {date} with other contents ({other}); to change what is in ShipStation, edit "
        "it there."
    ),
    Problem.UNSETTLED_KEY: (
        "This row was sent on {date} and it is not known whether it was carried out. {advice}"
    ),
    Problem.UNSETTLED_PLACE: (
        "It is not known whether an earlier row for {sku} at {location} was carried out. {advice}"
    ),
    Problem.UNKNOWN_SKU: (
        "The sku {sku!r} is not known: no product and no stock, now or before, has it.{hint}"
    ),
    Problem.UNREADABLE_LEVEL: (
        "ShipStation gave no whole number for what is on hand of {sku} at {location}, so nothing can be "
        "compared with it. Correct the level in ShipStation, then run `shipsync sync` and plan again."
    ),
    Problem.UNKNOWN_LOCATION: (
        "The location {value!r} is not known, neither as an id nor as a name. See `shipsync locations`, "
        "or `shipsync sync` first if it is new."
    ),
    Problem.AMBIGUOUS_LOCATION: "{count} locations are named {value!r}; give the id instead: {ids}.",
    Problem.CONTRADICTING_LOCATION: (
        "The inventory_location_id is {id} and the location is {value!r}, which is {other}; keep one of "
        "them."
    ),
    Problem.DATES_REVERSED: "The stock would be usable from {start} until {end}; swap the two dates.",
    Problem.ONLY_FOR_MODIFY: "The {column} means something for the action modify only, not for {action}.",
    Problem.NOTHING_TO_MODIFY: (
        "Nothing to modify is given; fill new_inventory_location_id, new_condition, or new_cost_amount "
        "with new_cost_currency."
    ),
    Problem.MOVE_TO_ITSELF: "The stock would move from {location} to itself; name another location.",
    Problem.SAME_PLACE: "The stock of {sku} at {location} is changed on {lines}; make one row of them.",
    Problem.BELOW_ALLOCATED: (
        "{wanted} would be less than the {allocated} that orders have claimed of {sku} at {location}; "
        "release the orders or raise the quantity."
    ),
    Problem.BEYOND_AVAILABLE: (
        "{quantity} cannot be taken: {available} of {sku} are available at {location} "
        "({on_hand} on hand, {allocated} claimed by orders)."
    ),
    Problem.BEYOND_ON_HAND: "{quantity} cannot be modified: {on_hand} of {sku} are on hand at {location}.",
    Problem.NO_ORIGIN: (
        "Nothing says where it leaves from; give a warehouse_id (`shipsync warehouses` lists them) or the "
        "ship_from columns."
    ),
    Problem.EMPTY_ITEM: "An item has neither item_sku nor item_name; name what is in the box.",
    Problem.CONTRADICTING_LINES: (
        "The {column} is {one!r} on line {first} and {other!r} on line {second}, which are one shipment; "
        "make them agree, or give each shipment its own external_shipment_id."
    ),
    Problem.REPEATED_LINE: (
        "Lines {first} and {second} say the same; remove one, or raise the item_quantity."
    ),
    Problem.REPEATED_SHIPMENT: (
        "The external_shipment_id {key!r} stands on {lines}; give each shipment one of its own."
    ),
    Problem.UNKNOWN_WAREHOUSE: (
        "The warehouse_id {value!r} is not known.{hint} See `shipsync warehouses`, or `shipsync sync` first "
        "if it is new."
    ),
    Problem.UNKNOWN_CARRIER: "The carrier_id {value!r} is not known; the account has {known}.",
    Problem.UNKNOWN_SERVICE: (
        "The service_code {value!r} is not known{of_carrier}.{hint} There are {known}."
    ),
    Problem.UNKNOWN_CARRIER_CODE: (
        "The carrier_code {value!r} is not one of the account's.{hint} It has {known}."
    ),
    Problem.MISSING_SHIPMENT: "No shipment is named; give its shipment_id or external_shipment_id.",
    Problem.UNKNOWN_SHIPMENT: (
        "The shipment {value!r} is not known, neither by ShipStation's id nor by yours. `shipsync sync` "
        "first if it is new."
    ),
    Problem.GONE_SHIPMENT: (
        "The shipment {value!r} is gone: since {since} ShipStation knows it no more, as when it was deleted "
        "there. Take the row out."
    ),
    Problem.MERGED_SHIPMENT: (
        "The shipment {value!r} was merged into {other}, as was seen on {since}; name that one instead."
    ),
    Problem.AMBIGUOUS_SHIPMENT: (
        "{count} shipments have the external_shipment_id {value!r}; give the shipment_id: {ids}."
    ),
    Problem.SAME_SHIPMENT: "Shipment {shipment_id} stands on {lines}; keep one of them.",
    Problem.LIVE_LABEL: (
        "Shipment {shipment_id} has a live label: {labels}. Void it first, in ShipStation or with "
        "--void-labels."
    ),
    Problem.MARKED_SHIPPED: (
        "Shipment {shipment_id} was marked as shipped, with tracking number {numbers}; if it was not, take "
        "that back in ShipStation first."
    ),
    Problem.CANCELLED: "Shipment {shipment_id} is cancelled; it cannot be fulfilled.",
    Problem.HAS_LABEL: (
        "Shipment {shipment_id} has a live label, {labels}, so it counts as shipped with that; void the "
        "label first if another carrier took it."
    ),
    Problem.FULFILLED: (
        "Shipment {shipment_id} is fulfilled already, with tracking number {numbers}; correct that in "
        "ShipStation if it is wrong."
    ),
}


class InvalidRowError(Exception):
    """A row that cannot be planned; ``problem`` is its kind and ``str()`` the sentence."""

    def __init__(self, problem: Problem, **values: object) -> None:
        super().__init__(SENTENCES[problem].format(**values))
        self.problem = problem


def lines_by(pairs: Iterable[tuple[D, int]]) -> dict[D, list[int]]:
    """The lines on which each thing stands."""
    found: dict[D, list[int]] = {}
    for thing, line in pairs:
        found.setdefault(thing, []).append(line)
    return found


def repeated(pairs: Iterable[tuple[D, int]]) -> dict[D, list[int]]:
    """The lines of every thing that stands on more than one; quick where few do."""
    first: dict[D, int] = {}
    found: dict[D, list[int]] = {}
    for thing, line in pairs:
        earlier = first.setdefault(thing, line)
        if earlier != line:
            found.setdefault(thing, [earlier]).append(line)
    return found


def listed(lines: Sequence[int]) -> str:
    """Lines as a sentence names them."""
    more = len(lines) - _SHOWN_LINES
    tail = f" and {more} more" if more > 0 else ""
    return f"lines {', '.join(str(line) for line in lines[:_SHOWN_LINES])}{tail}"
