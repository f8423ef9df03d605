"""What a reading hands to the load: pages of rows, bundled into packages that are loaded as one.

A package is cut before an id would come a second time: dlt's ``scd2`` merge keeps both versions of an
id open if they arrive in one load.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa

from shipsync.errors import ShipsyncError


@dataclass(frozen=True)
class RowBatch:
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


@dataclass(frozen=True)
class LoadPackage:
    """What is loaded as one: tables whole, the cursor it moves to, and the ids in it.

    ``valid_from`` is when the versions in it begin, and those that they follow end.
    """

    cursor: datetime | None
    tables: Mapping[str, pa.Table]
    ids: frozenset[str]
    must_load: bool
    valid_from: datetime | None = None


class Packages:
    """Cuts a stream of batches into packages of at most ``size`` pages, each id at most once in one.

    What was read before the stream failed is handed out first, and then the failure raised.
    """

    def __init__(self, batches: Iterator[RowBatch], size: int) -> None:
        self._batches = batches
        self._size = size
        self._failure: ShipsyncError | None = None
        self._next: RowBatch | None = next(batches, None)

    @property
    def has_more(self) -> bool:
        """Whether anything is left to load, or to be told of."""
        return self._next is not None or self._failure is not None

    def take(self) -> LoadPackage:
        """The next package; raises what the stream failed with, once all that it gave is handed out."""
        if self._next is None and self._failure is not None:
            failure, self._failure = self._failure, None
            raise failure
        taken: list[RowBatch] = []
        ids: set[str] = set()
        while self._next is not None:
            full = len(taken) >= self._size and self._next.rows > 0
            if full or not ids.isdisjoint(self._next.ids):
                break
            taken.append(self._next)
            ids |= self._next.ids
            self._next = self._drawn()
        return _combined(taken, frozenset(ids))

    def _drawn(self) -> RowBatch | None:
        try:
            return next(self._batches, None)
        except ShipsyncError as error:
            self._failure = error
            return None


def _combined(batches: Sequence[RowBatch], ids: frozenset[str]) -> LoadPackage:
    # dlt spends milliseconds on each table it is handed, so it gets one of each kind.
    names = {name: None for batch in batches for name in batch.tables}
    tables = {
        name: pa.concat_tables(batch.tables[name] for batch in batches if name in batch.tables)
        for name in names
    }
    cursors = [batch.cursor for batch in batches if batch.cursor is not None]
    must_load = any(batch.must_load for batch in batches)
    return LoadPackage(max(cursors, default=None), tables, ids, must_load)
