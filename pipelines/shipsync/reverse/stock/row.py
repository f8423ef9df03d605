"""From a row of text to a change of stock; raises ``InvalidRowError`` for what cannot be meant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from shipsync.reverse.plan.cells import Cells, choice, date, money, required, whole_number
from shipsync.reverse.plan.input_files import InputRow
from shipsync.reverse.plan.problems import InvalidRowError, Problem
from shipsync.reverse.plan.row import PlanRow, Status
from shipsync.reverse.plan.spoiled_cells import check_cells
from shipsync.reverse.stock.change import (
    CONDITIONS,
    KIND,
    Change,
    Cost,
    StockAction,
    StockLocation,
    derived_key,
)
from shipsync.reverse.stock.stored import Locations, StoredStock

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
_ACTIONS = [change.value for change in Change]
_TO_TAKE_AWAY = "To take stock away, use the action decrement."


@dataclass(slots=True)
class StockFigures:
    """What a row of a plan shows of the stock, in columns of its own.

    ``on_hand``, ``allocated`` and ``wanted`` are units at the row's location: observed, claimed by orders,
    and as they would be afterwards; None where the row could not be read so far. Not frozen, as ``Draft``
    is not.
    """

    sku: str | None = None
    inventory_location_id: str | None = None
    location: str | None = None
    action: Change | None = None
    quantity: int | None = None
    on_hand: int | None = None
    allocated: int | None = None
    wanted: int | None = None
    difference: int | None = None


def figures_of(row: PlanRow) -> StockFigures:
    """The figures of a row of stock."""
    if not isinstance(row.figures, StockFigures):
        raise ValueError(f"line {row.line} is no row of stock")
    return row.figures


@dataclass(slots=True)
class Draft:
    """A row that says something; ``has_own_key`` when the key came with it.

    Not frozen: setting the fields of 200,000 of them would take three times as long.
    """

    line: int
    key: str
    has_own_key: bool
    action: StockAction
    places: tuple[StockLocation, ...]
    request: Mapping[str, object]


def read_draft(
    row: InputRow, stored: StoredStock, default_change: Change, connection: str, observation: str
) -> Draft | PlanRow:
    """The row as a draft, or as an invalid row of the plan.

    A row without a key gets one from ``connection``, what it says and, if it states a level, from when
    that was seen: at an ``observation``, or as one of our own changes left it.
    """
    key = row.cells.get("key")
    try:
        check_cells(row.cells, stored.skus)
        action = read_action(row.cells, stored.locations, default_change)
    except InvalidRowError as refusal:
        return PlanRow(
            KIND,
            row.line,
            Status.INVALID,
            key,
            problem=refusal.problem,
            reason=str(refusal),
            figures=StockFigures(row.cells.get("sku")),
        )
    request, places = action.request(), action.places
    own_change = stored.own_changes.get(places[0]) if stored.own_changes else None
    seen = observation if own_change is None else f"{observation} {own_change}"
    chosen = key or derived_key(request, connection, seen)
    return Draft(row.line, chosen, key is not None, action, places, request)


def read_action(cells: Cells, locations: Locations, default_change: Change) -> StockAction:
    """The change of stock that a row asks for."""
    change = _change(cells, default_change)
    sku = read_sku(cells)
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
        condition=choice(cells, "condition", CONDITIONS),
        lot=cells.get("lot"),
        usable_start_date=date(cells, "usable_start_date"),
        usable_end_date=date(cells, "usable_end_date"),
        effective_at=date(cells, "effective_at"),
        reason=cells.get("reason"),
        notes=cells.get("notes"),
        new_inventory_location_id=_new_location(cells, locations),
        new_cost=_cost(cells, "new_cost"),
        new_condition=choice(cells, "new_condition", CONDITIONS),
    )
    _check_dates(action)
    _check_modify(action, cells, place.label)
    return action


def read_sku(cells: Cells) -> str:
    """The product that a row names."""
    return required(cells, "sku", "Name the product.")


def read_quantity(cells: Cells, column: str) -> int:
    """The units that a cell states."""
    hint = _TO_TAKE_AWAY if column == "quantity" else ""
    found = whole_number(cells, column, least=0, most=LARGEST_QUANTITY, hint=hint)
    if found is None:
        raise InvalidRowError(Problem.MISSING, column=column, advice="Give a whole number.")
    return found


def _change(cells: Cells, default: Change) -> Change:
    # Looked for first: most files have no such column.
    return Change(choice(cells, "action", _ACTIONS) or default) if "action" in cells else default


def _cost(cells: Cells, name: str) -> Cost | None:
    amount_column, currency_column = f"{name}_amount", f"{name}_currency"
    if amount_column not in cells and currency_column in cells:
        raise InvalidRowError(
            Problem.CURRENCY_WITHOUT_AMOUNT,
            column=currency_column,
            value=cells[currency_column],
            amount_column=amount_column,
        )
    found = money(cells, amount_column, currency_column)
    return None if found is None else Cost(*found)


def _new_location(cells: Cells, locations: Locations) -> str | None:
    text = cells.get("new_inventory_location_id")
    return None if text is None else locations.find(None, text).inventory_location_id


def _check_dates(action: StockAction) -> None:
    start, end = action.usable_start_date, action.usable_end_date
    # Both were written by ``date``, in one form, so that their text sorts as their time does.
    if start is not None and end is not None and end < start:
        raise InvalidRowError(Problem.DATES_REVERSED, start=start, end=end)


def _check_modify(action: StockAction, cells: Cells, location: str) -> None:
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
