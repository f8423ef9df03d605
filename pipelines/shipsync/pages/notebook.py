"""A page within marimo: the same content, with marimo's own tables to search through and to download."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import marimo as mo

from shipsync import clock, settings
from shipsync.pages import catalogue, html
from shipsync.pages.content import Page, Section, Table
from shipsync.pages.figures import written


def opened(name: str) -> Page:
    """Page ``name`` of the database that ``--database`` names, else of the default connection's.

    Raises ``DatabaseError`` when the file can't be read.
    """
    given = mo.cli_args().get("database")
    database = Path(str(given)) if given else settings.local().database
    return catalogue.read(database, name, clock.now())


def heading(page: Page) -> Any:
    """Title, question, the age of the data and what is to be known about it."""
    return _styled(html.heading(page))


def shown(part: Section, page: Page) -> Any:
    """One part of the page."""
    if isinstance(part, Table) and part.rows.rows:
        return mo.vstack(
            [mo.md(f"## {part.title}"), mo.ui.table(_cells(part, page), selection=None)]
        )
    return _styled(html.section(part, page))


def definitions(page: Page) -> Any:
    """What the numbers mean."""
    return _styled(html.definitions(page.definitions))


def _cells(table: Table, page: Page) -> list[dict[str, str]]:
    return [
        {
            column.heading: written(
                row.get(column.name),
                column.kind,
                row.get(column.beside) if column.beside else None,
                page.zone,
            )
            for column in table.columns
        }
        for row in table.rows.objects()
    ]


def _styled(body: str) -> Any:
    """The markup with the style sheet of the pages, which reaches nothing around it."""
    styles = html.styles().replace(":root", ":scope")
    return mo.Html(
        f'<style>@scope (.shipsync) {{ {styles} }}</style><div class="shipsync">{body}</div>'
    )
