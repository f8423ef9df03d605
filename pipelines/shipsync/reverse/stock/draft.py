"""A row on its way into a plan: its text read, its location found, its key given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from shipsync.reverse.plan.input_files import InputRow
from shipsync.reverse.plan.problems import InvalidRowError
from shipsync.reverse.plan.row import PlanRow, Status
from shipsync.reverse.stock.change import Change, StockAction, StockLocation, derived_key
from shipsync.reverse.stock.row import read_action
from shipsync.reverse.stock.stored import StoredStock


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
    row: InputRow, held: StoredStock, default_change: Change, connection: str, observation: str
) -> Draft | PlanRow:
    """The row as a draft, or as an invalid row of the plan.

    A row without a key gets one from ``connection``, what it says and, if it states a level, from when
    that was seen: at an ``observation``, or as one of our own changes left it.
    """
    key = row.cells.get("key")
    try:
        action = read_action(row.cells, held.locations, default_change)
    except InvalidRowError as refusal:
        return PlanRow(
            row.line,
            Status.INVALID,
            key,
            row.cells.get("sku"),
            problem=refusal.problem,
            reason=str(refusal),
        )
    request = action.request()
    own_change = held.own_changes.get(action.place)
    seen = observation if own_change is None else f"{observation} {own_change}"
    chosen = key or derived_key(request, connection, seen)
    return Draft(row.line, chosen, key is not None, action, action.places, request)
