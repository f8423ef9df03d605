"""A table for a person: no wider than the terminal, and no cell folded into crumbs.

What does not fit is printed below: first the columns with long sentences, then every row as a paragraph.
"""

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

_LONG_WORD = 20
"""Characters from which a word may be broken."""

_KEYS = frozenset({"key", "row key"})

_NO_LIMIT = 10_000


@dataclass(frozen=True)
class TableColumn:
    """A column's name and its cells as they are shown."""

    name: str
    cells: tuple[str, ...]
    is_number: bool

    @property
    def width(self) -> int:
        """Characters of the longest cell."""
        return max((len(cell) for cell in self.cells), default=0)

    @property
    def full_width(self) -> int:
        """Characters of the longest cell or the name."""
        return max(self.width, len(self.name))

    @property
    def word_width(self) -> int:
        """Characters of the longest word that is not so long that it may be broken."""
        words = (word for text in (self.name, *self.cells) for word in text.split())
        return max((min(len(word), _LONG_WORD) for word in words), default=0)

    @property
    def has_words(self) -> bool:
        """Whether a cell is more than a name and a time."""
        return not self.is_number and any(cell.count(" ") > 1 for cell in self.cells)


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
        TableColumn(
            name.replace("_", " "),
            tuple(row[index] for row in texts),
            all(isinstance(row[index], int | float | Decimal) for row in rows),
        )
        for index, name in enumerate(names)
    ]
    columns = [column for column in columns if not rows or any(column.cells)]
    beneath: list[TableColumn] = []
    while (width := _width(_grid(columns, title), console)) > console.width:
        sentences = _sentences(columns)
        if sentences is None and width - _spare(columns) > console.width:
            return _paragraphs(columns + beneath, title, console)
        if sentences is None:
            break
        columns = [column for column in columns if column is not sentences]
        beneath.append(sentences)
    with console.capture() as capture:
        console.print(_grid(columns, title))
        named_by = next((c for c in columns if len({*c.cells}) == len(c.cells)), None)
        for number in range(len(rows) if beneath else 0):
            row = (
                str(number + 1) if named_by is None else f"{named_by.name} {named_by.cells[number]}"
            )
            if said := [column.cells[number] for column in beneath if column.cells[number]]:
                console.print(Text(f"{row}: {' - '.join(said)}"))
    return capture.get()


def _paragraphs(columns: Sequence[TableColumn], title: str, console: Console) -> str:
    """Every row as a paragraph: nothing is folded, and everything can be copied."""
    with console.capture() as capture:
        if title:
            console.print(Text(title, style="italic"))
        for cells in zip(*(column.cells for column in columns), strict=True):
            told = [
                f"{column.name} {cell}" for column, cell in zip(columns, cells, strict=True) if cell
            ]
            first, rest = Text("".join(told[:1]), style="bold"), ", ".join(told[1:])
            console.print(first.append(f": {rest}" if rest else "", style="not bold"))
    return capture.get()


def _grid(columns: Sequence[TableColumn], title: str) -> Table:
    grid = Table(
        title=title or None,
        title_justify="left",
        header_style="bold",
        box=SIMPLE_HEAD,
        show_edge=False,
        pad_edge=False,
    )
    for number, column in enumerate(columns):
        # What a row is called by is copied from here, so it stays in one piece.
        grid.add_column(
            Text(column.name),
            justify="right" if column.is_number else "left",
            overflow="fold",
            no_wrap=column.is_number or number == 0 or column.name in _KEYS,
        )
    for cells in zip(*(column.cells for column in columns), strict=True):
        grid.add_row(*(Text(cell) for cell in cells))
    return grid


def _width(grid: Table, console: Console) -> int:
    """Its width with every cell on one line."""
    return grid.__rich_measure__(console, console.options.update(width=_NO_LIMIT)).maximum


def _spare(columns: Sequence[TableColumn]) -> int:
    """By how much it can be narrower when cells are broken between words."""
    texts = [column for column in columns[1:] if not column.is_number]
    return sum(max(0, column.full_width - column.word_width) for column in texts)


def _sentences(columns: Sequence[TableColumn]) -> TableColumn | None:
    """The column with the longest texts, if they are long; not the first, which names the rows."""
    texts = [c for c in columns[1:] if c.width >= _SENTENCE and c.has_words]
    return max(texts, key=lambda column: column.width, default=None)
