"""From a row of text to a change of stock; raises ``InvalidRowError`` for what cannot be meant."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal

import pendulum
from pendulum.parsing.exceptions import ParserError

from shipsync.reverse.plan.problems import InvalidRowError, Problem
from shipsync.reverse.stock.change import CONDITIONS, Change, Cost, StockAction
from shipsync.reverse.stock.locations import Locations

LARGEST_QUANTITY = 2_147_483_647

_ONLY_FOR_MODIFY = (
    "new_inventory_location_id",
    "new_cost_amount",
    "new_cost_currency",
    "new_condition",
)
_DATES = ("usable_start_date", "usable_end_date", "effective_at")
_PLAIN = frozenset({"sku", "inventory_location_id", "location", "action", "quantity", "key"})
COLUMNS = frozenset(
    {
        *_PLAIN,
        *("cost_amount", "cost_currency", "condition", "lot", "reason", "notes"),
        *_DATES,
        *_ONLY_FOR_MODIFY,
    }
)
REQUIRED = (
    frozenset({"sku"}),
    frozenset({"inventory_location_id", "location"}),
    frozenset({"quantity"}),
)

_NUMBER = re.compile(r"(-?)(\d+)(?:\.(\d+))?", re.ASCII)
_AMOUNT = re.compile(r"\d{1,12}(?:\.\d{1,6})?", re.ASCII)
_CURRENCY = re.compile(r"[A-Za-z]{3}", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_INSTANT = re.compile(
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)", re.ASCII
)


def read_action(
    cells: Mapping[str, str], locations: Locations, default_change: Change
) -> StockAction:
    """The change of stock that a row asks for."""
    change = _change(cells.get("action"), default_change)
    sku = _given(cells, "sku", Problem.MISSING_SKU)
    place = locations.find(cells.get("inventory_location_id"), cells.get("location"))
    quantity = read_quantity(cells, "quantity")
    # Most rows of a large file say no more than this; looking for the rest would take half the time.
    if cells.keys() <= _PLAIN and change is not Change.MODIFY:
        return StockAction(change, sku, place.inventory_location_id, quantity)
    action = StockAction(
        change,
        sku,
        place.inventory_location_id,
        quantity,
        cost=_cost(cells, "cost"),
        condition=_condition(cells, "condition"),
        lot=cells.get("lot"),
        usable_start_date=read_date(cells, "usable_start_date"),
        usable_end_date=read_date(cells, "usable_end_date"),
        effective_at=read_date(cells, "effective_at"),
        reason=cells.get("reason"),
        notes=cells.get("notes"),
        new_inventory_location_id=_new_location(cells, locations),
        new_cost=_cost(cells, "new_cost"),
        new_condition=_condition(cells, "new_condition"),
    )
    _check_dates(action)
    _check_modify(action, cells, place.label)
    return action


def _given(cells: Mapping[str, str], column: str, problem: Problem) -> str:
    if column not in cells:
        raise InvalidRowError(problem, column=column)
    return cells[column]


def _change(text: str | None, default: Change) -> Change:
    if text is None:
        return default
    try:
        return Change(text.lower())
    except ValueError:
        raise InvalidRowError(Problem.UNKNOWN_ACTION, value=text) from None


def read_quantity(cells: Mapping[str, str], column: str) -> int:
    """The units that a cell states; raises ``InvalidRowError`` for anything but a whole number."""
    text = _given(cells, column, Problem.MISSING_QUANTITY)
    if len(text) < 10 and text.isascii() and text.isdigit():
        return int(text)
    match = _NUMBER.fullmatch(text)
    if match is None:
        raise InvalidRowError(Problem.QUANTITY_NOT_A_NUMBER, column=column, value=text)
    sign, whole, fraction = match.groups()
    # Spreadsheets and floating-point columns write twelve as 12.0.
    if fraction and fraction.strip("0"):
        raise InvalidRowError(Problem.QUANTITY_FRACTIONAL, column=column, value=text)
    if sign and whole.strip("0"):
        hint = " To take stock away, use the action decrement." if column == "quantity" else ""
        raise InvalidRowError(Problem.QUANTITY_NEGATIVE, column=column, value=text, hint=hint)
    if len(whole.lstrip("0")) > 10 or int(whole) > LARGEST_QUANTITY:
        raise InvalidRowError(
            Problem.QUANTITY_TOO_LARGE, column=column, value=text, most=LARGEST_QUANTITY
        )
    return int(whole)


def _cost(cells: Mapping[str, str], name: str) -> Cost | None:
    amount_column, currency_column = f"{name}_amount", f"{name}_currency"
    amount, currency = cells.get(amount_column), cells.get(currency_column)
    if amount is None and currency is None:
        return None
    if amount is None:
        raise InvalidRowError(
            Problem.CURRENCY_WITHOUT_COST,
            column=currency_column,
            value=currency,
            cost_column=amount_column,
        )
    if not _AMOUNT.fullmatch(amount):
        raise InvalidRowError(Problem.COST_NOT_AN_AMOUNT, column=amount_column, value=amount)
    if currency is None:
        raise InvalidRowError(
            Problem.COST_WITHOUT_CURRENCY,
            column=amount_column,
            value=amount,
            currency_column=currency_column,
        )
    if not _CURRENCY.fullmatch(currency):
        raise InvalidRowError(Problem.CURRENCY_NOT_A_CODE, column=currency_column, value=currency)
    return Cost(Decimal(amount), currency)


def _condition(cells: Mapping[str, str], column: str) -> str | None:
    text = cells.get(column)
    if text is not None and text not in CONDITIONS:
        raise InvalidRowError(
            Problem.UNKNOWN_CONDITION, column=column, value=text, allowed=", ".join(CONDITIONS)
        )
    return text


def read_date(cells: Mapping[str, str], column: str) -> str | None:
    """RFC 3339 in UTC; a plain date is its first instant in UTC."""
    text = cells.get(column)
    if text is None:
        return None
    try:
        if _DATE.fullmatch(text) or _INSTANT.fullmatch(text):
            parsed = pendulum.parse(text, tz="UTC")
            if isinstance(parsed, pendulum.DateTime):
                return parsed.in_timezone("UTC").format("YYYY-MM-DDTHH:mm:ss[Z]")
    except (ParserError, ValueError):
        pass
    raise InvalidRowError(Problem.NOT_A_DATE, column=column, value=text)


def _new_location(cells: Mapping[str, str], locations: Locations) -> str | None:
    text = cells.get("new_inventory_location_id")
    return None if text is None else locations.find(None, text).inventory_location_id


def _check_dates(action: StockAction) -> None:
    start, end = action.usable_start_date, action.usable_end_date
    # Both were written by read_date, in one form, so that their text sorts as their time does.
    if start is not None and end is not None and end < start:
        raise InvalidRowError(Problem.DATES_REVERSED, start=start, end=end)


def _check_modify(action: StockAction, cells: Mapping[str, str], location: str) -> None:
    given = [column for column in _ONLY_FOR_MODIFY if column in cells]
    if action.change is not Change.MODIFY:
        if given:
            raise InvalidRowError(
                Problem.ONLY_FOR_MODIFY, column=given[0], action=action.change.value
            )
        return
    if not given:
        raise InvalidRowError(Problem.NOTHING_TO_MODIFY)
    if action.new_inventory_location_id == action.inventory_location_id:
        raise InvalidRowError(Problem.MOVE_TO_ITSELF, location=location)
