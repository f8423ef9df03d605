"""Rows kept in the order of an instant, cheap to append to and to cut a page from."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort

Key = tuple[int, int]
"""An instant in microseconds and the number of a row, which settles ties."""

_FEW = 64
_LAST = 1 << 62


class Ordering:
    """Sorted keys. Additions that come in order cost nothing; others wait until somebody reads."""

    def __init__(self) -> None:
        self._keys: list[Key] = []
        self._waiting: list[Key] = []

    def add(self, instant: int, number: int) -> None:
        """Put a row in its place."""
        key = (instant, number)
        if not self._keys or key > self._keys[-1]:
            self._keys.append(key)
        else:
            self._waiting.append(key)

    def remove(self, instant: int, number: int) -> None:
        """Take a row out; KeyError when it is not there."""
        keys = self.keys()
        key = (instant, number)
        at = bisect_left(keys, key)
        if at == len(keys) or keys[at] != key:
            raise KeyError(key)
        del keys[at]

    def keys(self) -> list[Key]:
        """All keys, ascending. The list is the live one: do not change it."""
        if self._waiting:
            if len(self._waiting) > _FEW:
                self._keys.extend(self._waiting)
                self._keys.sort()
            else:
                for key in self._waiting:
                    insort(self._keys, key)
            self._waiting.clear()
        return self._keys

    def span(self, start: int | None, end: int | None) -> tuple[int, int]:
        """Positions [from, to) of the keys with ``start <= instant <= end``; None is unbounded."""
        keys = self.keys()
        low = 0 if start is None else bisect_left(keys, (start, -1))
        high = len(keys) if end is None else bisect_right(keys, (end, _LAST))
        return low, max(low, high)
