"""Rows that name a shipment which exists: by ShipStation's id, or by the caller's own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from shipsync.reverse.orders.stored import GoneShipment, StoredShipment
from shipsync.reverse.plan.cells import Cells
from shipsync.reverse.plan.input_files import InputRow
from shipsync.reverse.plan.problems import InvalidRowError, Problem, lines_by, listed

ID_COLUMNS = ("shipment_id", "external_shipment_id")
KEY = "key"
"""The column in which a row may name itself; without it, its contents do."""


def key_of(cells: Cells, derived: str) -> str:
    """The key of a row: its own, or the one derived from its contents."""
    return cells.get(KEY, derived)


def reference(cells: Cells) -> str | None:
    """The id that a row gives, of whichever kind."""
    return cells.get("shipment_id") or cells.get("external_shipment_id")


@dataclass(frozen=True)
class ShipmentChoice:
    """Which shipment each row means, and on which lines each shipment and each key stands.

    ``given_keys`` came with rows; the others were derived. ``gone`` are those that were stored once.
    """

    stored: Mapping[str, list[StoredShipment]]
    lines: Mapping[str, list[int]]
    lines_by_key: Mapping[str, list[int]]
    given_keys: frozenset[str]
    gone: Mapping[str, GoneShipment] = field(default_factory=dict)

    def one(self, cells: Cells) -> StoredShipment:
        """The shipment that a row means; raises ``InvalidRowError`` unless it is one."""
        asked = reference(cells)
        if asked is None:
            raise InvalidRowError(Problem.MISSING_SHIPMENT)
        found = self.stored.get(asked, [])
        if not found:
            raise self._unknown(asked)
        if len(found) > 1:
            ids = ", ".join(one.shipment_id for one in found)
            raise InvalidRowError(
                Problem.AMBIGUOUS_SHIPMENT, count=len(found), value=asked, ids=ids
            )
        return found[0]

    def _unknown(self, asked: str) -> InvalidRowError:
        gone = self.gone.get(asked)
        if gone is None:
            return InvalidRowError(Problem.UNKNOWN_SHIPMENT, value=asked)
        if gone.merged_into is None:
            return InvalidRowError(Problem.GONE_SHIPMENT, value=asked, since=gone.since)
        return InvalidRowError(
            Problem.MERGED_SHIPMENT, value=asked, since=gone.since, other=gone.merged_into
        )

    def only(self, cells: Cells) -> StoredShipment:
        """The same; raises also when other lines name the shipment too."""
        stored = self.one(cells)
        shipment_id = stored.shipment_id
        if len(lines := self.lines[shipment_id]) > 1:
            raise InvalidRowError(
                Problem.SAME_SHIPMENT, shipment_id=shipment_id, lines=listed(lines)
            )
        return stored

    def check_key(self, key: str) -> None:
        """Raise ``InvalidRowError`` for a key that was given, and that several rows have."""
        if key in self.given_keys and len(lines := self.lines_by_key[key]) > 1:
            raise InvalidRowError(Problem.DUPLICATE_KEY, key=key, lines=listed(lines))

    def pairs(self, rows: Iterable[InputRow]) -> Iterator[tuple[InputRow, StoredShipment]]:
        """Each row with each shipment that it may mean."""
        for row in rows:
            for stored in self.stored.get(reference(row.cells) or "", ()):
                yield row, stored

    def first_line(self, stored: StoredShipment) -> int:
        """The first line that names a shipment."""
        return self.lines[stored.shipment_id][0]


def choose(
    rows: Sequence[InputRow],
    stored: Mapping[str, list[StoredShipment]],
    key: Callable[[InputRow, StoredShipment], str],
    gone: Mapping[str, GoneShipment],
) -> ShipmentChoice:
    """What the rows name, among what is stored; ``key`` is what a row that means a shipment is called."""
    named = [
        (found[0], row)
        for row in rows
        if len(found := stored.get(reference(row.cells) or "", [])) == 1
    ]
    return ShipmentChoice(
        stored,
        lines_by((shipment.shipment_id, row.line) for shipment, row in named),
        lines_by((key(row, shipment), row.line) for shipment, row in named),
        frozenset(row.cells[KEY] for row in rows if KEY in row.cells),
        gone,
    )
