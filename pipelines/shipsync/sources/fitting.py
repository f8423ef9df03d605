"""How a value comes to fit its column: taken where its meaning is clear, else left to ``_extra``.

=========  ================================================  =====================================
column     taken as it is meant                              not taken
=========  ================================================  =====================================
text       an id or number that came as a number             flags, objects, lists
whole      ``12.0``, ``"12"``                                ``12.5``, beyond 64 bits
number     ``"12.5"``                                        NaN, Infinity, words
money      the same, ``"1,234.50"``; rounded to 4 places     the same, 10^14 and more
boolean    ``"true"``, ``"false"``                           ``"yes"``, ``1``
time       RFC 3339 from 0001-01-02 to 9999-12-30            other years, ``24:00``, leap seconds
=========  ================================================  =====================================

An amount of money is rounded half to even. What only binary arithmetic put behind the fourth place
(17.169999999999998) is dropped; true further decimals stay in ``_extra`` as they came.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from types import NoneType
from typing import Any, Final

import pyarrow as pa
from pyarrow import compute

from shipsync.sources.instants import EARLIEST, LATEST, parse_instant, parse_wall_clock
from shipsync.sources.schema import ColumnKind
from shipsync.sources.sound import sound_text

MONEY_PLACES: Final = 4
_CENT_OF_CENT: Final = Decimal(1).scaleb(-MONEY_PLACES)
_LARGEST_MONEY: Final = Decimal(10) ** 14
_LARGEST_WHOLE: Final = 2**63 - 1
_FIRST_INEXACT: Final = 2**53
# Sums of a few amounts differ by this much from what they stand for, prices never do.
_NOISE: Final = 5e-9
_NUMBER: Final = re.compile(
    r"[+-]?(?:\d{1,40}(?:\.\d{0,40})?|\.\d{1,40})(?:[eE][+-]?\d{1,3})?", re.A
)
_GROUPED: Final = re.compile(r"[+-]?\d{1,3}(?:,\d{3}){1,12}\.\d{1,40}", re.A)
_WHOLE: Final = re.compile(r"[+-]?\d{1,19}(?:\.0{1,40})?", re.A)
_EXACT_TYPES: Final[dict[ColumnKind, frozenset[type]]] = {
    ColumnKind.TEXT: frozenset({str, NoneType}),
    ColumnKind.WHOLE: frozenset({int, NoneType}),
    ColumnKind.NUMBER: frozenset({float, int, NoneType}),
    ColumnKind.MONEY: frozenset({float, int, NoneType}),
    ColumnKind.BOOLEAN: frozenset({bool, NoneType}),
    ColumnKind.INSTANT: frozenset({str, NoneType}),
    ColumnKind.LOCAL_TIME: frozenset({str, NoneType}),
}


@dataclass(frozen=True)
class Fitted:
    """``value`` is what the column holds; unless ``is_whole`` that is not all of what came."""

    value: Any
    is_whole: bool = True


_NOT_TAKEN: Final = Fitted(None, is_whole=False)


class _NotAtOnce(ValueError):
    """A column holds a value that must be looked at by itself."""


def fit_column(kind: ColumnKind, values: list[Any]) -> pa.Array | None:
    """All values at once where each fits as it is; None where one has to be looked at by itself."""
    if not _EXACT_TYPES[kind].issuperset(map(type, values)):
        return None
    try:
        return _AT_ONCE[kind](values)
    except (pa.ArrowInvalid, OverflowError, ValueError):
        return None


def fit(kind: ColumnKind, value: object) -> Fitted:
    """One value, as its column holds it. Never raises."""
    return Fitted(None) if value is None else _ONE[kind](value)


def key_text(kind: ColumnKind, value: object) -> str | None:
    """``value`` as a part of a key, written as its column shows it; None if it can be none."""
    fitted = fit(kind, value).value
    text = None if fitted is None else str(fitted)
    return text if text and text.strip() else None


def fit_optional_key(kind: ColumnKind, value: object) -> Fitted:
    """One value that may be missing of a key: None where no key can be told by it. Never raises."""
    if key_text(kind, value) is None:
        return Fitted(None, is_whole=value in (None, ""))
    return fit(kind, value)


def _number_array(values: list[Any]) -> pa.Array:
    numbers = pa.array(values, pa.float64())
    if not compute.all(compute.is_finite(numbers), skip_nulls=True, min_count=0).as_py():
        raise _NotAtOnce
    return numbers


def _money_array(values: list[Any]) -> pa.Array:
    amounts = _number_array(values)
    if not compute.round(amounts, MONEY_PLACES).equals(amounts):
        raise _NotAtOnce
    return amounts.cast(ColumnKind.MONEY.arrow)


def _instant_array(values: list[Any]) -> pa.Array:
    instants = pa.array(values, pa.string()).cast(ColumnKind.INSTANT.arrow)
    extremes = compute.min_max(instants)
    earliest, latest = (extremes[name].cast(pa.int64()).as_py() for name in ("min", "max"))
    if earliest is not None and not (earliest >= _FIRST and latest <= _LAST):
        raise _NotAtOnce
    return instants


def _microseconds(moment: datetime) -> int:
    return int(pa.scalar(moment, ColumnKind.INSTANT.arrow).cast(pa.int64()).as_py())


_FIRST: Final = _microseconds(EARLIEST)
_LAST: Final = _microseconds(LATEST)


def _wall_clock_array(values: list[Any]) -> pa.Array:
    clocks = [None if v is None else parse_wall_clock(v) for v in values]
    if any(clock is None and v is not None for clock, v in zip(clocks, values, strict=True)):
        raise _NotAtOnce
    return pa.array(clocks, ColumnKind.LOCAL_TIME.arrow)


_AT_ONCE: Final[dict[ColumnKind, Callable[[list[Any]], pa.Array]]] = {
    ColumnKind.TEXT: lambda values: pa.array(values, pa.string()),
    ColumnKind.WHOLE: lambda values: pa.array(values, pa.int64()),
    ColumnKind.NUMBER: _number_array,
    ColumnKind.MONEY: _money_array,
    ColumnKind.BOOLEAN: lambda values: pa.array(values, pa.bool_()),
    ColumnKind.INSTANT: _instant_array,
    ColumnKind.LOCAL_TIME: _wall_clock_array,
}


def _text(value: object) -> Fitted:
    if isinstance(value, str):
        readable = sound_text(value)
        return Fitted(readable, is_whole=readable == value)
    # An id that came as a number is the same id; a flag or an object is not a text.
    if isinstance(value, int | float) and not isinstance(value, bool):
        number = None if _is_inexact(value) else _plain(value)
        return _NOT_TAKEN if number is None else Fitted(_written(number))
    return _NOT_TAKEN


def _whole(value: object) -> Fitted:
    text = value.strip() if isinstance(value, str) else ""
    if _is_inexact(value) or (isinstance(value, str) and not _WHOLE.fullmatch(text)):
        return _NOT_TAKEN
    number = _plain(text or value)
    if number is None or number != number.to_integral_value() or abs(number) > _LARGEST_WHOLE:
        return _NOT_TAKEN
    return Fitted(int(number))


def _number(value: object) -> Fitted:
    number = _plain(value)
    if number is None:
        return _NOT_TAKEN
    try:
        as_float = float(number)
    except OverflowError:
        return _NOT_TAKEN
    return Fitted(as_float) if math.isfinite(as_float) else _NOT_TAKEN


def _money(value: object) -> Fitted:
    is_grouped = isinstance(value, str) and _GROUPED.fullmatch(value.strip()) is not None
    number = _plain(value.replace(",", "") if is_grouped and isinstance(value, str) else value)
    if number is None or abs(number) >= _LARGEST_MONEY:
        return _NOT_TAKEN
    try:
        rounded = number.quantize(_CENT_OF_CENT, ROUND_HALF_EVEN)
    except InvalidOperation:
        return _NOT_TAKEN
    if abs(rounded) >= _LARGEST_MONEY:
        return _NOT_TAKEN
    # A zero has no sign.
    return Fitted(rounded or abs(rounded), not is_grouped and _is_noise(number - rounded, number))


def _is_noise(rest: Decimal, number: Decimal) -> bool:
    return not rest or abs(float(rest)) <= max(_NOISE, 8 * math.ulp(float(number)))


def _is_inexact(value: object) -> bool:
    """Whether it is a number of which not every whole one has a form of its own: a float from 2^53 on."""
    return isinstance(value, float) and abs(value) >= _FIRST_INEXACT


def _plain(value: object) -> Decimal | None:
    """The number that ``value`` is or spells, None if it is no finite number."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return Decimal(value)
    if isinstance(value, float):
        return Decimal(repr(value)) if math.isfinite(value) else None
    if isinstance(value, str) and _NUMBER.fullmatch(text := value.strip()):
        return Decimal(text)
    return None


def _written(number: Decimal) -> str:
    return str(int(number)) if number == number.to_integral_value() else str(number)


def _boolean(value: object) -> Fitted:
    if isinstance(value, bool):
        return Fitted(value)
    words = {"true": True, "false": False}
    named = words.get(value.strip().casefold()) if isinstance(value, str) else None
    return _NOT_TAKEN if named is None else Fitted(named)


def _time(parse: Callable[[object], datetime | None]) -> Callable[[object], Fitted]:
    def fitted(value: object) -> Fitted:
        moment = parse(value)
        # An empty text is how some fields say that there is none.
        return Fitted(moment, is_whole=moment is not None or value == "")

    return fitted


_ONE: Final[dict[ColumnKind, Callable[[object], Fitted]]] = {
    ColumnKind.TEXT: _text,
    ColumnKind.WHOLE: _whole,
    ColumnKind.NUMBER: _number,
    ColumnKind.MONEY: _money,
    ColumnKind.BOOLEAN: _boolean,
    ColumnKind.INSTANT: _time(parse_instant),
    ColumnKind.LOCAL_TIME: _time(parse_wall_clock),
}
