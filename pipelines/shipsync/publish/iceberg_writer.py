"""Batches into Iceberg tables, one commit a table, and a table ``_shipsync.published`` committed last.

A commit of one table is seen at once, so a reader who wants all tables of one batch reads the snapshots that
``_shipsync.published`` names. A batch that was cut off has left tables that are newer than those: their
properties bear the number of a batch that is not recorded. The next batch takes them back first.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from shipsync import clock, extras
from shipsync.connection import Secret
from shipsync.errors import ExportFailed
from shipsync.export.relation import Relation
from shipsync.publish import lake
from shipsync.publish.batches import NamedTable
from shipsync.publish.division import Division, Part
from shipsync.publish.iceberg_catalog import CATALOG_FILE, RECORD, IcebergPlace, IcebergTables
from shipsync.publish.iceberg_schema import PART, file_form, iceberg_schema, iceberg_types
from shipsync.publish.lake import TableChange, folder_of, path_name
from shipsync.publish.source import Source
from shipsync.publish.writer import Applied, Batch, Watermark

if TYPE_CHECKING:
    from pyiceberg.manifest import DataFile
    from pyiceberg.table import Table, Transaction
    from pyiceberg.types import IcebergType

_BATCH: Final = "shipsync.batch"
_EVENTS: Final = "shipsync.event-sequence"
_ROWS: Final = "shipsync.rows"
# What a reader has at least to read the snapshots of a batch.
_RETENTION: Final = timedelta(days=7)
# Whose files are ours, by the name of their partition.
_MARKED: Final = re.compile(rf"([^/]+/[^/]+)/data/{PART}=")


@dataclass(frozen=True)
class IcebergTarget:
    """Iceberg tables of a catalog."""

    at: IcebergPlace

    @property
    def place(self) -> str:
        """The folder, or the name of the destination."""
        return self.at.told

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """What the catalog is got into with."""
        return self.at.secrets

    @contextmanager
    def writer(self) -> Iterator[IcebergWriter]:
        """The catalog; what pyiceberg complains of is told with its name and without secrets."""
        extras.require("Publishing into Iceberg tables", extras.ICEBERG)
        from pyiceberg import exceptions
        from sqlalchemy.exc import SQLAlchemyError

        told = (
            OSError,
            SQLAlchemyError,
            exceptions.CommitFailedException,
            exceptions.NoSuchTableError,
            exceptions.RESTError,
            exceptions.ValidationException,
        )
        try:
            with self.at.opened() as tables:
                yield IcebergWriter(tables)
        except told as error:
            reason = str(error)
            for secret in self.secrets:
                reason = secret.scrub(reason)
            raise ExportFailed(
                f"{self.place} can't be written: {reason}. The snapshots that {RECORD.full_name} names are "
                "whole; see to the catalog and publish again."
            ) from error


class IcebergWriter:
    """Writes the parts of each table that differ in one commit, and names all snapshots at the end."""

    def __init__(self, tables: IcebergTables) -> None:
        self._tables = tables

    def watermark(self) -> Watermark | None:
        """The last batch that is named."""
        return self._tables.batches().watermark

    def apply(self, batch: Batch) -> Applied:
        """Take back what a batch that was cut off has left, write what differs, then name the snapshots."""
        from pyiceberg.exceptions import CommitFailedException

        batches = self._tables.batches()
        named = dict(batches.last_named)
        there = {r.full_name: self._tables.open(r) for r in batch.relations}
        restored, again = _restore(there, named, batches.last)
        held = {name: table.held for name, table in named.items()}
        changes = lake.changes(batch, held, again)
        tables = tuple(change.outcome() for change in changes)
        if not restored and not any(change.differs for change in changes):
            anew, reached = batches.seen_anew(changes), batches.watermark
            if anew and reached:
                of_batch = {_BATCH: str(reached.batch)}
                self._tables.record(
                    batches, reached.batch, reached.event_sequence, anew.values(), of_batch
                )
            return Applied(None, tables)
        number = batches.last + 1
        properties = {_BATCH: str(number), _EVENTS: str(batch.event_sequence)}
        for change in changes:
            name = change.relation.full_name
            table = there[name]
            if change.differs:
                table = self._commit(batch.source, change, table, properties)
            assert table is not None  # one that is not there differs
            snapshot = table.current_snapshot()
            assert snapshot is not None  # every commit makes one
            version, path = snapshot.snapshot_id, table.metadata_location
            named[name] = NamedTable(name, path, version, change.becomes)
        self._tables.record(
            batches, number, batch.event_sequence, named.values(), {_BATCH: str(number)}
        )
        if not batches.has_one_of(clock.now().date()):
            for relation in (*(c.relation for c in changes if c.differs), RECORD):
                # The batch is whole; what is left over now is removed another day.
                with suppress(OSError, ValueError, CommitFailedException):
                    self._tables.vacuum(relation, clock.now() - _RETENTION)
        return Applied(number, tables)

    def compared(
        self, source: Source, relation: Relation
    ) -> tuple[Mapping[str, Part], Mapping[str, Part] | None]:
        """Every file of the snapshot that the last batch names of the table is read."""
        division = Division(source, relation)
        named = self._tables.batches().last_named.get(relation.full_name)
        table = self._tables.open(relation)
        if named is None or table is None:
            return division.parts(), None

        @contextmanager
        def opened(address: str) -> Iterator[Path]:
            with self._tables.on_this_machine(table, address, source.folder) as file:
                yield file

        try:
            tasks = list(table.scan(snapshot_id=named.version).plan_files())
        except ValueError:
            # The snapshot was expired.
            return division.parts(), None
        # A file with rows that something else deleted is not as it was published.
        files = [
            (task.file.partition[0], task.file.file_path) for task in tasks if not task.delete_files
        ]
        return division.parts(), lake.parts_held(opened, source, division, files)

    def reset(self) -> tuple[str, ...]:
        """Remove the record of batches, then every table that has a property of ours."""
        self._tables.remove(RECORD)
        removed = set()
        for relation, table in list(self._tables.all()):
            if table is None or _BATCH in table.properties:
                self._tables.remove(relation)
                removed.add(relation.full_name)
        folder = self._tables.folder
        if folder is not None:
            found = {match[1] for match in map(_MARKED.match, folder.names()) if match}
            for path in sorted(found - {folder_of(relation) for relation, _ in self._tables.all()}):
                folder.remove(path)
            if not list(self._tables.all()):
                folder.remove(CATALOG_FILE)
        return tuple(sorted(removed))

    def _commit(
        self,
        source: Source,
        change: TableChange,
        table: Table | None,
        properties: Mapping[str, str],
    ) -> Table:
        """One commit that takes the old files of a table's parts away and adds the new ones."""
        types = iceberg_types(change.division.no_rows())
        comments = source.comments(change.relation)
        if table is None:
            schema = iceberg_schema(types, comments)
            comment = source.comment(change.relation)
            told = {} if comment is None else {"comment": comment}
            table = self._tables.create(change.relation, schema, PART, {_BATCH: "0", **told})
        labels = {*change.removed, *change.written}
        with table.transaction() as transaction:
            _follow_columns(transaction, types, comments)
            snapshot = transaction.update_snapshot(snapshot_properties=dict(properties)).overwrite()
            for task in table.scan().plan_files():
                if change.is_altered or task.file.partition[0] in labels:
                    snapshot.delete_data_file(task.file)
            for file in self._put(source, change, table, transaction):
                snapshot.append_data_file(file)
            snapshot.commit()
            transaction.set_properties({**properties, _ROWS: str(change.becomes.rows)})
        return table

    def _put(
        self, source: Source, change: TableChange, table: Table, transaction: Transaction
    ) -> Iterator[DataFile]:
        """The new files, in their places."""
        metadata = transaction.table_metadata
        number = table.properties[_BATCH]
        for label, file in change.files(source, file_form(metadata.schema())):
            if not change.becomes.parts[label].rows:
                continue
            size = file.stat().st_size
            statistics = _statistics(file, metadata)
            # A file that a commit left which was cut off is not written over.
            name = f"{PART}={path_name(label)}/{number}-{time.time_ns():x}.parquet"
            address = self._tables.put(table, change.relation, file, name)
            yield _data_file(address, label, size, metadata.default_spec_id, statistics)


def _restore(
    there: Mapping[str, Table | None], named: Mapping[str, NamedTable], last: int
) -> tuple[frozenset[str], frozenset[str]]:
    """Undo commits of batches that are not named.

    Returns the names of the tables that were restored, and of those that have to be written whole. Raises
    ``ExportFailed`` for a table that is not ours.
    """
    restored, again = set(), set()
    for name, table in there.items():
        if table is None:
            again.add(name)
            continue
        reached = table.properties.get(_BATCH)
        if reached is None:
            raise ExportFailed(
                f"The Iceberg table {name} at the target was not made by `shipsync publish`, so it is left "
                "as it is and nothing was published. Publish into another catalog, or remove it first."
            )
        if name not in named:
            again.add(name)
        elif int(reached) > last or _is_ahead(table, named[name]):
            version, columns = named[name].version, [*named[name].held.columns, PART]
            if table.snapshot_by_id(version) is None or sorted(
                table.schema().column_names
            ) != sorted(columns):
                again.add(name)
                continue
            table.manage_snapshots().set_current_snapshot(version).commit()
            # Cut off before this, it is taken back once more.
            with table.transaction() as transaction:
                transaction.set_properties({_BATCH: str(last)})
            restored.add(name)
    return frozenset(restored), frozenset(again)


def _is_ahead(table: Table, named: NamedTable) -> bool:
    """Whether a commit of ours came after the snapshot that is named, and was never named itself.

    Its number may be that of a batch which is whole, for that one may have left the table out.
    """
    from pyiceberg.table import StaticTable

    if table.metadata_location == named.path:
        return False
    try:
        before = StaticTable.from_metadata(named.path, table.io.properties)
    except OSError:
        # Metadata as old as that is removed.
        return False
    return before.properties.get(_BATCH) != table.properties[_BATCH]


def _follow_columns(
    transaction: Transaction, types: Mapping[str, IcebergType], comments: Mapping[str, str]
) -> None:
    """Add the columns that are missing, remove those that are gone, and put them into their order."""
    held = [field.name for field in transaction.table_metadata.schema().fields]
    if held == list(types):
        return
    with transaction.update_schema(allow_incompatible_changes=True) as update:
        for name in held:
            if name not in types:
                update.delete_column((name,))
        for name, kind in types.items():
            if name not in held:
                update.add_column((name,), kind, doc=comments.get(name))
        before: str | None = None
        for name in types:
            if before is None:
                update.move_first((name,))
            else:
                update.move_after((name,), (before,))
            before = name


def _statistics(file: Path, metadata: Any) -> Mapping[str, Any]:
    """What readers skip a file by: counts and limits of its columns."""
    import pyarrow.parquet as pq
    from pyiceberg.io.pyarrow import (
        compute_statistics_plan,
        data_file_statistics_from_parquet_metadata,
        parquet_path_to_id_mapping,
    )

    schema = metadata.schema()
    statistics = data_file_statistics_from_parquet_metadata(
        parquet_metadata=pq.read_metadata(file),
        stats_columns=compute_statistics_plan(schema, metadata.properties),
        parquet_column_mapping=parquet_path_to_id_mapping(schema),
    )
    return statistics.to_serialized_dict()


def _data_file(
    address: str, label: str, size: int, spec: int, statistics: Mapping[str, Any]
) -> DataFile:
    from pyiceberg.manifest import DataFile, DataFileContent, FileFormat
    from pyiceberg.typedef import Record

    return DataFile.from_args(
        content=DataFileContent.DATA,
        file_path=address,
        file_format=FileFormat.PARQUET,
        partition=Record(label),
        file_size_in_bytes=size,
        sort_order_id=None,
        spec_id=spec,
        equality_ids=None,
        key_metadata=None,
        **statistics,
    )
