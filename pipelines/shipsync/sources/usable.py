"""Which rows of one answer can be loaded: those with a key, each key once. The others are set aside.

Of several rows for one key, the one that changed last is loaded; where they do not say when they
changed, or say the same, the last one of the answer. It is what the server would show if it wrote
them one over the other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from shipsync.api.paging import Item
from shipsync.set_aside import SetAside, SetsAside
from shipsync.sources.flatten import aligned
from shipsync.sources.instants import parse_instant
from shipsync.sources.rows import row_key
from shipsync.sources.streams import Stream


@dataclass(frozen=True, slots=True)
class UsableRow:
    """One row of an answer: its key as texts, its body and the hash of its content."""

    key: tuple[str, ...]
    item: Item
    content_hash: str

    @property
    def row_id(self) -> str:
        """The key as the quarantine and messages write it."""
        return "/".join(self.key)


def usable_rows(
    stream: Stream, items: Sequence[Item], hashes: Sequence[str], set_aside: SetsAside
) -> list[UsableRow]:
    """The rows of one answer that can be loaded, in order; ``set_aside`` gets each of the others."""
    best: dict[tuple[str, ...], UsableRow] = {}
    for row in _with_keys(stream, items, hashes, set_aside):
        other = best.get(row.key)
        if other is not None:
            kept = row if _changed(other.item) <= _changed(row.item) else other
            left = other if kept is row else row
            if left.content_hash != kept.content_hash:
                set_aside(SetAside(stream.name, _doubled(stream, kept), left.item, kept.row_id))
            row = kept
        best[row.key] = row
    return list(best.values())


def _with_keys(
    stream: Stream, items: Sequence[Item], hashes: Sequence[str], set_aside: SetsAside
) -> Iterator[UsableRow]:
    for position, (item, digest) in enumerate(zip(items, hashes, strict=True), start=1):
        key = row_key(stream.table, aligned(stream.table, item))
        if key is None:
            needed = [name for name in stream.table.key if name not in stream.table.optional_key]
            reason = f"It has no usable {' or no '.join(needed)}, so it cannot be told from others."
            set_aside(SetAside(stream.name, reason, item, position=position))
        else:
            yield UsableRow(key, item, digest)


def _doubled(stream: Stream, kept: UsableRow) -> str:
    which = "the one that changed last" if "modified_at" in kept.item else "the last of them"
    return (
        f"One answer contained {' and '.join(stream.table.key)} {kept.row_id} more than once with different "
        f"content; {which} was loaded, this one was not."
    )


def _changed(item: Item) -> float:
    instant = parse_instant(item.get("modified_at"))
    return instant.timestamp() if instant else 0.0
