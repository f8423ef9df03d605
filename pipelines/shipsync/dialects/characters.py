"""The characters of Unicode's categories, for patterns of engines that know the categories by no name."""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Callable, Sequence
from functools import cache
from typing import Final

_CATEGORY: Final = re.compile(r"\\p(?:{(\w+)}|(\w))")


@cache
def ranges(category: str) -> Sequence[tuple[int, int]]:
    """The first and the last of each run of characters whose category begins so, without the character 0."""
    found: list[tuple[int, int]] = []
    for number in range(1, sys.maxunicode + 1):
        if not unicodedata.category(chr(number)).startswith(category):
            continue
        if found and found[-1][1] == number - 1:
            found[-1] = (found[-1][0], number)
        else:
            found.append((number, number))
    return found


def spelled_out(pattern: str, written: Callable[[str], str]) -> str:
    """``pattern`` with each category, which stands in a bracket, as it is ``written``."""
    return _CATEGORY.sub(lambda found: written(found[1] or found[2]), pattern)
