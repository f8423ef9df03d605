"""Reading back what a plan applied: does each level still stand where the change put it?

A difference need not be a fault: a label that was made since takes stock too. It is for a person to see.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from shipsync.errors import IncompleteRead
from shipsync.reverse.outbox.store import LedgerEntry
from shipsync.reverse.stock.change import StockLocation, from_request
from shipsync.reverse.stock.listed_levels import UnclearLevel
from shipsync.reverse.stock.own_changes import left_by
from shipsync.reverse.stock.proof import must_show
from shipsync.reverse.stock.readings import LevelReader


@dataclass(frozen=True)
class Drift:
    """A level that is not what an applied change made it; units on hand."""

    key: str
    sku: str
    inventory_location_id: str
    expected: int
    found: int


@dataclass(frozen=True)
class Verification:
    """What reading ``checked`` levels back came to.

    ``not_comparable`` changes need not show in on_hand: another condition, usable dates, a later
    effective date.
    """

    checked: int
    not_comparable: int
    drifts: tuple[Drift, ...]


@dataclass(frozen=True)
class _Expected:
    key: str
    place: StockLocation
    on_hand: int


def verify(entries: Sequence[LedgerEntry], reader: LevelReader, pages: int) -> Verification:
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
    return Verification(
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
            place = level.place
            yield Drift(level.key, place.sku, place.inventory_location_id, level.on_hand, on_hand)


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
