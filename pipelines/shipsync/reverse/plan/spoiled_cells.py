"""What spreadsheets do to cells, found in every column of every kind of write before anything is planned.

A column is told by its name: an identifier (ids, SKUs, tracking numbers, telephones, postal codes, keys) is
text that looks like a number, and a spreadsheet makes one of it: ``9.40011E+21``, ``2134`` for ``02134``,
``1001.0``, zeros after the fifteenth digit, ``1-Mar``. Formulas and their errors are never meant, whatever
the column. A row that shows any of it is invalid: what was meant cannot be known.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container, Mapping
from datetime import date, timedelta

from shipsync.reverse.plan.cells import Cells
from shipsync.reverse.plan.csv_file import SKU_COLUMNS
from shipsync.reverse.plan.problems import InvalidRowError, Problem

_ERROR = re.compile(
    r"#[¡¿]?[A-ZÀ-Ý0/_]{2,}[!?]|#N/[A-Z]|#NV|#GETTING_DATA|#{3,}|Err:\d{3}", re.IGNORECASE
)
_ERROR_INSIDE = re.compile(r"#(?:REF!|VALUE!|NAME\?|DIV/0!|NUM!|NULL!|N/A)", re.IGNORECASE)
_FORMULA = re.compile(r"=\s*\S.*|\{=.*", re.DOTALL)
_SCIENTIFIC = re.compile(r"[+-]?\d(?:[.,]\d+)?E[+-]\d{1,3}|[+-]?\d[.,]\d+E\d{1,3}", re.IGNORECASE)
_DECIMAL_TAIL = re.compile(r"([+-]?\d+)[.,]0+", re.ASCII)
_DIGITS = re.compile(r"\d{18,}", re.ASCII)
# As Excel shows them in English, German, French, Spanish and Dutch, but for what is a word of its own.
_MONTH = (
    r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|mrz|mär|mai|okt|dez|janv|févr|avr|juin|juil|"
    r"août|sept|déc|ene|dic|mrt|mei)\.?"
)
_MADE_A_DATE = re.compile(
    rf"\d{{1,2}}(?:[- ]|\. ?){_MONTH}(?:[- ]\d{{2,4}})?|{_MONTH}[- ]\d{{1,2}}|"
    r"\d{4}-\d\d-\d\d[T ]00:00(?::00)?(?:\.0+)?",
    re.IGNORECASE,
)
_A_DATE = re.compile(
    r"\d{4}-\d\d-\d\d|\d{1,2}[/.]\d{1,2}[/.]\d{4}(?: 0{1,2}:00(?::00)?)?", re.ASCII
)
_SEPARATORS = re.compile(r"[,;|&/\n\r]|\s\+\s|\s(?:and|und|et|or)\s", re.IGNORECASE)
_SERIAL = re.compile(r"[1-9]\d{4}(?:[.,]\d+)?", re.ASCII)
_TEXT_MARK = re.compile(r"'[\w+-].*", re.DOTALL)

_DAY_ZERO = date(1899, 12, 30)
"""What day 0 is to Excel, for all days that anybody ships on."""

_POSTAL_DIGITS: Mapping[str, int] = {
    **dict.fromkeys(
        ("US", "PR", "DE", "FR", "IT", "ES", "MX", "FI", "EE", "TR", "KR", "TH", "MY"), 5
    ),
    **dict.fromkeys(("ID", "SA", "HR", "UA", "LT", "RS", "BA", "ME", "MA", "EG", "PE", "DO"), 5),
    **dict.fromkeys(
        ("AU", "NL", "NO", "DK", "BE", "CH", "AT", "HU", "NZ", "ZA", "BG", "SI", "LU"), 4
    ),
    **dict.fromkeys(("CN", "IN", "RU", "SG", "RO", "KZ", "CO", "VN", "EC"), 6),
    **dict.fromkeys(("JP", "IL", "CL"), 7),
    **dict.fromkeys(("BR",), 8),
}
"""Digits of a postal code in countries whose codes are digits and nothing else."""

_SHORT_NUMBER = 6
_LONG_NUMBER = 10
_EXACT_DIGITS = 15
_SHORTEST_PHONE = 7

_IDENTIFIERS = frozenset({"key", "lot"})
_IDENTIFIER_ENDINGS = ("_id", "_number", "_phone", "_postal_code", "_code")
_AMOUNT_ENDINGS = (
    *("quantity", "price", "amount", "weight", "length", "width", "height", "_paid", "value"),
    "target",
)
_FREE_OF_DATES = frozenset({"key", "lot"})
"""Names that people choose, and choose dates for."""

_PACKAGE_NUMBER = "package_number"
_ZIP_AND_4 = 9
_MOST_ZEROS = 2
"""Zeros that codes begin with, at most; what lacks more was never whole."""

_PLACEHOLDERS = frozenset(
    {
        *("n/a", "na", "none", "null", "nil", "nan", "undefined", "missing", "unknown", "pending"),
        *("tbd", "tba", "tbc", "todo", "x", "xx", "xxx", "test"),
    }
)
"""What is written into a cell for want of a tracking number."""

_FREE_TEXT = frozenset(
    {"notes", "reason", "notes_from_buyer", "notes_for_gift", "package_content_description"}
)
_DATES = frozenset(
    {
        *("ship_date", "ship_by_date", "hold_until_date"),
        *("usable_start_date", "usable_end_date", "effective_at"),
    }
)


def check_cells(cells: Cells, known_skus: Container[str] = ()) -> None:
    """Raise ``InvalidRowError`` for the first cell that a spreadsheet spoilt.

    A SKU that is one of ``known_skus`` is what it says, whatever it looks like.
    """
    for column, text in cells.items():
        # Nearly all cells are plain, and there may be a million rows.
        is_plain = text.isascii() and text.isalnum() and (not text.isdigit() or is_amount(column))
        if is_plain and column != "tracking_number":
            continue
        if column in SKU_COLUMNS and text in known_skus:
            continue
        _check(cells, column, text)
        if column in SKU_COLUMNS and _are_all_known(text, known_skus):
            raise InvalidRowError(Problem.SEVERAL_VALUES, column=column, value=text)


def is_identifier(column: str) -> bool:
    """Whether a column holds text that may look like a number and is none."""
    return (
        column in _IDENTIFIERS or column in SKU_COLUMNS or column.endswith(_IDENTIFIER_ENDINGS)
    ) and column != _PACKAGE_NUMBER


def is_amount(column: str) -> bool:
    """Whether a column holds a number, for which its own reader has the better sentence."""
    return column.endswith(_AMOUNT_ENDINGS) or column == _PACKAGE_NUMBER


def _check(cells: Cells, column: str, text: str) -> None:
    is_free = column in _FREE_TEXT or column.endswith("_instructions")
    has_error = _ERROR_INSIDE.fullmatch(text) if is_free else _ERROR_INSIDE.search(text)
    if has_error or (not is_free and _ERROR.fullmatch(text)):
        raise InvalidRowError(Problem.SPREADSHEET_ERROR, column=column, value=text)
    if is_free:
        return
    if _FORMULA.fullmatch(text):
        raise InvalidRowError(Problem.FORMULA, column=column, value=text)
    if column in _DATES:
        _check_date(column, text)
    elif column.endswith("_postal_code"):
        _check_characters(column, text)
        _check_postal_code(cells, column, text)
    elif is_identifier(column):
        _check_identifier(column, text.strip())
    elif column.endswith("_email"):
        _check_characters(column, text)
    elif not is_amount(column) and _SCIENTIFIC.fullmatch(text):
        raise InvalidRowError(Problem.SCIENTIFIC, column=column, value=text)
    if _has_several(column, text):
        raise InvalidRowError(Problem.SEVERAL_VALUES, column=column, value=text)


def _check_characters(column: str, text: str) -> None:
    """What is pasted from a web page or typed with another keyboard: it looks the same and is not."""
    if text.isascii():
        return
    seen = "".join(" " if _is_blank(c) else c for c in text if not _is_unseen(c)).strip()
    if seen != text.strip(" "):
        raise InvalidRowError(Problem.UNSEEN_CHARACTER, column=column, value=text, fixed=seen)
    if column in _FREE_OF_DATES:
        return
    plain = unicodedata.normalize("NFKC", text)
    if any(c.isdigit() and not c.isascii() for c in text) or (plain != text and plain.isascii()):
        fixed = "".join(str(unicodedata.digit(c)) if c.isdigit() else c for c in plain)
        raise InvalidRowError(Problem.WIDE_CHARACTERS, column=column, value=text, fixed=fixed)


def _is_unseen(character: str) -> bool:
    return unicodedata.category(character) in ("Cf", "Cc", "Cn", "Co")


def _is_blank(character: str) -> bool:
    return unicodedata.category(character) in ("Zs", "Zl", "Zp")


def _check_identifier(column: str, text: str) -> None:
    _check_characters(column, text)
    if _SCIENTIFIC.fullmatch(text):
        raise InvalidRowError(Problem.SCIENTIFIC, column=column, value=text)
    if tail := _DECIMAL_TAIL.fullmatch(text):
        raise InvalidRowError(Problem.DECIMAL_TAIL, column=column, value=text, fixed=tail.group(1))
    if _DIGITS.fullmatch(text) and not text[_EXACT_DIGITS:].strip("0"):
        raise InvalidRowError(Problem.DIGITS_LOST, column=column, value=text)
    if mark := _TEXT_MARK.fullmatch(text):
        raise InvalidRowError(
            Problem.TEXT_MARK, column=column, value=text, fixed=mark.group().removeprefix("'")
        )
    if column == "tracking_number" and _is_placeholder(text):
        raise InvalidRowError(Problem.PLACEHOLDER, column=column, value=text)
    if column in _FREE_OF_DATES:
        return
    is_named_by_people = column.endswith("_id") or column == "shipment_number"
    if _MADE_A_DATE.fullmatch(text) or (not is_named_by_people and _A_DATE.fullmatch(text)):
        raise InvalidRowError(Problem.BECAME_A_DATE, column=column, value=text)


def _check_postal_code(cells: Cells, column: str, text: str) -> None:
    """Zeros at the beginning that are missing, by what the country's codes are like."""
    country = cells.get(column.replace("_postal_code", "_country_code"), "").upper()
    tail = _DECIMAL_TAIL.fullmatch(text)
    code = tail.group(1) if tail else text
    digits = _POSTAL_DIGITS.get(country, 0)
    if country == "US" and len(code) > digits:
        digits = _ZIP_AND_4
    if not (code.isdigit() and digits - _MOST_ZEROS <= len(code) < digits):
        _check_identifier(column, text)
        return
    whole = code.zfill(digits)
    fixed = f"{whole[:5]}-{whole[5:]}" if digits == _ZIP_AND_4 else whole
    raise InvalidRowError(
        Problem.LOST_ZEROS, column=column, value=text, country=country, fixed=fixed
    )


def _check_date(column: str, text: str) -> None:
    """Excel counts days, and shows the count where the cell has no format of a date."""
    if _SERIAL.fullmatch(text):
        day = _DAY_ZERO + timedelta(days=int(text[:5]))
        raise InvalidRowError(Problem.SERIAL_DATE, column=column, value=text, fixed=day.isoformat())


def _is_placeholder(text: str) -> bool:
    """Whether a tracking number is a word for none, or nothing but zeros and marks."""
    return text.casefold() in _PLACEHOLDERS or not any(c.isalnum() and c != "0" for c in text)


def _has_two_numbers(text: str) -> bool:
    """Whether there are two tracking numbers; one may be written in groups."""
    parts = [part.strip() for part in _SEPARATORS.split(text)]
    long = [part for part in text.split() if len(part) >= _LONG_NUMBER]
    is_number = (any(c.isdigit() for c in part) and len(part) >= _SHORT_NUMBER for part in parts)
    return sum(is_number) > 1 or sum(any(c.isdigit() for c in part) for part in long) > 1


def _has_several(column: str, text: str) -> bool:
    if column == "tracking_number":
        return _has_two_numbers(text)
    if column.endswith("_phone"):
        parts = _SEPARATORS.split(text)
        whole = [part for part in parts if sum(c.isdigit() for c in part) >= _SHORTEST_PHONE]
        return len(whole) > 1
    return column.endswith("_email") and text.count("@") > 1


def _are_all_known(text: str, known_skus: Container[str]) -> bool:
    """Whether a cell holds several SKUs that the account has."""
    parts = [part.strip() for part in _SEPARATORS.split(text)]
    return len(parts) > 1 and all(part in known_skus for part in parts)
