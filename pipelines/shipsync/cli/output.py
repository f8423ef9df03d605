"""How results are shown: rich tables on a terminal, tab-separated lines in a pipe, JSON on demand.

Results go to standard output; what is said about them goes to standard error.
"""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import orjson

from shipsync.queries import Rows


def show(rows: Rows, *, as_json: bool) -> None:
    """Print rows as the whole result of a command."""
    if as_json:
        show_json(rows.objects())
    else:
        show_table(rows)


def show_json(value: object) -> None:
    """Print one JSON document: indented, times in ISO 8601, decimals as numbers."""
    text = orjson.dumps(value, default=_json_value, option=orjson.OPT_INDENT_2 | orjson.OPT_UTC_Z)
    sys.stdout.write(text.decode() + "\n")


def show_table(rows: Rows, title: str = "") -> None:
    """Print rows in the form that suits where standard output goes."""
    if sys.stdout.isatty():
        _show_on_terminal(rows, title)
        return
    for row in (rows.columns, *rows.rows):
        sys.stdout.write("\t".join(" ".join(cell(value).split()) for value in row) + "\n")


def say(text: str = "") -> None:
    """Print a line of the result itself."""
    sys.stdout.write(_printable(text) + "\n")


def remark(text: str) -> None:
    """Say that all is well, and what comes next: on a terminal only, so that cron has no mail."""
    if sys.stderr.isatty():
        note(text)


def note(text: str) -> None:
    """Say on standard error what must not go unseen."""
    sys.stderr.write(_printable(text) + "\n")


def cell(value: object) -> str:
    """One value as a person reads it: nothing for null, seconds in UTC for times, compact JSON."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        zoned = value.astimezone(UTC) if value.tzinfo else value
        return zoned.strftime("%Y-%m-%d %H:%M:%S") + ("Z" if value.tzinfo else "")
    if isinstance(value, list | tuple | dict):
        return orjson.dumps(value, default=_json_value).decode()
    return _printable(str(value))


def shortened(text: str | None, characters: int) -> str:
    """``text`` cut to so many characters, the last of them an ellipsis; nothing for None."""
    whole = text or ""
    return whole if len(whole) <= characters else whole[: characters - 1] + "…"


def _show_on_terminal(rows: Rows, title: str) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table as Grid
    from rich.text import Text

    grid = Grid(title=title or None, title_justify="left", header_style="bold", box=SIMPLE_HEAD)
    for index, column in enumerate(rows.columns):
        right = all(isinstance(row[index], int | float | Decimal) for row in rows.rows)
        grid.add_column(Text(column), justify="right" if right else "left", overflow="fold")
    for row in rows.rows:
        grid.add_row(*(Text(_for_the_eye(value)) for value in row))
    Console().print(grid)


def _for_the_eye(value: object) -> str:
    """A cell with thousands apart and times to the minute."""
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    if isinstance(value, datetime):
        text = cell(value)
        return text[:16] + text[19:]
    return cell(value)


def _printable(text: str) -> str:
    # A buyer chooses part of what is printed here; no escape sequence of theirs reaches a terminal.
    return "".join(c for c in text if c.isprintable() or c in "\n\t")


def _json_value(value: object) -> object:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, date | Path):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON")
