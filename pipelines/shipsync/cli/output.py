"""How results are shown: rich tables on a terminal, tab-separated lines in a pipe, JSON on demand.

Results go to standard output; what is said about them goes to standard error.
"""

from __future__ import annotations

import codecs
import json
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

import orjson

from shipsync.errors import OutputFailed
from shipsync.queries import ResultRows

MOST_ROWS_ON_A_TERMINAL = 500

T = TypeVar("T")

_ESCAPED = "shipsync.escaped"
_progress = {"has_begun": False}

Listener = Callable[[str, str, dict[str, object]], bool]
"""Takes an event, a sentence and what belongs to it; tells whether it stands in the place of the sentence."""

_listeners: list[Listener] = []


def begin() -> None:
    """Take note that a command begins, which has printed nothing yet and keeps no log."""
    _progress["has_begun"] = False
    _listeners.clear()


def listen(listener: Listener) -> None:
    """Tell ``listener`` what is said from here on, until the next command begins."""
    _listeners.append(listener)


def end() -> None:
    """Take note that the command has ended: nobody is told any more, whoever goes on in this process."""
    _listeners.clear()


def tell(event: str, message: str, fields: dict[str, object] | None = None) -> bool:
    """Tell whoever listens; returns whether nothing else need be said of it.

    A log that cannot be written any more ends no command: what it did is done.
    """
    is_told = False
    for listener in _listeners:
        with suppress(OSError):
            is_told = listener(event, message, fields or {}) or is_told
    return is_told


def has_begun() -> bool:
    """Whether something of a result was printed since the command began."""
    return _progress["has_begun"]


def show(rows: ResultRows, *, as_json: bool) -> None:
    """Print rows as the whole result of a command."""
    if as_json:
        show_json(rows.objects())
    else:
        show_table(rows)


def show_json(value: object) -> None:
    """Print one JSON document: indented, times in ISO 8601, decimals as numbers."""
    text = orjson.dumps(value, default=_json_value, option=orjson.OPT_INDENT_2 | orjson.OPT_UTC_Z)
    write(text.decode() + "\n")


def show_table(rows: ResultRows, title: str = "") -> None:
    """Print rows in the form that suits where standard output goes."""
    if is_for_a_person():
        from shipsync.cli import terminal_table

        texts = [[_for_the_eye(value) for value in row] for row in rows.rows]
        write(terminal_table.drawn(rows.columns, rows.rows, texts, title))
        return
    write(
        "".join(
            "\t".join(" ".join(cell(value).split()) for value in row) + "\n"
            for row in (rows.columns, *rows.rows)
        )
    )


def first_rows(rows: Sequence[T], is_first: Callable[[T], bool]) -> Sequence[T]:
    """All rows, or on a terminal as many as anybody reads, those that need somebody first."""
    if len(rows) <= MOST_ROWS_ON_A_TERMINAL or not is_for_a_person():
        return rows
    note(
        f"{MOST_ROWS_ON_A_TERMINAL} of {len(rows):,} rows are shown, those with a reason first; a pipe and "
        "--json get all."
    )
    return sorted(rows, key=lambda row: not is_first(row))[:MOST_ROWS_ON_A_TERMINAL]


def write(text: str) -> None:
    """Write text to standard output, at once.

    A character that its encoding lacks is written as JSON escapes it. Nothing happens when the reader has
    gone (``| head``) or there is no standard output: the command goes on to its own end. Raises
    ``OutputFailed`` when it could not be written for any other cause.
    """
    _progress["has_begun"] = True
    if sys.stdout is None:
        return
    encoding = sys.stdout.encoding or "utf-8"
    try:
        sys.stdout.write(text.encode(encoding, _ESCAPED).decode(encoding))
        sys.stdout.flush()
    except BrokenPipeError:
        # What is still in the buffer would fail once more when the process ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise OutputFailed(
            f"The result could not be written to standard output ({error.strerror}), but the command did "
            "its work; what it wrote to the account is in `shipsync writes status`."
        ) from None


def is_for_a_person() -> bool:
    """Whether a person reads the result, on a terminal as wide as it is."""
    return sys.stdout is not None and sys.stdout.isatty()


def is_watched() -> bool:
    """Whether a person watches standard error, where progress is shown."""
    return sys.stderr is not None and sys.stderr.isatty()


def say(text: str = "") -> None:
    """Print a line of the result itself."""
    write(_printable(text) + "\n")


def remark(text: str) -> None:
    """Say on a terminal only that all is well and what comes next, so that cron sends no mail."""
    if is_watched():
        note(text)


def note(text: str) -> None:
    """Say on standard error what must not go unseen."""
    if not tell("note", text):
        complain(_printable(text))


def complain(line: str) -> None:
    """Write a line to standard error, as far as there is one that takes it.

    What is said of the work never ends it: a reader that has gone or a full disk changes no exit code.
    """
    if sys.stderr is None:
        return
    try:
        sys.stderr.write(f"{line}\n")
        sys.stderr.flush()
    except OSError:
        # What is still in the buffer would fail once more when the process ends.
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())


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
    """A cell with its thousands separated and times to the minute."""
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


def _escape(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeEncodeError)
    return json.dumps(error.object[error.start : error.end])[1:-1], error.end


codecs.register_error(_ESCAPED, _escape)
