"""Batches into Delta tables, one commit a table, and a table ``_shipsync_published`` that is committed last.

A commit of one table is seen at once, so a reader who wants all tables of one batch reads the versions that
``_shipsync_published`` names. A batch that was cut off has left tables that are newer than those: their last
commit bears the number of a batch that is not recorded. The next batch restores them first.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

import orjson

from shipsync import clock, extras
from shipsync.errors import ExportFailed
from shipsync.export.relation import Relation
from shipsync.publish import lake
from shipsync.publish.batches import NamedTable
from shipsync.publish.delta_batches import BATCHES, DeltaFolder
from shipsync.publish.division import Division, Part
from shipsync.publish.lake import LakeTarget, TableChange, folder_of, path_name
from shipsync.publish.source import Source
from shipsync.publish.storage import Storage
from shipsync.publish.writer import Applied, Batch, Watermark

if TYPE_CHECKING:
    import pyarrow as pa
    from deltalake import CommitProperties, DeltaTable

PART: Final = "published_part"
_APPLICATION: Final = "shipsync"
# Whose files are ours, by the name of their partition, and what has a log, which says whose it is.
_MARKED: Final = re.compile(rf"([^/]+/[^/]+)/{PART}=")
_LOGGED: Final = re.compile(r"([^/]+/[^/]+)/_delta_log/")
# What a reader has at least to read the versions of a batch; Delta's own default.
_RETENTION_HOURS: Final = 168


class DeltaTarget(LakeTarget):
    """A folder of Delta tables, here or in a store."""

    @contextmanager
    def writer(self) -> Iterator[DeltaWriter]:
        """The folder, for one publish at a time; what deltalake complains of is told with the folder."""
        extras.require("Publishing into Delta tables", extras.DELTA)
        from deltalake.exceptions import DeltaError

        try:
            with self.storage.exclusively():
                yield DeltaWriter(self.storage)
        except (OSError, DeltaError) as error:
            raise ExportFailed(
                f"{self.place} can't be written: {error}. The versions that {BATCHES} names are whole; see "
                "to the folder and publish again."
            ) from error


class DeltaWriter:
    """Writes the parts of each table that differ in one commit, and names all versions at the end."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._tables = DeltaFolder(storage)

    def watermark(self) -> Watermark | None:
        """The last batch that is named."""
        return self._tables.batches().watermark

    def apply(self, batch: Batch) -> Applied:
        """Restore what a batch that was cut off has left, write what differs, then name the versions."""
        batches = self._tables.batches()
        named = dict(batches.last_named)
        there = {r: self._tables.open(folder_of(r)) for r in batch.relations}
        restored, again = self._restore(there, named, batches.last)
        held = {name: table.held for name, table in named.items()}
        changes = lake.changes(batch, held, again)
        tables = tuple(change.outcome() for change in changes)
        if not restored and not any(change.differs for change in changes):
            anew, reached = batches.seen_anew(changes), batches.watermark
            if anew and reached:
                self._tables.record(batches, reached.batch, reached.event_sequence, anew.values())
            return Applied(None, tables)
        number = batches.last + 1
        for change in changes:
            name = change.relation.full_name
            table = there[change.relation]
            if change.differs:
                table = self._commit(batch.source, change, table, number)
            assert table is not None  # one that is not there differs
            folder = folder_of(change.relation)
            named[name] = NamedTable(name, folder, table.version(), change.becomes)
        self._tables.record(batches, number, batch.event_sequence, named.values())
        if not batches.has_one_of(clock.now().date()):
            self._vacuum([change.relation for change in changes if change.differs])
        return Applied(number, tables)

    def compared(
        self, source: Source, relation: Relation
    ) -> tuple[Mapping[str, Part], Mapping[str, Part] | None]:
        """Every file of the version that the last batch names of the table is read."""
        division = Division(source, relation)
        named = self._tables.batches().last_named.get(relation.full_name)
        if named is None:
            return division.parts(), None
        actions = self._tables.at(named.path, named.version).get_add_actions(flatten=True)
        labels = actions[f"partition.{PART}"].to_pylist()
        paths = [f"{named.path}/{unquote(path)}" for path in actions["path"].to_pylist()]
        files = zip(labels, paths, strict=True)
        return division.parts(), lake.parts_held(
            self._storage.opener(source.folder), source, division, files
        )

    def reset(self) -> tuple[str, ...]:
        """Remove the record of batches, then every table that has files or a commit of ours."""
        from deltalake.exceptions import DeltaError

        found = self._storage.names()
        marked = {match[1] for match in map(_MARKED.match, found) if match}
        tables = {match[1] for match in map(_LOGGED.match, found) if match}
        self._storage.remove(BATCHES)
        removed = []
        for folder in sorted(marked | tables):
            try:
                table = self._tables.open(folder)
                is_ours = table is not None and table.transaction_version(_APPLICATION) is not None
            except DeltaError:
                # A removal that was cut off has left a part of its log.
                is_ours = False
            if is_ours or folder in marked:
                self._storage.remove(f"{folder}/_delta_log")
                self._storage.remove(folder)
                removed.append(".".join(map(unquote, folder.split("/"))))
        return tuple(removed)

    def _restore(
        self,
        there: Mapping[Relation, DeltaTable | None],
        named: Mapping[str, NamedTable],
        last: int,
    ) -> tuple[frozenset[str], frozenset[str]]:
        """Undo commits of batches that are not named.

        Returns the names of the tables that were restored, and of those that have to be written whole. Raises
        ``ExportFailed`` for a table that is not ours.
        """
        from deltalake.exceptions import DeltaError

        restored, again = set(), set()
        for relation, table in there.items():
            name = relation.full_name
            if table is None:
                again.add(name)
                continue
            reached = table.transaction_version(_APPLICATION)
            if reached is None:
                raise ExportFailed(
                    f"The Delta table {name} at the target was not made by `shipsync publish`, so it is left "
                    "as it is and nothing was published. Publish into another folder, or remove it first."
                )
            if name not in named:
                again.add(name)
                continue
            try:
                if reached > last or self._is_ahead(folder_of(relation), table, named[name]):
                    table.restore(named[name].version)
                    restored.add(name)
            except DeltaError:
                # Its files were vacuumed.
                again.add(name)
        return frozenset(restored), frozenset(again)

    def _is_ahead(self, folder: str, table: DeltaTable, named: NamedTable) -> bool:
        """Whether a commit of ours came after the version that is named, and was never named itself.

        Its number may be that of a batch which is whole, for that one may have left the table out.
        """
        if table.version() == named.version:
            return False
        before = self._tables.at(folder, named.version).transaction_version(_APPLICATION)
        return before != table.transaction_version(_APPLICATION)

    def _commit(
        self, source: Source, change: TableChange, table: DeltaTable | None, number: int
    ) -> DeltaTable:
        """One commit that takes the old files of a table's parts away and adds the new ones."""
        from deltalake import DeltaTable, Schema

        folder = folder_of(change.relation)
        schema = Schema.from_arrow(_schema(source, change))
        properties = _properties(number)
        if table is None:
            table = DeltaTable.create(
                self._tables.address(folder),
                schema,
                partition_by=[PART],
                description=source.comment(change.relation),
                storage_options=self._tables.options,
                commit_properties=properties,
            )
        added = list(self._put(source, change, folder, number))
        labels = sorted({*change.removed, *change.written})
        table.create_write_transaction(
            added,
            mode="overwrite",
            schema=schema,
            partition_by=[PART],
            partition_filters=None if change.is_altered else [(PART, "in", labels)],
            commit_properties=properties,
        )
        table.update_incremental()
        return table

    def _put(self, source: Source, change: TableChange, folder: str, number: int) -> Iterator[Any]:
        from deltalake.transaction import AddAction

        for label, file in change.files(source):
            rows = change.becomes.parts[label].rows
            if not rows:
                continue
            # Versions that nobody names may have a file of that batch and part; it is not written over.
            path = f"{PART}={path_name(label)}/{number}-{time.time_ns():x}.parquet"
            size = self._storage.put(file, f"{folder}/{path}")
            yield AddAction(
                path=path,
                size=size,
                partition_values={PART: label},
                modification_time=time.time_ns() // 1_000_000,
                data_change=True,
                stats=orjson.dumps({"numRecords": rows}).decode(),
            )

    def _vacuum(self, changed: Sequence[Relation]) -> None:
        """Remove files that no version of the last week has."""
        from deltalake.exceptions import DeltaError

        for folder in (*map(folder_of, changed), BATCHES):
            table = self._tables.open(folder)
            if table is not None:
                # The batch is whole; what is left over now is removed another day.
                with suppress(OSError, DeltaError):
                    table.vacuum(retention_hours=_RETENTION_HOURS, dry_run=False, full=True)


def _schema(source: Source, change: TableChange) -> pa.Schema:
    """The columns with their comments, and the one that names the part."""
    import pyarrow as pa

    comments = source.comments(change.relation)
    rows = change.division.no_rows()
    fields = [
        field.with_metadata({"comment": comments[field.name]}) if field.name in comments else field
        for field in rows.to_arrow_table().schema
    ]
    return pa.schema([*fields, pa.field(PART, pa.string())])


def _properties(number: int) -> CommitProperties:
    from deltalake import CommitProperties, Transaction

    return CommitProperties(app_transactions=[Transaction(_APPLICATION, number)])
