"""What a change of stock does to the levels, and whether it can be done to them."""

from __future__ import annotations

from shipsync.reverse.plan.problems import InvalidRowError, Problem
from shipsync.reverse.stock.change import Change, StockAction, StockLocation
from shipsync.reverse.stock.stored import StoredLevel


def difference(action: StockAction, level: StoredLevel) -> int:
    """Units by which on hand changes at the action's own place; ``level`` is what is there now."""
    match action.change:
        case Change.ADJUST:
            return action.quantity - level.on_hand
        case Change.INCREMENT:
            return action.quantity
        case Change.DECREMENT:
            return -action.quantity
        case Change.MODIFY:
            return 0 if action.target is None else -action.quantity


def differences(action: StockAction, level: StoredLevel) -> dict[StockLocation, int]:
    """The same for every place that the action changes."""
    own = difference(action, level)
    changed = {action.place: own}
    if action.target is not None:
        changed[action.target] = -own
    return changed


def check_fits(action: StockAction, level: StoredLevel, location: str) -> None:
    """Raise ``InvalidRowError`` when the level does not allow the change; ``location`` is its label.

    The API does not say whether it refuses an adjust below what is allocated, or a move of allocated
    stock (FACTS, Inventory), so both are refused here.
    """
    taken = action.quantity
    if action.change is Change.ADJUST:
        if taken < level.claimed:
            raise InvalidRowError(
                Problem.BELOW_ALLOCATED,
                wanted=taken,
                allocated=level.claimed,
                sku=action.sku,
                location=location,
            )
        return
    takes = action.change is Change.DECREMENT or action.target is not None
    if takes and taken > level.available:
        raise InvalidRowError(
            Problem.BEYOND_AVAILABLE,
            quantity=taken,
            available=max(level.available, 0),
            sku=action.sku,
            location=location,
            on_hand=level.on_hand,
            allocated=level.claimed,
        )
    if action.change is Change.MODIFY and taken > level.on_hand:
        raise InvalidRowError(
            Problem.BEYOND_ON_HAND,
            quantity=taken,
            on_hand=level.on_hand,
            sku=action.sku,
            location=location,
        )


def no_op_reason(action: StockAction, level: StoredLevel) -> str | None:
    """Why the action would change nothing; None when it would."""
    if action.change is Change.ADJUST:
        # Units on hand say nothing of those in one condition.
        same = action.quantity == level.on_hand and action.condition is None
        return f"{level.on_hand} are on hand already." if same else None
    return "A quantity of 0 changes nothing." if action.quantity == 0 else None


def own_calls(action: StockAction) -> int:
    """Requests that the action needs for itself: the change, and the levels before all but an adjust."""
    return 1 if action.may_be_repeated else 1 + len(action.places)
