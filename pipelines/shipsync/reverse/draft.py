"""A row on its way into a plan: its text read, its location found, its key given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from shipsync.reverse.input_file import InputRow
from shipsync.reverse.locations import Locations
from shipsync.reverse.planned import PlanRow, Status
from shipsync.reverse.problem import InvalidRowError
from shipsync.reverse.stock_action import Change, Place, StockAction, derived_key
from shipsync.reverse.stock_row import read_action


@dataclass(slots=True)
class Draft:
    """A row that says something; ``has_own_key`` when the key came with it.

    Not frozen: setting the fields of 200,000 of them would take three times as long.
    """

    line: int
    key: str
    has_own_key: bool
    action: StockAction
    places: tuple[Place, ...]
    request: Mapping[str, object]


def read_draft(
    row: InputRow, locations: Locations, default_change: Change, seen: tuple[str, str]
) -> Draft | PlanRow:
    """The row as a draft, or as an invalid row of the plan.

    ``seen`` are the connection and the time of the observation, for the key of a row without one.
    """
    key = row.cells.get("key")
    try:
        action = read_action(row.cells, locations, default_change)
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
    chosen = key or derived_key(request, *seen)
    return Draft(row.line, chosen, key is not None, action, action.places, request)
