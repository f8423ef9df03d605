"""From a walk over a list to batches ready to load: what is already held is left out and counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from shipsync.api.paging import Item
from shipsync.sources.account_time import AccountTime
from shipsync.sources.batches import RowBatch
from shipsync.sources.instants import parse_instant
from shipsync.sources.keyset import Walked
from shipsync.sources.redaction import Redaction
from shipsync.sources.stored import StoredRows
from shipsync.sources.streams import Stream, to_rows


@dataclass
class Tally:
    """What one reading met: ``rows`` handed to the load, ``unchanged`` and ``stale`` left out.

    ``stale`` rows are older than the version held: an answer from before the last change. ``extras``
    counts values that went to ``_extra``, by ``table.path``. ``expected`` is how many rows the server
    counted at the first page, where it did.
    """

    pages: int = 0
    rows: int = 0
    unchanged: int = 0
    stale: int = 0
    extras: Counter[str] = field(default_factory=Counter)
    expected: int | None = None


class Sifting:
    """Turns the pages of a walk into batches of one stream.

    ``is_snapshot``: each page is the list as a whole, and nothing of it is left out.
    """

    def __init__(
        self,
        stream: Stream,
        held: StoredRows,
        time: AccountTime,
        redaction: Redaction,
        tally: Tally,
        *,
        is_snapshot: bool = False,
    ) -> None:
        self._stream = stream
        self._held = held
        self._time = time
        self._redaction = redaction
        self._tally = tally
        self._is_snapshot = is_snapshot
        self._newest_held = held.newest_change()
        self._holds_any = held.count() > 0

    def batches(self, pages: Iterator[Walked]) -> Iterator[RowBatch]:
        """One batch for each page, also for one of which nothing is new: its cursor counts."""
        for page in pages:
            self._tally.pages += 1
            if self._tally.expected is None:
                self._tally.expected = page.left
            yield self._batch(page)

    def _batch(self, page: Walked) -> RowBatch:
        kept, hashes = self._sift(page)
        self._tally.rows += len(kept)
        if not kept and not self._is_snapshot:
            return RowBatch(page.reached, {}, frozenset())
        ids = frozenset(_identity(self._stream, item) for item in kept)
        objects = [self._redaction.apply(item) for item in kept]
        rows = to_rows(self._stream, objects, hashes, self._time.upper_bound)
        self._tally.extras.update(rows.extras)
        return RowBatch(page.reached, rows.tables, ids, self._is_snapshot)

    def _sift(self, page: Walked) -> tuple[list[Item], list[str]]:
        items, hashes = _once(page, self._stream)
        if self._is_snapshot or not items or not self._holds_any or self._is_all_new(items):
            return items, hashes
        held = self._held.current([str(item.get(self._stream.id_key)) for item in items])
        kept: list[Item] = []
        kept_hashes: list[str] = []
        for item, digest in zip(items, hashes, strict=True):
            version = held.get(str(item.get(self._stream.id_key)))
            changed_at = parse_instant(item.get("modified_at"))
            if version and version.content_hash == digest and version.is_whole:
                self._tally.unchanged += 1
            elif version and version.changed_at and changed_at and changed_at < version.changed_at:
                self._tally.stale += 1
            else:
                kept.append(item)
                kept_hashes.append(digest)
        return kept, kept_hashes

    def _is_all_new(self, items: list[Item]) -> bool:
        """Whether every row changed after anything held, so that none can be held or stale."""
        if self._newest_held is None:
            return False
        instants = [parse_instant(item.get("modified_at")) for item in items]
        return all(instant is not None and instant > self._newest_held for instant in instants)


def _identity(stream: Stream, item: Item) -> str:
    return "\x1f".join(str(item.get(part)) for part in stream.table.key)


def _once(page: Walked, stream: Stream) -> tuple[list[Item], list[str]]:
    """The page's rows with each id once: of two versions of a row the one changed last."""
    best: dict[str, int] = {}
    for position, item in enumerate(page.items):
        key = _identity(stream, item)
        if key not in best or _changed(page.items[best[key]]) <= _changed(item):
            best[key] = position
    if len(best) == len(page.items):
        return page.items, page.hashes
    kept = sorted(best.values())
    return [page.items[i] for i in kept], [page.hashes[i] for i in kept]


def _changed(item: Item) -> float:
    instant = parse_instant(item.get("modified_at"))
    return instant.timestamp() if instant else 0.0
