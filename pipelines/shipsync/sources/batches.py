"""What a reading hands to the load: pages of rows, bundled into packages that are loaded as one.

A package is cut before an id would come a second time: dlt's ``scd2`` merge keeps both versions of an
id open if they arrive in one load.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa


@dataclass(frozen=True)
class Batch:
    """Rows of one page, by raw table.

    ``cursor``: once this batch is loaded, everything up to that instant has been read (None where the
    reading has no cursor). ``ids`` are the entities in it. ``is_snapshot``: these are all rows there
    are, so that the load is due even if there is none.
    """

    cursor: datetime | None
    tables: Mapping[str, pa.Table]
    ids: frozenset[str]
    is_snapshot: bool = False

    @property
    def rows(self) -> int:
        """Number of entities."""
        return len(self.ids)

    @property
    def must_load(self) -> bool:
        """Whether there is anything to load; a cursor alone is not worth a load."""
        return self.rows > 0 or self.is_snapshot


class Packages:
    """Cuts a stream of batches into packages of at most ``size`` pages, each id at most once in one."""

    def __init__(self, batches: Iterator[Batch], size: int) -> None:
        self._batches = batches
        self._size = size
        self._next: Batch | None = next(batches, None)

    @property
    def has_more(self) -> bool:
        """Whether anything is left to load."""
        return self._next is not None

    def take(self) -> list[Batch]:
        """The next package."""
        package: list[Batch] = []
        ids: set[str] = set()
        while self._next is not None:
            full = len(package) >= self._size and self._next.rows > 0
            if full or not ids.isdisjoint(self._next.ids):
                break
            package.append(self._next)
            ids |= self._next.ids
            self._next = next(self._batches, None)
        return package
