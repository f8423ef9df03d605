"""What applied changes left: the stock as it should be, and whether it still is.

A plan compares with the stock last synced. What shipsync itself changed since then it knows better: 60 that
were brought to 57 are 57, and going back to 60 is no no-op. Reading back compares the same figures with the
account; a difference there need not be a fault, for a label that was made since takes stock too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from shipsync.errors import IncompleteRead
from shipsync.reverse.outbox.finding import Drift, ReadBack
from shipsync.reverse.outbox.states import Source
from shipsync.reverse.outbox.store import LedgerEntry
from shipsync.reverse.stock.change import KIND, StockLocation, from_request
from shipsync.reverse.stock.effect import differences
from shipsync.reverse.stock.proof import must_show
from shipsync.reverse.stock.readings import LevelReader, UnclearLevel, from_json
from shipsync.reverse.stock.stored import StoredLevel, StoredStock


def after(stored: StoredStock, applied: Iterable[LedgerEntry]) -> StoredStock:
    """The stored stock, with the levels that applied changes left; the oldest change comes first."""
    changed: dict[StockLocation, StoredLevel] = {}
    keys: dict[StockLocation, str] = {}
    for entry in applied:
        left = _shown_by(entry) or left_by(entry)
        changed |= left
        keys |= dict.fromkeys(left, entry.row_key)
    if not changed:
        return stored
    return replace(
        stored,
        levels={**stored.levels, **changed},
        own_changes=keys,
        unreadable=stored.unreadable - changed.keys(),
    )


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


@dataclass(frozen=True)
class _Expected:
    key: str
    place: StockLocation
    on_hand: int


def read_back(entries: Sequence[LedgerEntry], reader: LevelReader, pages: int) -> ReadBack:
    """Read the level of every place that applied changes touched, and compare.

    They are read one by one, or out of the whole list where its ``pages`` are fewer. Raises what
    ``Session.read`` raises, and ``IncompleteRead``.
    """
    comparable = [entry for entry in entries if must_show(from_request(entry.request))]
    expected = [level for entry in comparable for level in _expected(entry)]
    listed = _listed(reader, (e.place for e in expected)) if len(expected) > pages else {}
    # A row can slip between the pages of a list, so what differs in it is asked for by itself.
    suspects = [e for e in expected if e.on_hand != listed.get(e.place)]
    found = {level.place: _on_hand(reader, level.place) for level in suspects}
    unclear = sum(on_hand is None for on_hand in found.values())
    return ReadBack(
        checked=len(expected) - unclear,
        not_comparable=len(entries) - len(comparable) + unclear,
        drifts=tuple(_drifts(suspects, found)),
    )


def _drifts(
    suspects: Iterable[_Expected], found: Mapping[StockLocation, int | None]
) -> Iterator[Drift]:
    for level in suspects:
        on_hand = found[level.place]
        if on_hand is not None and on_hand != level.on_hand:
            yield Drift(KIND, level.key, str(level.place), level.on_hand, on_hand)


def _listed(reader: LevelReader, places: Iterable[StockLocation]) -> dict[StockLocation, int]:
    """What the whole list says of these places, as far as it does."""
    levels: dict[StockLocation, int] = {}
    with suppress(IncompleteRead):
        listing = reader.listed().levels
        for place in places:
            levels[place] = listing.at(place).on_hand
    return levels


def _on_hand(reader: LevelReader, place: StockLocation) -> int | None:
    """Units on hand; None where the account does not say plainly."""
    try:
        return reader.now(place).levels[place].on_hand
    except UnclearLevel:
        return None


def _expected(entry: LedgerEntry) -> Iterable[_Expected]:
    for place, level in left_by(entry).items():
        yield _Expected(entry.row_key, place, level.on_hand)
