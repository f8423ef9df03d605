"""The stock as it should be after what was applied from here since it was last read.

A plan compares with the stock last synced. What shipsync itself changed since then it knows better: 60 that
were brought to 57 are 57, and going back to 60 is no no-op.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from shipsync.reverse.outbox.states import Source
from shipsync.reverse.outbox.store import LedgerEntry
from shipsync.reverse.stock.change import StockLocation, from_request
from shipsync.reverse.stock.effect import differences
from shipsync.reverse.stock.proof import must_show
from shipsync.reverse.stock.readings import from_json
from shipsync.reverse.stock.stored import StoredLevel, StoredStock


def after(held: StoredStock, applied: Iterable[LedgerEntry]) -> StoredStock:
    """What is held, with the levels that applied changes left; the oldest change comes first."""
    changed: dict[StockLocation, StoredLevel] = {}
    keys: dict[StockLocation, str] = {}
    for entry in applied:
        left = _shown_by(entry) or left_by(entry)
        changed |= left
        keys |= dict.fromkeys(left, entry.row_key)
    if not changed:
        return held
    return replace(held, levels={**held.levels, **changed}, own_changes=keys)


def _shown_by(entry: LedgerEntry) -> dict[StockLocation, StoredLevel]:
    """The levels that were read after a change, where a reading is what settled it."""
    if entry.source is not Source.READING or entry.reading_after is None:
        return {}
    return dict(from_json(entry.reading_after).levels)


def left_by(entry: LedgerEntry) -> dict[StockLocation, StoredLevel]:
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
