"""The database as an assistant reads it: the copy for readers, or one of its own.

It takes one of its own before the first run, and where something else than a run has changed the database.
"""

from __future__ import annotations

import threading
import weakref
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

import duckdb

from shipsync.errors import DatabaseError, DatabaseLocked
from shipsync.warehouse import read_copy
from shipsync.warehouse.copies import of_one_state, state_of
from shipsync.warehouse.database import connect

# A tool that is at work may still read the one before the newest.
_KEPT: Final = 2


class LatestCopy:
    """Copies of one database, which need not be there yet; the file itself is never opened."""

    def __init__(self, database: Path) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._copies: deque[tuple[object, Path, ExitStack]] = deque()
        # The copies hold what the account tells of buyers: they go with whoever asked for them.
        weakref.finalize(self, _remove, self._copies)

    def file(self) -> Path:
        """The copy for readers where it serves, else one as of the last commit, or the one before that.

        Raises ``DatabaseError`` when there is no database, ``DatabaseLocked`` while none could be copied.
        """
        if read_copy.serves(self._database):
            return read_copy.path_of(self._database)
        with self._lock:
            now = state_of(self._database)
            if not self._copies or self._copies[-1][0] != now:
                try:
                    return self._taken(now)
                except DatabaseLocked:
                    if not self._copies:
                        raise
            return self._copies[-1][1]

    @contextmanager
    def opened(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A copy, open to read for the time of the block."""
        copy = self.file()
        try:
            with connect(copy, read_only=True) as con:
                yield con
        except DatabaseError as error:
            # Nobody knows the copy by name.
            raise type(error)(str(error).replace(str(copy), str(self._database))) from error

    def close(self) -> None:
        """Remove the copies."""
        with self._lock:
            _remove(self._copies)

    def _taken(self, state: object) -> Path:
        """A new copy, which is kept; or the copy for readers, if a run began meanwhile."""
        with ExitStack() as stack:
            copy = of_one_state(stack, self._database)
            if copy == read_copy.path_of(self._database):
                return copy
            self._copies.append((state, copy, stack.pop_all()))
        while len(self._copies) > _KEPT:
            self._copies.popleft()[2].close()
        return copy


def _remove(copies: deque[tuple[object, Path, ExitStack]]) -> None:
    while copies:
        copies.popleft()[2].close()
