"""From a walk over a list to batches ready to load: what is already stored is left out and counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol

import pyarrow as pa

from shipsync.set_aside import SetAside
from shipsync.sources.account_time import FAR_AHEAD, AccountTime
from shipsync.sources.batches import RowBatch
from shipsync.sources.instants import parse_instant
from shipsync.sources.keyset import Walked
from shipsync.sources.redaction import Redaction
from shipsync.sources.rows import StreamRows, to_rows
from shipsync.sources.sound import sound
from shipsync.sources.stored import StoredRows
from shipsync.sources.streams import Stream
from shipsync.sources.usable import UsableRow, usable_rows

# What a body of a shape that nobody foresaw can raise on its way into a table.
_UNFORESEEN: Final = (
    *(ArithmeticError, AttributeError, LookupError, TypeError, ValueError, RecursionError),
    pa.ArrowException,
)


class SetsApart(Protocol):
    """Where a reading puts what it cannot use, and says what it could use again."""

    def put(self, thing: SetAside) -> None:
        """Keep what could not be used."""
        ...

    def came_right(self, stream: str, row_ids: Collection[str]) -> int:
        """These rows could be used."""
        ...


@dataclass
class Tally:
    """What one reading met: ``rows`` handed to the load, ``unchanged`` and ``stale`` left out.

    ``stale`` rows are older than the version stored: an answer from before the last change. ``beyond``
    rows say that they lie a day or more ahead of the account's own time. ``extras``
    counts values that went to ``_extra``, by ``table.path``. ``expected`` is how many rows the server
    counted at the first page, where it did.
    """

    pages: int = 0
    rows: int = 0
    unchanged: int = 0
    stale: int = 0
    beyond: int = 0
    extras: Counter[str] = field(default_factory=Counter)
    expected: int | None = None


class Sifting:
    """Turns the pages of a walk into batches of one stream.

    ``is_snapshot``: each page is the list as a whole, and nothing of it is left out. ``kept`` are stored
    rows, by raw table, that are loaded with it, so that they are not taken for gone. Rows whose id is in
    ``again`` when they are met are loaded whatever is stored.
    """

    def __init__(
        self,
        stream: Stream,
        held: StoredRows,
        time: AccountTime,
        redaction: Redaction,
        tally: Tally,
        apart: SetsApart,
        *,
        is_snapshot: bool = False,
        kept: Mapping[str, pa.Table] | None = None,
        again: Collection[str] = (),
    ) -> None:
        self._stream = stream
        self._held = held
        self._time = time
        self._redaction = redaction
        self._tally = tally
        self._apart = apart
        self._is_snapshot = is_snapshot
        self._kept = kept or {}
        self._again = again
        self._newest_held = held.newest_change()
        self._holds_any = held.count() > 0

    def batches(self, pages: Iterator[Walked]) -> Iterator[RowBatch]:
        """One batch for each page, also for one of which nothing is new: its cursor counts."""
        for page in pages:
            self._tally.pages += 1
            self._tally.beyond += page.beyond
            if self._tally.expected is None:
                self._tally.expected = page.left
            yield self._batch(page)

    def _batch(self, page: Walked) -> RowBatch:
        usable = usable_rows(self._stream, page.items, page.hashes, self._apart.put)
        kept = self._sift(usable)
        rows, loaded = self._rows(kept)
        self._tally.rows += len(loaded)
        unusable = {row.row_id for row in kept} - {row.row_id for row in loaded}
        self._apart.came_right(
            self._stream.name, {row.row_id for row in usable if row.row_id not in unusable}
        )
        if not loaded and not self._is_snapshot:
            return RowBatch(page.reached, {}, frozenset())
        self._tally.extras.update(rows.extras)
        ids = frozenset("\x1f".join(row.key) for row in loaded)
        tables = {
            name: pa.concat_tables([table, self._kept[name]]) if name in self._kept else table
            for name, table in rows.tables.items()
        }
        return RowBatch(page.reached, tables, ids, self._is_snapshot)

    def _rows(self, kept: Sequence[UsableRow]) -> tuple[StreamRows, Sequence[UsableRow]]:
        """The raw tables' rows, and those of ``kept`` that they are made of: all, if need be one by one."""
        try:
            rows = self._flattened(kept)
        except _UNFORESEEN:
            kept = [row for row in kept if self._can_be_flattened(row)]
            rows = self._flattened([_made_sound(row) for row in kept])
        for line in rows.set_aside:
            self._apart.put(line)
        return rows, kept

    def _flattened(self, kept: Sequence[UsableRow]) -> StreamRows:
        objects = [row.item for row in kept]
        hashes = [row.content_hash for row in kept]
        return to_rows(self._stream, objects, hashes, self._time.upper_bound, self._redaction)

    def _can_be_flattened(self, row: UsableRow) -> bool:
        try:
            self._flattened([_made_sound(row)])
        except _UNFORESEEN as error:
            reason = f"It has a shape that no table of {self._stream.name} takes ({type(error).__name__})."
            self._apart.put(SetAside(self._stream.name, reason, row.item, row.row_id))
            return False
        return True

    def _sift(self, usable: list[UsableRow]) -> list[UsableRow]:
        if self._is_snapshot or not usable or not self._holds_any or self._is_all_new(usable):
            return usable
        held = self._held.current([row.key[0] for row in usable])
        kept: list[UsableRow] = []
        for row in usable:
            version = held.get(row.key[0])
            changed_at = parse_instant(row.item.get("modified_at"))
            if row.key[0] in self._again:
                kept.append(row)
            elif version and version.content_hash == row.content_hash and version.is_whole:
                self._tally.unchanged += 1
            elif version and self._is_older(changed_at, version.changed_at):
                self._tally.stale += 1
            else:
                kept.append(row)
        return kept

    def _is_older(self, changed_at: datetime | None, held_at: datetime | None) -> bool:
        # A change that is said to lie ahead of the account's own time orders nothing.
        if changed_at is None or held_at is None or held_at > self._time.upper_bound + FAR_AHEAD:
            return False
        return changed_at < held_at

    def _is_all_new(self, usable: list[UsableRow]) -> bool:
        """Whether every row changed after anything stored, so that none can be stored already or stale."""
        if self._newest_held is None:
            return False
        instants = [parse_instant(row.item.get("modified_at")) for row in usable]
        return all(instant is not None and instant > self._newest_held for instant in instants)


def _made_sound(row: UsableRow) -> UsableRow:
    return UsableRow(row.key, sound(row.item), row.content_hash)
