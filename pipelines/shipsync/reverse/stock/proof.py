"""What two readings prove about a change of stock whose answer was lost.

A reading shows numbers, not causes: stock also moves by labels and by people, and a movement of the
same size in the same moment looks like ours. So a change counts as settled only when

- nothing else of ours was under way at its places (the plan and the outbox see to that),
- the readings before and after lie at most ``WINDOW`` apart,
- what orders have claimed is the same in both (a sale moves it together with the stock), and
- the levels of every place it touches are exactly those of one of the two possible pasts: it was made,
  or it was not. Any other level means that somebody else moved stock there, and then nothing is known.

"Not made" needs more: an unchanged level, twice, ``LATE_COMMIT_WAIT`` apart, because the server may
still be at work on a request whose answer we stopped waiting for. And it is not concluded at all where
the change need not show in on_hand: for conditions other than sellable, usable dates, a later effective
date (FACTS, Inventory: which units on_hand counts is not established).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from shipsync.reverse.outbox.finding import Finding, Verdict, made
from shipsync.reverse.stock.change import Change, StockAction, StockLocation
from shipsync.reverse.stock.effect import differences
from shipsync.reverse.stock.readings import LevelReading
from shipsync.reverse.stock.stored import StoredLevel

WINDOW = timedelta(minutes=15)


def judge(action: StockAction, before: LevelReading, after: LevelReading) -> Finding:
    """What the readings prove; both hold the levels of every place the action touches."""
    expected = differences(action, before.levels[action.place])
    moved = {
        place: after.levels[place].on_hand - before.levels[place].on_hand for place in expected
    }
    looks_made = any(expected.values()) and moved == expected
    apart = abs(after.read_at - before.read_at)
    if apart > WINDOW:
        return _undecided(
            f"the levels were read {apart.total_seconds() / 60:.0f} minutes apart, in which others may "
            "have moved the stock",
            looks_made=looks_made,
        )
    if _claims_differ(before.levels, after.levels):
        return _undecided(
            "orders claimed or released stock there in the meantime", looks_made=looks_made
        )
    if not any(expected.values()):
        return _judge_cost(action, before, after)
    shown = _shown(before.levels, after.levels)
    if looks_made:
        return made(f"The answer was lost; the level read after it shows it: {shown}.")
    if any(moved.values()):
        return _undecided(f"the level is what neither outcome explains: {shown}")
    if not must_show(action):
        return _undecided(
            f"the level is unchanged ({shown}), where this change need not show", is_unmoved=True
        )
    return Finding(
        Verdict.NOT_MADE,
        f"The answer was lost; the level read after it shows that nothing was changed: {shown}. Plan the "
        "row again.",
        is_unmoved=True,
    )


def _judge_cost(action: StockAction, before: LevelReading, after: LevelReading) -> Finding:
    """A change that leaves the quantities: only a new cost of all units can be seen."""
    old, new = before.levels[action.place], after.levels[action.place]
    wanted = action.new_cost
    can_be_seen = (
        action.change is Change.MODIFY
        and wanted is not None
        and old.on_hand == new.on_hand == action.quantity
        and old.average_cost not in (None, wanted)
    )
    if can_be_seen and new.average_cost == wanted:
        return made("The answer was lost; the average cost read after it shows it.")
    if can_be_seen and new.average_cost == old.average_cost and must_show(action):
        return Finding(
            Verdict.NOT_MADE,
            "The answer was lost; the average cost read after it is unchanged. Plan the row again.",
            is_unmoved=True,
        )
    return _undecided(
        "the change cannot be told from the level", is_unmoved=old.on_hand == new.on_hand
    )


def _claims_differ(
    before: Mapping[StockLocation, StoredLevel], after: Mapping[StockLocation, StoredLevel]
) -> bool:
    pairs = ((level.allocated, after[place].allocated) for place, level in before.items())
    return any(old is not None and new is not None and old != new for old, new in pairs)


def must_show(action: StockAction) -> bool:
    """Whether carrying it out is bound to be seen in on_hand or the average cost."""
    conditions = {action.condition, action.new_condition} - {None, "sellable"}
    dates = (action.usable_start_date, action.usable_end_date, action.effective_at)
    return not conditions and not any(dates)


def _shown(
    before: Mapping[StockLocation, StoredLevel], after: Mapping[StockLocation, StoredLevel]
) -> str:
    return ", ".join(
        f"{place} {level.on_hand} before and {after[place].on_hand} after"
        for place, level in before.items()
    )


def _undecided(why: str, *, is_unmoved: bool = False, looks_made: bool = False) -> Finding:
    return Finding(
        Verdict.UNDECIDED,
        f"The answer was lost, and {why}. Look at the stock and resolve the row by hand.",
        is_unmoved,
        looks_made,
    )
