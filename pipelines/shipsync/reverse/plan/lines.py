"""The lines of a file on which a thing stands, and how a sentence names them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

D = TypeVar("D")

_SHOWN_LINES = 5


def lines_by(pairs: Iterable[tuple[D, int]]) -> dict[D, list[int]]:
    """The lines on which each thing stands."""
    found: dict[D, list[int]] = {}
    for thing, line in pairs:
        found.setdefault(thing, []).append(line)
    return found


def listed(lines: Sequence[int]) -> str:
    """Lines as a sentence names them."""
    more = len(lines) - _SHOWN_LINES
    tail = f" and {more} more" if more > 0 else ""
    return f"lines {', '.join(str(line) for line in lines[:_SHOWN_LINES])}{tail}"
