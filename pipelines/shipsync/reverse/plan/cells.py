"""Cells of a row read as what they must be; each raises ``InvalidWriteError`` for what cannot be meant.

Cells are trimmed text, an empty one is absent; so every reader gives None for a column that is not there.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from shipsync.reverse.plan.write_problem import InvalidWriteError, WriteProblem

Cells = Mapping[str, str]

_NUMBER = re.compile(r"\d{1,12}(?:\.\d{1,6})?", re.ASCII)
_WHOLE = re.compile(r"0*[1-9]\d{0,8}(?:\.0+)?", re.ASCII)
_CURRENCY = re.compile(r"[A-Za-z]{3}", re.ASCII)
_COUNTRY = re.compile(r"[A-Za-z]{2}", re.ASCII)
_YES = frozenset({"yes", "true", "1", "y"})
_NO = frozenset({"no", "false", "0", "n"})


def required(cells: Cells, column: str, what: str) -> str:
    """The cell's text; ``what`` completes "The column is empty;"."""
    if column not in cells:
        raise InvalidWriteError(WriteProblem.MISSING, column=column, what=what)
    return cells[column]


def at_most(cells: Cells, column: str, characters: int) -> str | None:
    """The cell's text, no longer than the vendor keeps."""
    text = cells.get(column)
    if text is not None and len(text) > characters:
        raise InvalidWriteError(
            WriteProblem.TOO_LONG, column=column, length=len(text), most=characters
        )
    return text


def choice(cells: Cells, column: str, allowed: Collection[str]) -> str | None:
    """One of ``allowed``, without regard to case."""
    text = cells.get(column)
    if text is not None and text.lower() not in allowed:
        raise InvalidWriteError(
            WriteProblem.UNKNOWN_CHOICE, column=column, value=text, allowed=", ".join(allowed)
        )
    return None if text is None else text.lower()


def number(cells: Cells, column: str) -> float | None:
    """A number, not negative."""
    text = cells.get(column)
    if text is not None and not _NUMBER.fullmatch(text):
        raise InvalidWriteError(WriteProblem.NOT_AN_AMOUNT, column=column, value=text)
    return None if text is None else float(text)


def count(cells: Cells, column: str) -> int | None:
    """A whole number of 1 or more; spreadsheets write it as 1.0."""
    text = cells.get(column)
    if text is not None and not _WHOLE.fullmatch(text):
        raise InvalidWriteError(WriteProblem.NOT_A_COUNT, column=column, value=text)
    return None if text is None else int(text.partition(".")[0])


def flag(cells: Cells, column: str) -> bool | None:
    """Yes or no."""
    text = cells.get(column)
    if text is None:
        return None
    if text.lower() not in _YES | _NO:
        raise InvalidWriteError(WriteProblem.NOT_YES_OR_NO, column=column, value=text)
    return text.lower() in _YES


def money(cells: Cells, column: str) -> dict[str, object] | None:
    """An amount with the currency that stands in ``<column>_currency``, as the API takes it."""
    amount, currency = number(cells, column), cells.get(f"{column}_currency")
    if amount is None:
        return None
    if currency is None:
        raise InvalidWriteError(WriteProblem.WITHOUT_CURRENCY, column=column, value=cells[column])
    if not _CURRENCY.fullmatch(currency):
        raise InvalidWriteError(
            WriteProblem.NOT_A_CURRENCY, column=f"{column}_currency", value=currency
        )
    return {"amount": amount, "currency": currency.lower()}


def country(cells: Cells, column: str) -> str:
    """A two-letter country code, in capitals."""
    text = required(cells, column, "write the two-letter code, such as US")
    if not _COUNTRY.fullmatch(text):
        raise InvalidWriteError(WriteProblem.NOT_A_COUNTRY, column=column, value=text)
    return text.upper()
