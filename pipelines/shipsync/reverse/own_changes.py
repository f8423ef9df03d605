"""The stock as it should be after what was applied from here since it was last read.

A plan compares with the stock last synced. What shipsync itself changed since then it knows better: 60 that
were brought to 57 are 57, and going back to 60 is no no-op.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from shipsync.reverse.held import Held, Level
from shipsync.reverse.outbox import Entry
from shipsync.reverse.proof import must_show
from shipsync.reverse.readings import from_json
from shipsync.reverse.stock_action import Place, from_request
from shipsync.reverse.stock_effect import differences


def after(held: Held, applied: Iterable[Entry]) -> Held:
    """What is held, with the levels that applied changes left; the oldest change comes first."""
    changed: dict[Place, Level] = {}
    for entry in applied:
        changed |= left_by(entry)
    return replace(held, levels={**held.levels, **changed}) if changed else held


def left_by(entry: Entry) -> dict[Place, Level]:
    """The levels that an applied change left; none where they need not show in on hand."""
    action = from_request(entry.request)
    if entry.reading_before is None or not must_show(action):
        return {}
    before = from_json(entry.reading_before).levels
    moves = differences(action, before[action.place])
    return {
        place: replace(before[place], on_hand=before[place].on_hand + moved)
        for place, moved in moves.items()
    }
