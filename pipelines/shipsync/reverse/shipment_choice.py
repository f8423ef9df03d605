"""Rows that name a shipment which exists: by ShipStation's id, or by the caller's own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from shipsync.reverse.cell import Cells
from shipsync.reverse.held_orders import HeldShipment
from shipsync.reverse.input_file import InputRow
from shipsync.reverse.write_plan import lines_by, listed
from shipsync.reverse.write_problem import InvalidWriteError, WriteProblem

ID_COLUMNS = ("shipment_id", "external_shipment_id")


def reference(cells: Cells) -> str | None:
    """The id that a row gives, of whichever kind."""
    return cells.get("shipment_id") or cells.get("external_shipment_id")


@dataclass(frozen=True)
class Choice:
    """Which shipment each row means, and on which lines each shipment stands."""

    held: Mapping[str, list[HeldShipment]]
    lines: Mapping[str, list[int]]

    def one(self, cells: Cells) -> HeldShipment:
        """The shipment that a row means; raises ``InvalidWriteError`` unless it is one."""
        asked = reference(cells)
        if asked is None:
            raise InvalidWriteError(WriteProblem.MISSING_SHIPMENT)
        found = self.held.get(asked, [])
        if not found:
            raise InvalidWriteError(WriteProblem.UNKNOWN_SHIPMENT, value=asked)
        if len(found) > 1:
            ids = ", ".join(held.shipment_id for held in found)
            raise InvalidWriteError(
                WriteProblem.AMBIGUOUS_SHIPMENT, count=len(found), value=asked, ids=ids
            )
        return found[0]

    def only(self, cells: Cells) -> HeldShipment:
        """The same; raises also when other lines name the shipment too."""
        held = self.one(cells)
        shipment_id = held.shipment_id
        if len(lines := self.lines[shipment_id]) > 1:
            raise InvalidWriteError(
                WriteProblem.SAME_SHIPMENT, shipment_id=shipment_id, lines=listed(lines)
            )
        return held

    def first_line(self, held: HeldShipment) -> int:
        """The first line that names a shipment."""
        return self.lines[held.shipment_id][0]


def choose(rows: Iterable[InputRow], held: Mapping[str, list[HeldShipment]]) -> Choice:
    """What the rows name, among what is held."""
    named = (
        (found[0].shipment_id, row.line)
        for row in rows
        if len(found := held.get(reference(row.cells) or "", [])) == 1
    )
    return Choice(held, lines_by(named))
