"""Reading back what a plan applied: does each level still stand where the change put it?

A difference need not be a fault: a label that was made since takes stock too. It is for a person to see.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from shipsync.reverse.outbox import Entry
from shipsync.reverse.own_changes import left_by
from shipsync.reverse.proof import must_show
from shipsync.reverse.readings import LevelReader
from shipsync.reverse.stock_action import Place, from_request


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
    place: Place
    on_hand: int


def verify(entries: Sequence[Entry], reader: LevelReader, pages: int) -> Verification:
    """Read the level of every place that applied changes touched, and compare.

    They are read one by one, or out of the whole list where its ``pages`` are fewer. Raises what
    ``Session.read`` raises, and ``IncompleteRead``.
    """
    comparable = [entry for entry in entries if must_show(from_request(entry.request))]
    expected = [level for entry in comparable for level in _expected(entry)]
    suspects = expected
    if len(expected) > pages:
        listed = reader.listed().levels
        # A row can slip between the pages of a list, so what differs in it is asked for by itself.
        suspects = [e for e in expected if listed.at(e.place).on_hand != e.on_hand]
    found = {level.place: reader.now(level.place).levels[level.place] for level in suspects}
    return Verification(
        checked=len(expected),
        not_comparable=len(entries) - len(comparable),
        drifts=tuple(
            Drift(
                level.key,
                level.place.sku,
                level.place.inventory_location_id,
                level.on_hand,
                found[level.place].on_hand,
            )
            for level in suspects
            if found[level.place].on_hand != level.on_hand
        ),
    )


def _expected(entry: Entry) -> Iterable[_Expected]:
    for place, level in left_by(entry).items():
        yield _Expected(entry.row_key, place, level.on_hand)
