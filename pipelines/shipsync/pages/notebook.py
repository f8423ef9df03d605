"""A page within marimo: the same content, with marimo's own tables to search through and to download."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import marimo as mo

from shipsync import clock, settings
from shipsync.errors import ShipsyncError
from shipsync.pages import catalogue, html
from shipsync.pages.content import Page, Section, Table
from shipsync.pages.figures import cells
from shipsync.pages.text import text


def opened(name: str, say: Callable[[str], None]) -> Page:
    """Page ``name`` of the database that ``--database`` names, else of the default connection's.

    A script has it said as text too. Where it can't be read a notebook shows why and stops, a script ends.
    """
    given = mo.cli_args().get("database")
    try:
        database = Path(str(given)) if given else settings.local().database
        page = catalogue.read(database, name, clock.now())
    except ShipsyncError as error:
        if mo.running_in_notebook():
            mo.stop(True, mo.callout(mo.md(str(error)), kind="warn"))
        raise SystemExit(str(error)) from None
    if not mo.running_in_notebook():
        say(text(page))
    return page


def heading(page: Page) -> Any:
    """Title, question, the age of the data and what is to be known about it."""
    return _styled(html.heading(page))


def sections(page: Page) -> Any:
    """Numbers, charts and tables, one below the other."""
    return mo.vstack([_shown(part, page) for part in page.sections], gap=1)


def definitions(page: Page) -> Any:
    """What the numbers mean."""
    return _styled(html.definitions(page))


def _shown(part: Section, page: Page) -> Any:
    if not isinstance(part, Table) or not part.rows.rows:
        return _styled(html.section(part, page))
    headings = [column.heading for column in part.columns]
    rows = [dict(zip(headings, row, strict=True)) for row in cells(part, page.zone)]
    return mo.vstack([mo.md(f"## {part.title}"), mo.ui.table(rows, selection=None)])


def _styled(body: str) -> Any:
    """The markup with the style sheet of the pages, which reaches nothing around it."""
    styles = html.styles().replace(":root", ":scope")
    return mo.Html(
        f'<style>@scope (.shipsync) {{ {styles} }}</style><div class="shipsync">{body}</div>'
    )
