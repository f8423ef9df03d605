"""Why a row of stock cannot be planned: every kind, with the sentence a person gets."""

from __future__ import annotations

from enum import StrEnum


class Problem(StrEnum):
    """A kind of invalid row."""

    MISSING_SKU = "missing_sku"
    MISSING_LOCATION = "missing_location"
    MISSING_QUANTITY = "missing_quantity"
    UNKNOWN_ACTION = "unknown_action"
    QUANTITY_NOT_A_NUMBER = "quantity_not_a_number"
    QUANTITY_FRACTIONAL = "quantity_fractional"
    QUANTITY_NEGATIVE = "quantity_negative"
    QUANTITY_TOO_LARGE = "quantity_too_large"
    COST_NOT_AN_AMOUNT = "cost_not_an_amount"
    COST_WITHOUT_CURRENCY = "cost_without_currency"
    CURRENCY_WITHOUT_COST = "currency_without_cost"
    CURRENCY_NOT_A_CODE = "currency_not_a_code"
    UNKNOWN_CONDITION = "unknown_condition"
    NOT_A_DATE = "not_a_date"
    DATES_REVERSED = "dates_reversed"
    ONLY_FOR_MODIFY = "only_for_modify"
    NOTHING_TO_MODIFY = "nothing_to_modify"
    MOVE_TO_ITSELF = "move_to_itself"
    UNKNOWN_LOCATION = "unknown_location"
    AMBIGUOUS_LOCATION = "ambiguous_location"
    CONTRADICTING_LOCATION = "contradicting_location"
    UNKNOWN_SKU = "unknown_sku"
    BELOW_ALLOCATED = "below_allocated"
    BEYOND_AVAILABLE = "beyond_available"
    BEYOND_ON_HAND = "beyond_on_hand"
    DUPLICATE_KEY = "duplicate_key"
    SAME_PLACE = "same_place"
    KEY_OF_ANOTHER_WRITE = "key_of_another_write"
    UNSETTLED_KEY = "unsettled_key"
    UNSETTLED_PLACE = "unsettled_place"


SENTENCES: dict[Problem, str] = {
    Problem.MISSING_SKU: "The sku is empty; name the product.",
    Problem.MISSING_LOCATION: "The location is empty; give its id or its name.",
    Problem.MISSING_QUANTITY: "The {column} is empty; give a whole number.",
    Problem.UNKNOWN_ACTION: "The action is {value!r}; it can be adjust, increment, decrement or modify.",
    Problem.QUANTITY_NOT_A_NUMBER: "The {column} is {value!r}; write it in digits only, such as 1200.",
    Problem.QUANTITY_FRACTIONAL: "The {column} is {value}; it must be a whole number.",
    Problem.QUANTITY_NEGATIVE: ("The {column} is {value}; it cannot be negative.{hint}"),
    Problem.QUANTITY_TOO_LARGE: "The {column} is {value}; at most {most} is sent. Is it a slip?",
    Problem.COST_NOT_AN_AMOUNT: "The {column} is {value!r}; write an amount such as 12.50.",
    Problem.COST_WITHOUT_CURRENCY: (
        "The {column} is {value} without a currency; give {currency_column}, such as usd."
    ),
    Problem.CURRENCY_WITHOUT_COST: "The {column} is {value} without an amount; give {cost_column} too.",
    Problem.CURRENCY_NOT_A_CODE: "The {column} is {value!r}; write a three-letter code such as usd.",
    Problem.UNKNOWN_CONDITION: "The {column} is {value!r}; it can be {allowed}.",
    Problem.NOT_A_DATE: (
        "The {column} is {value!r}; write a date such as 2026-05-31, or an instant with its offset "
        "such as 2026-05-31T12:00:00Z."
    ),
    Problem.DATES_REVERSED: "The stock would be usable from {start} until {end}; swap the two dates.",
    Problem.ONLY_FOR_MODIFY: "The {column} means something for the action modify only, not for {action}.",
    Problem.NOTHING_TO_MODIFY: (
        "Nothing to modify is given; fill new_inventory_location_id, new_condition, or new_cost_amount "
        "with new_cost_currency."
    ),
    Problem.MOVE_TO_ITSELF: "The stock would move from {location} to itself; name another location.",
    Problem.UNKNOWN_LOCATION: (
        "The location {value!r} is not known, neither as an id nor as a name. See `shipsync locations`, "
        "or `shipsync sync` first if it is new."
    ),
    Problem.AMBIGUOUS_LOCATION: "{count} locations are named {value!r}; give the id instead: {ids}.",
    Problem.CONTRADICTING_LOCATION: (
        "inventory_location_id is {id} and location is {value!r}, which is {other}; keep one of them."
    ),
    Problem.UNKNOWN_SKU: (
        "The sku {sku!r} is not known: no product and no stock, now or before, has it.{hint}"
    ),
    Problem.BELOW_ALLOCATED: (
        "{wanted} would be less than the {allocated} that orders have claimed of {sku} at {location}; "
        "release the orders or raise the quantity."
    ),
    Problem.BEYOND_AVAILABLE: (
        "{quantity} cannot be taken: {available} of {sku} are available at {location} "
        "({on_hand} on hand, {allocated} claimed by orders)."
    ),
    Problem.BEYOND_ON_HAND: "{quantity} cannot be modified: {on_hand} of {sku} are on hand at {location}.",
    Problem.DUPLICATE_KEY: "The key {key!r} stands on {lines}; each row needs a key of its own.",
    Problem.SAME_PLACE: "The stock of {sku} at {location} is changed on {lines}; make one row of them.",
    Problem.KEY_OF_ANOTHER_WRITE: (
        "The key {key!r} was used on {date} for something else ({other}); give this row another key."
    ),
    Problem.UNSETTLED_KEY: (
        "This row went out on {date} and it is not known whether it was carried out. {again}ook at the "
        "stock and run `shipsync stock resolve {key}`."
    ),
    Problem.UNSETTLED_PLACE: (
        "It is not known whether an earlier row for {sku} at {location} was carried out. {again}ook at the "
        "stock and run `shipsync stock resolve {key}`."
    ),
}


class InvalidRowError(Exception):
    """A row that cannot be planned; ``problem`` is its kind and ``str()`` the sentence."""

    def __init__(self, problem: Problem, **values: object) -> None:
        super().__init__(SENTENCES[problem].format(**values))
        self.problem = problem
