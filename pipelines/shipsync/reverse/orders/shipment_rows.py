"""The lines of a file put together into shipments.

A flat file (CSV, Parquet, flat JSON Lines) repeats a line for each item; lines with one
``external_shipment_id`` are one shipment. What holds for the whole shipment may stand on each of its
lines or on the first alone. ``package_number`` tells boxes apart; without it there is one. A JSON object
that nests its items and packages is a shipment by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from shipsync.reverse.plan.cells import Cells
from shipsync.reverse.plan.input_files import InputRow
from shipsync.reverse.plan.problems import InvalidRowError, Problem

ID = "external_shipment_id"
_ITEM, _PACKAGE, _PACKAGE_NUMBER = "item_", "package_", "package_number"


@dataclass(frozen=True)
class GivenShipment:
    """One shipment as a file gives it; ``rows`` are its lines.

    ``passed_on`` are parts of the vendor's object that go out as they came.
    """

    rows: tuple[InputRow, ...]
    passed_on: Mapping[str, object] = field(default_factory=dict)

    @property
    def line(self) -> int:
        """The first line of it."""
        return self.rows[0].line

    @property
    def cells(self) -> Cells:
        """What holds for the whole shipment."""
        return _merged(self.rows, lambda column: not column.startswith((_ITEM, _PACKAGE)))

    @property
    def items(self) -> list[Cells]:
        """Its items, one to a line that names any."""
        found = [_part(row.cells, _ITEM) for row in self.rows]
        return [cells for cells in found if cells]

    @property
    def packages(self) -> list[Cells]:
        """Its packages in the order of their numbers."""
        by_number: dict[str, list[InputRow]] = {}
        for row in self.rows:
            cells = _part(row.cells, _PACKAGE)
            if cells.keys() - {_PACKAGE_NUMBER}:
                number = cells.get(_PACKAGE_NUMBER, "1")
                by_number.setdefault(number, []).append(InputRow(row.line, cells))
        return [
            _merged(rows, lambda column: column != _PACKAGE_NUMBER) for rows in by_number.values()
        ]

    def check_lines(self) -> None:
        """Raise ``InvalidRowError`` when two lines are the same: an item would be in it twice."""
        seen: dict[frozenset[tuple[str, str]], int] = {}
        for row in self.rows:
            first = seen.setdefault(frozenset(row.cells.items()), row.line)
            if first != row.line:
                raise InvalidRowError(Problem.REPEATED_LINE, first=first, second=row.line)


def shipments_of(rows: Sequence[InputRow]) -> list[GivenShipment]:
    """The shipments of flat rows, in the order of their first lines."""
    grouped: dict[str, list[InputRow]] = {}
    for row in rows:
        # A line without an id is a shipment by itself.
        grouped.setdefault(row.cells.get(ID) or f"\0{row.line}", []).append(row)
    return [GivenShipment(tuple(lines)) for lines in grouped.values()]


def _merged(rows: Iterable[InputRow], belongs: Callable[[str], bool]) -> dict[str, str]:
    """Cells that may stand on several lines and must not contradict each other."""
    merged: dict[str, tuple[int, str]] = {}
    for row in rows:
        for column, text in row.cells.items():
            if not belongs(column):
                continue
            first, one = merged.setdefault(column, (row.line, text))
            if one != text:
                raise InvalidRowError(
                    Problem.CONTRADICTING_LINES,
                    column=column,
                    one=one,
                    first=first,
                    other=text,
                    second=row.line,
                )
    return {column: text for column, (_, text) in merged.items()}


def _part(cells: Cells, prefix: str) -> dict[str, str]:
    return {column: text for column, text in cells.items() if column.startswith(prefix)}
