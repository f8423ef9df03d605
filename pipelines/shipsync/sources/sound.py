"""Values that JSON, Arrow or DuckDB cannot hold, put so that they can: nothing else of them changes.

=========================================  ==============================================
half a character (a lone surrogate)        the replacement character U+FFFD
a number that is none (NaN, Infinity)      its name as a text
a whole number beyond 64 bits              its digits as a text
anything nested deeper than 200 levels     a text that says so
=========================================  ==============================================
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

DEEPEST: Final = 200
TOO_DEEP: Final = f"[nested deeper than {DEEPEST} levels]"
_SMALLEST_WHOLE: Final = -(2**63)
_LARGEST_WHOLE: Final = 2**64 - 1


def sound(value: object, depth: int = 0) -> Any:
    """A copy of ``value``, as JSON parsers give it, that every store can hold."""
    if isinstance(value, str):
        return sound_text(value)
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return value if _SMALLEST_WHOLE <= value <= _LARGEST_WHOLE else _digits(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else name_of(value)
    if depth >= DEEPEST:
        return TOO_DEEP
    if isinstance(value, Mapping):
        return {sound_text(str(key)): sound(inner, depth + 1) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [sound(inner, depth + 1) for inner in value]
    return sound_text(str(value))


def sound_text(text: str) -> str:
    """``text`` with every lone surrogate replaced by U+FFFD."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        # A pair that was written as two halves becomes the character it stands for.
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def name_of(value: float) -> str:
    """``NaN``, ``Infinity`` or ``-Infinity``, for a float that is no number."""
    if math.isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"


def _digits(value: int) -> str:
    try:
        return str(value)
    except ValueError:
        return f"[a whole number of {value.bit_length()} bits]"
