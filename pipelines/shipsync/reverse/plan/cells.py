"""Cells of a row read as what they must be; each raises ``InvalidRowError`` for what cannot be meant.

Cells are text, an empty one is absent; so every reader gives None for a column that is not there, but those
that say otherwise.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping
from decimal import Decimal

from shipsync.reverse.plan.problems import InvalidRowError, Problem

Cells = Mapping[str, str]

_NUMBER = re.compile(r"(-?)(\d+)(?:\.(\d+))?", re.ASCII)
_AMOUNT = re.compile(r"\d{1,12}(?:\.\d{1,6})?", re.ASCII)
_CURRENCY = re.compile(r"[A-Za-z]{3}", re.ASCII)
_COUNTRY = re.compile(r"[A-Za-z]{2}", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_MIDNIGHT = re.compile(r"(\d{4}-\d\d-\d\d)[T ]00:00(?::00(?:\.0+)?)?", re.ASCII)
"""How programs write a date that they keep as a time without a zone."""

_THOUSANDS = re.compile(r"\d{1,3}(?:\.000)+", re.ASCII)
_LONG_AMOUNT = re.compile(r"\d{1,12}\.\d{7,20}", re.ASCII)
_NOISE = Decimal("1e-9")
_INSTANT = re.compile(
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)", re.ASCII
)
_YES = frozenset({"yes", "true", "1", "y"})
_NO = frozenset({"no", "false", "0", "n"})


def required(cells: Cells, column: str, advice: str) -> str:
    """The cell's text; ``advice`` is the sentence that follows "The column is empty."."""
    if column not in cells:
        raise InvalidRowError(Problem.MISSING, column=column, advice=advice)
    return cells[column]


def at_most(cells: Cells, column: str, characters: int) -> str | None:
    """The cell's text, no longer than the vendor keeps."""
    text = cells.get(column)
    if text is not None and len(text) > characters:
        raise InvalidRowError(Problem.TOO_LONG, column=column, length=len(text), most=characters)
    return text


def choice(cells: Cells, column: str, allowed: Collection[str]) -> str | None:
    """One of ``allowed``, without regard to case."""
    text = cells.get(column)
    if text is not None and text.lower() not in allowed:
        raise InvalidRowError(
            Problem.UNKNOWN_CHOICE, column=column, value=text, allowed=", ".join(allowed)
        )
    return None if text is None else text.lower()


def whole_number(cells: Cells, column: str, *, least: int, most: int, hint: str = "") -> int | None:
    """A whole number; ``hint`` is added to the sentence for one that is smaller than ``least``.

    Spreadsheets and floating-point columns write twelve as 12.0.
    """
    text = cells.get(column)
    if text is None:
        return None
    # Most are plain; there may be a million of them.
    is_plain = len(text) < 10 and text.isascii() and text.isdigit()
    found = int(text) if is_plain else _integer(text, column, most)
    if found < least:
        raise InvalidRowError(
            Problem.TOO_SMALL, column=column, value=text, least=least, hint=hint and f" {hint}"
        )
    if found > most:
        raise InvalidRowError(Problem.TOO_LARGE, column=column, value=text, most=most)
    return found


def number(cells: Cells, column: str) -> float | None:
    """A number, not negative."""
    amount = _decimal(cells, column)
    return None if amount is None else float(amount)


def flag(cells: Cells, column: str) -> bool | None:
    """Yes or no."""
    text = cells.get(column)
    if text is None:
        return None
    if text.lower() not in _YES | _NO:
        raise InvalidRowError(Problem.NOT_YES_OR_NO, column=column, value=text)
    return text.lower() in _YES


def money(cells: Cells, column: str, currency_column: str) -> tuple[Decimal, str] | None:
    """An amount and the currency beside it, as they are written."""
    amount, currency = _decimal(cells, column), cells.get(currency_column)
    if amount is None:
        return None
    if currency is None:
        raise InvalidRowError(
            Problem.WITHOUT_CURRENCY,
            column=column,
            value=cells[column],
            currency_column=currency_column,
        )
    if not _CURRENCY.fullmatch(currency):
        raise InvalidRowError(Problem.NOT_A_CURRENCY, column=currency_column, value=currency)
    return amount, currency


def country(cells: Cells, column: str) -> str:
    """A two-letter country code, in capitals; it must be there."""
    text = required(cells, column, "Write the two-letter code, such as US.")
    if not _COUNTRY.fullmatch(text):
        raise InvalidRowError(Problem.NOT_A_COUNTRY, column=column, value=text)
    return text.upper()


def date(cells: Cells, column: str) -> str | None:
    """RFC 3339 in UTC; a plain date is its first instant in UTC."""
    import pendulum
    from pendulum.parsing.exceptions import ParserError

    text = cells.get(column)
    if text is None:
        return None
    if midnight := _MIDNIGHT.fullmatch(text):
        text = midnight.group(1)
    try:
        if _DATE.fullmatch(text) or _INSTANT.fullmatch(text):
            parsed = pendulum.parse(text, tz="UTC")
            if isinstance(parsed, pendulum.DateTime):
                return parsed.in_timezone("UTC").format("YYYY-MM-DDTHH:mm:ss[Z]")
    except (ParserError, ValueError, OverflowError):
        pass
    raise InvalidRowError(Problem.NOT_A_DATE, column=column, value=text)


def did_you_mean(text: str, known: Collection[str]) -> str:
    """A hint at the known text that comes closest; empty if none does."""
    close = difflib.get_close_matches(text.lower(), known, n=1)
    return f" Did you mean {close[0]!r}?" if close else ""


def _decimal(cells: Cells, column: str) -> Decimal | None:
    text = cells.get(column)
    if text is None or _AMOUNT.fullmatch(text):
        return None if text is None else Decimal(text)
    if _LONG_AMOUNT.fullmatch(text):
        # What adding floats leaves behind: 0.30000000000000004 is 0.3.
        rounded = round(Decimal(text), 6)
        if abs(rounded - Decimal(text)) < _NOISE:
            return rounded
    raise InvalidRowError(Problem.NOT_AN_AMOUNT, column=column, value=text)


def _integer(text: str, column: str, most: int) -> int:
    match = _NUMBER.fullmatch(text)
    # 1.000 is a thousand where it comes from as often as one.
    if match is None or _THOUSANDS.fullmatch(text):
        raise InvalidRowError(Problem.NOT_A_NUMBER, column=column, value=text)
    sign, whole, fraction = match.groups()
    if fraction and fraction.strip("0"):
        raise InvalidRowError(Problem.NOT_WHOLE, column=column, value=text)
    digits = whole.lstrip("0") or "0"
    if sign:
        return -1 if digits != "0" else 0
    # Longer ones are not even turned into a number: there is no end to digits.
    return int(digits) if len(digits) <= len(str(most)) else most + 1
