"""A table for a person: as wide as the terminal, with long sentences beneath it when they don't fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

_SENTENCE = 24
"""Characters from which a column may be moved beneath the table."""

_NO_LIMIT = 10_000


@dataclass(frozen=True)
class Column:
    """A column's name and its cells as they are shown."""

    name: str
    cells: tuple[str, ...]
    is_number: bool

    @property
    def width(self) -> int:
        """Characters of the longest cell."""
        return max((len(cell) for cell in self.cells), default=0)


def drawn(
    names: Sequence[str],
    rows: Sequence[Sequence[object]],
    texts: Sequence[Sequence[str]],
    title: str,
) -> str:
    """The table with what stands beneath it, for the terminal that standard output is.

    ``texts`` are the cells of ``rows`` as a person reads them. Columns without a single cell are left out.
    """
    console = Console()
    columns = [
        Column(
            name,
            tuple(row[index] for row in texts),
            all(isinstance(row[index], int | float | Decimal) for row in rows),
        )
        for index, name in enumerate(names)
    ]
    columns = [column for column in columns if not rows or any(column.cells)]
    beneath = None
    if _width(_grid(columns, title), console) > console.width:
        beneath = _sentences(columns)
        columns = [column for column in columns if column is not beneath]
    with console.capture() as capture:
        console.print(_grid(columns, title))
        if beneath is not None:
            for key, sentence in zip(columns[0].cells, beneath.cells, strict=True):
                if sentence:
                    console.print(Text(f"{columns[0].name} {key}: {sentence}"))
    return capture.get()


def _grid(columns: Sequence[Column], title: str) -> Table:
    grid = Table(title=title or None, title_justify="left", header_style="bold", box=SIMPLE_HEAD)
    for number, column in enumerate(columns):
        # What a row is called by is copied from here, so it stays in one piece.
        grid.add_column(
            Text(column.name),
            justify="right" if column.is_number else "left",
            overflow="fold",
            no_wrap=column.is_number or number == 0,
        )
    for cells in zip(*(column.cells for column in columns), strict=True):
        grid.add_row(*(Text(cell) for cell in cells))
    return grid


def _width(grid: Table, console: Console) -> int:
    return grid.__rich_measure__(console, console.options.update(width=_NO_LIMIT)).maximum


def _sentences(columns: Sequence[Column]) -> Column | None:
    """The column with the longest texts, if they are long; not the first, which names the rows."""
    texts = [c for c in columns[1:] if not c.is_number and c.width >= _SENTENCE]
    return max(texts, key=lambda column: column.width, default=None)
