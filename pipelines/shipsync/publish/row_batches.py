"""One batch into tables that keep the hash of each row, at a target with transactions over all tables.

Which rows of a table are compared, what becomes of it, and what the next batch goes on from are the same for
every such target; how rows are read and written there is the target's (``HashedTables``).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import duckdb
import orjson

from shipsync.errors import ExportFailed
from shipsync.export.relation import Relation
from shipsync.publish.division import Part
from shipsync.publish.marks import Marks, Seen, histories, marks_of
from shipsync.publish.row_changes import ROW_HASH, RowChanges
from shipsync.publish.source import Source
from shipsync.publish.writer import Applied, Batch, Compared, PublishedTable
from shipsync.warehouse.contract import Key

DELETED_AT: Final = "_deleted_at"
"""When a row was found gone, in a target that keeps such rows; null in all others."""


class HashedTables(Protocol):
    """The tables at a target, inside the transaction of a batch; each has a column ``_row_hash``."""

    def last_seen(self) -> str | None:
        """What ``keep_seen`` kept last."""

    def follow_columns(self, source: Source, relation: Relation, *, keeps_removed: bool) -> bool:
        """Make the table or the columns that are missing, and say whether any were.

        ``keeps_removed``: one of them is ``_deleted_at``; else that one goes, and the rows that it marks.
        Raises ``ExportFailed`` for a table that is not ours, and for a column that changed its type.
        """

    def row_hashes(self, source: Source, relation: Relation) -> Path:
        """A file of CSV: the hash of each row that is not marked, and how often it is there."""

    def rows_of_keys(
        self, source: Source, marks: Marks, keys: Sequence[str]
    ) -> duckdb.DuckDBPyRelation:
        """The hashes and marks of the rows of ``keys``, for ``source`` to read once; none marked as gone."""

    def write(
        self, source: Source, relation: Relation, *, is_of_keys: bool, kept_by: Key | None
    ) -> tuple[int, int]:
        """Delete the rows whose hashes differ and insert those of the source; how many of both.

        ``is_of_keys``: only the rows of keys were compared. With ``kept_by`` only those are deleted whose
        key comes again among the rows to insert; the others stay, marked.
        """

    def constrain(self, source: Source, relation: Relation) -> None:
        """Give the table the key that it has here, where the target knows such a thing and it lacks it."""

    def record(self, event_sequence: int | None, tables: str) -> int:
        """Record the batch and what became of its ``tables``, as JSON; its number."""

    def keep_seen(self, seen: str) -> None:
        """Keep with the last batch what the next one goes on from, as JSON; of former ones nobody asks."""


@dataclass(frozen=True)
class _Found:
    """What was found of a table: its ``rows`` here, and how many of their hashes differ."""

    rows: int
    differing: int
    compared: Compared
    seen: Seen | None


@dataclass(frozen=True)
class _Outcome:
    """What became of a table; ``is_changed`` if its rows or its columns differed."""

    table: PublishedTable
    is_changed: bool
    seen: Seen | None


def apply(batch: Batch, there: HashedTables) -> Applied:
    """Write what differs of ``batch`` and the record of it; nothing is committed here."""
    before = _read(there.last_seen())
    outcomes = [
        _apply(batch, relation, there, before.get(relation.full_name))
        for relation in batch.relations
    ]
    tables = tuple(outcome.table for outcome in outcomes)
    seen = before | {outcome.table.table: outcome.seen for outcome in outcomes}
    number = None
    if any(outcome.is_changed for outcome in outcomes):
        counts = {table.table: [table.rows, table.deleted, table.inserted] for table in tables}
        number = there.record(batch.event_sequence, orjson.dumps(counts).decode())
    if number is not None or seen != before:
        documents = {name: one.document() for name, one in seen.items() if one is not None}
        there.keep_seen(orjson.dumps(documents).decode())
    return Applied(number, tables)


def refuse_others(relation: Relation, held: Collection[str]) -> None:
    """Raise ``ExportFailed`` where a table with the columns ``held`` was made by something else."""
    if held and ROW_HASH not in held:
        raise ExportFailed(
            f"{relation.full_name} at the target was not made by `shipsync publish`, so it is left as "
            "it is and nothing was published. Publish into another database, or drop the table first."
        )


def _read(seen: str | None) -> dict[str, Seen | None]:
    return {name: Seen.read(document) for name, document in orjson.loads(seen or "{}").items()}


def _apply(batch: Batch, relation: Relation, there: HashedTables, before: Seen | None) -> _Outcome:
    """What became of one table, of which ``before`` was seen when it was published last."""
    source = batch.source
    kept_by = batch.kept_by(relation)
    is_altered = there.follow_columns(source, relation, keeps_removed=kept_by is not None)
    found = _compared(source, relation, there, None if is_altered else before)
    deleted = inserted = 0
    if found.differing:
        is_of_keys = found.compared == "changes"
        deleted, inserted = there.write(source, relation, is_of_keys=is_of_keys, kept_by=kept_by)
    there.constrain(source, relation)
    return _Outcome(
        PublishedTable(relation.full_name, found.rows, deleted, inserted, found.compared),
        bool(found.differing) or is_altered,
        found.seen,
    )


def _compared(
    source: Source, relation: Relation, there: HashedTables, known: Seen | None
) -> _Found:
    """Compare what changed since ``known``, or all rows where that is not told."""
    marks = marks_of(source, relation)
    seen = None
    if source.stamp is not None and marks is not None:
        now = marks.part_of(marks.rows)
        is_gone_on = known is not None and source.goes_on_from(known.stamp)
        if known is not None and is_gone_on and known.marks == now:
            return _Found(now.rows, 0, "nothing", known)
        behind = (marks, *histories(source, marks))
        reached = {one.relation.full_name: one.reached() for one in behind}
        seen = Seen(source.stamp, now, reached=reached)
        if known is not None and is_gone_on:
            changed = _compared_keys(source, marks, there, known, now)
            if changed is not None:
                return _Found(now.rows, changed, "changes", seen)
    held = there.row_hashes(source, relation)
    rows, differing = RowChanges(source).compare(relation, held)
    return _Found(rows, differing, "everything", seen)


def _compared_keys(
    source: Source, marks: Marks, there: HashedTables, known: Seen, now: Part
) -> int | None:
    """How many hashes differ among the keys that changed; None where others may differ too."""
    changes = RowChanges(source)
    keys = changes.changed_keys(marks, known)
    if keys is None:
        return None
    return changes.compare_keys(marks, keys, there.rows_of_keys(source, marks, keys), known, now)
