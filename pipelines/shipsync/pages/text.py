"""A page as text: its numbers and tables, tab-separated, for a script."""

from __future__ import annotations

from collections.abc import Iterator

from shipsync.pages.content import Notice, Page, Table, Tiles
from shipsync.pages.figures import cells


def text(page: Page) -> str:
    """The page as lines; pictures are left out, for the tables hold what they show."""
    return "\n".join(_lines(page))


def _lines(page: Page) -> Iterator[str]:
    yield page.title
    for part in (*page.notices, *page.sections):
        if isinstance(part, Notice):
            yield part.text
        elif isinstance(part, Tiles):
            yield from (f"{tile.label}\t{tile.value}\t{tile.detail}" for tile in part.tiles)
        elif isinstance(part, Table):
            yield from ("", part.title)
            yield from _table(part, page)


def _table(table: Table, page: Page) -> Iterator[str]:
    if not table.rows.rows:
        yield table.empty
        return
    yield "\t".join(column.heading for column in table.columns)
    yield from map("\t".join, cells(table, page.zone))
