"""How results are shown: rich tables on a terminal, tab-separated lines in a pipe, JSON on demand.

Results go to standard output; what is said about them goes to standard error.
"""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import orjson

from shipsync.cli import standard_output
from shipsync.queries import ResultRows


def show(rows: ResultRows, *, as_json: bool) -> None:
    """Print rows as the whole result of a command."""
    if as_json:
        show_json(rows.objects())
    else:
        show_table(rows)


def show_json(value: object) -> None:
    """Print one JSON document: indented, times in ISO 8601, decimals as numbers."""
    text = orjson.dumps(value, default=_json_value, option=orjson.OPT_INDENT_2 | orjson.OPT_UTC_Z)
    standard_output.write(text.decode() + "\n")


def show_table(rows: ResultRows, title: str = "") -> None:
    """Print rows in the form that suits where standard output goes."""
    if standard_output.is_terminal():
        from shipsync.cli import terminal_table

        texts = [[_for_the_eye(value) for value in row] for row in rows.rows]
        standard_output.write(terminal_table.drawn(rows.columns, rows.rows, texts, title))
        return
    standard_output.write(
        "".join(
            "\t".join(" ".join(cell(value).split()) for value in row) + "\n"
            for row in (rows.columns, *rows.rows)
        )
    )


def is_for_a_person() -> bool:
    """Whether a person reads the result, on a terminal as wide as it is."""
    return standard_output.is_terminal()


def say(text: str = "") -> None:
    """Print a line of the result itself."""
    standard_output.write(_printable(text) + "\n")


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
    # What is not printable is written out: two SKUs may differ in nothing else.
    return "".join(c if c.isprintable() or c in "\n\t" else _escaped(c) for c in text)


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode()


def _json_value(value: object) -> object:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, date | Path):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON")
