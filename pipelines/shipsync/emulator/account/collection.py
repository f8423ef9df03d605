"""The objects of one list: serialized once, sorted by their instants, found by id and by filter."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Body = Mapping[str, Any]

Key = tuple[int, int]
"""An instant in microseconds and the number of a row, which settles ties."""

_FEW = 64
_REMEMBERED = 16
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


@dataclass(frozen=True)
class Layout:
    """What a list can be sorted by, filtered by, and looked up by.

    ``columns`` take a filter value out of a body; None marks a hidden column, whose value no served
    field holds. Values of ``lookups``, a part of the columns, are indexed: use them for what is
    nearly unique.
    """

    id_field: str
    columns: Mapping[str, Callable[[Body], str | None] | None]
    lookups: frozenset[str]
    instants: tuple[str, ...]


@dataclass(slots=True)
class Row:
    """One object: ``raw`` is served, ``previous`` was served before the last change."""

    number: int
    entity_id: str
    raw: bytes
    previous: bytes | None
    instants: Mapping[str, int]
    columns: tuple[str | None, ...]


@dataclass(frozen=True)
class TimeWindow:
    """A closed range of one instant, in microseconds; None is unbounded."""

    instant: str
    start: int | None = None
    end: int | None = None

    def holds(self, row: Row) -> bool:
        """Whether the row has that instant and it lies inside."""
        at = row.instants.get(self.instant)
        if at is None:
            return self.start is None and self.end is None
        return (self.start is None or at >= self.start) and (self.end is None or at <= self.end)


@dataclass(frozen=True)
class Filters:
    """Which rows are wanted: exact values of columns, windows, and a free test of the row."""

    equal: tuple[tuple[str, str], ...] = ()
    windows: tuple[TimeWindow, ...] = ()
    test: Callable[[Row], bool] | None = field(default=None, compare=False)


class Collection:
    """All rows of one list. Not thread-safe: the account's lock guards it."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.version = 0
        self._positions = {name: at for at, name in enumerate(layout.columns)}
        self._rows: dict[str, Row] = {}
        self._numbered: list[Row] = []
        self._removed: dict[str, Row] = {}
        self._orderings = {name: Ordering() for name in layout.instants}
        self._lookups: dict[str, dict[str, set[int]]] = {name: {} for name in layout.lookups}

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, entity_id: str) -> bool:
        return entity_id in self._rows

    def get(self, entity_id: str) -> Row | None:
        """The row of that id, or None."""
        return self._rows.get(entity_id)

    def row(self, number: int) -> Row:
        """The row of that number, as orderings and ``select`` give them."""
        return self._numbered[number]

    def rows(self) -> Sequence[Row]:
        """All rows in the order in which they were first put. Not to be changed."""
        if not self._removed:
            return self._numbered
        return [row for row in self._numbered if self._rows.get(row.entity_id) is row]

    def put(
        self,
        body: Body,
        raw: bytes,
        instants: Mapping[str, int],
        hidden: Mapping[str, str | None],
    ) -> Row:
        """Add an object or replace the one with its id.

        ``hidden`` gives values of hidden columns; a replaced row keeps those not given.
        """
        entity_id = str(body[self.layout.id_field])
        old = self._rows.get(entity_id)
        columns = tuple(
            [
                take(body) if take is not None else self._hidden(name, hidden, old)
                for name, take in self.layout.columns.items()
            ]
        )
        number = len(self._numbered) if old is None else old.number
        row = Row(number, entity_id, raw, old.raw if old else None, instants, columns)
        if old is None:
            self._numbered.append(row)
        else:
            self._unlist(old)
            self._numbered[number] = row
        self._rows[entity_id] = row
        self._list(row)
        self.version += 1
        return row

    def remove(self, entity_id: str) -> None:
        """Take a row out for good; KeyError when it is not there."""
        row = self._rows.pop(entity_id)
        self._unlist(row)
        self._removed[entity_id] = row
        self.version += 1

    def last_known(self, entity_id: str) -> Row | None:
        """The row of that id, or what it was when it was removed."""
        return self._rows.get(entity_id) or self._removed.get(entity_id)

    def _hidden(self, name: str, hidden: Mapping[str, str | None], old: Row | None) -> str | None:
        if name in hidden:
            return hidden[name]
        return None if old is None else self.column(old, name)

    def _list(self, row: Row) -> None:
        for name, at in row.instants.items():
            self._orderings[name].add(at, row.number)
        for name, index in self._lookups.items():
            value = row.columns[self._positions[name]]
            if value is not None:
                index.setdefault(value, set()).add(row.number)

    def _unlist(self, row: Row) -> None:
        for name, at in row.instants.items():
            self._orderings[name].remove(at, row.number)
        for name, index in self._lookups.items():
            value = row.columns[self._positions[name]]
            if value is not None:
                index[value].discard(row.number)

    def column(self, row: Row, name: str) -> str | None:
        """The value of a column of a row."""
        return row.columns[self._positions[name]]

    def find(self, column: str, value: str) -> list[Row]:
        """Rows with that value in a looked-up column, in the order in which they were first put."""
        return [self._numbered[number] for number in sorted(self._lookups[column].get(value, ()))]

    def span(self, window: TimeWindow) -> tuple[list[Key], int, int]:
        """The keys sorted by the window's instant and the positions that it covers: no copy."""
        ordering = self._orderings[window.instant]
        low, high = ordering.span(window.start, window.end)
        return ordering.keys(), low, high

    def select(self, filters: Filters, sort_by: str) -> list[Key]:
        """Keys of the wanted rows that have the instant ``sort_by``, ascending."""
        rows = (row for row in self._candidates(filters, sort_by) if self._wanted(row, filters))
        return sorted((row.instants[sort_by], row.number) for row in rows)

    def _candidates(self, filters: Filters, sort_by: str) -> Iterable[Row]:
        for name, value in filters.equal:
            if name in self._lookups:
                return [row for row in self.find(name, value) if sort_by in row.instants]
        window = next((w for w in filters.windows if w.instant == sort_by), TimeWindow(sort_by))
        keys, low, high = self.span(window)
        return [self._numbered[number] for _, number in keys[low:high]]

    def _wanted(self, row: Row, filters: Filters) -> bool:
        return (
            all(row.columns[self._positions[name]] == value for name, value in filters.equal)
            and all(window.holds(row) for window in filters.windows)
            and (filters.test is None or filters.test(row))
        )


class Selections:
    """What the last few filtered walks selected, so that each page need not filter again."""

    def __init__(self) -> None:
        self._held: dict[tuple[object, ...], tuple[int, list[Key]]] = {}

    def get(
        self, collection: Collection, filters: Filters, sort_by: str, name: tuple[object, ...]
    ) -> list[Key]:
        """Keys of the wanted rows, ascending; filtered again when the collection has changed."""
        held = self._held.get(name)
        if held is None or held[0] != collection.version:
            held = (collection.version, collection.select(filters, sort_by))
            self._held.pop(name, None)
            self._held[name] = held
            while len(self._held) > _REMEMBERED:
                del self._held[next(iter(self._held))]
        return held[1]
