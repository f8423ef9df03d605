"""The record of batches beside Delta tables: ``_shipsync_published``, a line for each table of each batch.

It names the version of every table that a batch is made of, and is committed when all of them are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import orjson

from shipsync import clock
from shipsync.publish.lake import HeldTable
from shipsync.publish.storage import Storage
from shipsync.publish.writer import Watermark

if TYPE_CHECKING:
    import pyarrow as pa
    from deltalake import DeltaTable

BATCHES: Final = "_shipsync_published"
_KEPT: Final = 20


@dataclass(frozen=True)
class NamedTable:
    """A table as a batch names it: its folder, the version to read, and what is in that."""

    table_name: str
    path: str
    version: int
    held: HeldTable


@dataclass(frozen=True)
class DeltaFolder:
    """The Delta tables below a folder of ``storage``, by the names of their own folders."""

    storage: Storage

    @property
    def options(self) -> dict[str, str] | None:
        """How deltalake gets in, None where nothing is needed for it."""
        return dict(self.storage.options) or None

    def address(self, folder: str) -> str:
        """Where a table is, as deltalake takes it."""
        storage = self.storage
        return f"{storage.root if storage.is_local else storage.url.rstrip('/')}/{folder}"

    def open(self, folder: str) -> DeltaTable | None:
        """The newest version of a table; None where there is none."""
        from deltalake import DeltaTable

        address = self.address(folder)
        if not DeltaTable.is_deltatable(address, storage_options=self.options):
            return None
        return DeltaTable(address, storage_options=self.options)

    def at(self, folder: str, version: int) -> DeltaTable:
        """That version of a table."""
        from deltalake import DeltaTable

        return DeltaTable(self.address(folder), version=version, storage_options=self.options)


@dataclass(frozen=True)
class Batches:
    """The batches that are named: ``rows`` in the order of their numbers."""

    tables: DeltaFolder
    rows: Sequence[Mapping[str, Any]]

    @property
    def last(self) -> int:
        """The number of the last batch, 0 where there is none."""
        return self.rows[-1]["batch"] if self.rows else 0

    @property
    def watermark(self) -> Watermark | None:
        """The last batch."""
        if not self.rows:
            return None
        row = self.rows[-1]
        return Watermark(row["batch"], row["published_at"], row["event_sequence"])

    @cached_property
    def last_named(self) -> Mapping[str, NamedTable]:
        """The tables of the last batch, by their full names."""
        return {
            row["table_name"]: NamedTable(
                row["table_name"],
                row["path"],
                row["version"],
                HeldTable.read(orjson.loads(row["contents"])),
            )
            for row in self.rows
            if row["batch"] == self.last
        }

    def has_one_of(self, day: date) -> bool:
        """Whether the last batch was made on that day, in UTC."""
        reached = self.watermark
        return reached is not None and reached.published_at.date() == day

    def add(self, number: int, event_sequence: int | None, named: Iterable[NamedTable]) -> None:
        """Record a batch, and forget those long before it, in one commit."""
        import pyarrow as pa
        from deltalake import write_deltalake

        now = clock.now()
        kept = [row for row in self.rows if row["batch"] > number - _KEPT]
        made = [
            {
                "batch": number,
                "published_at": now,
                "event_sequence": event_sequence,
                "table_name": table.table_name,
                "path": table.path,
                "version": table.version,
                "row_count": table.held.rows,
                "contents": orjson.dumps(table.held.document()).decode(),
            }
            for table in sorted(named, key=lambda table: table.table_name)
        ]
        write_deltalake(
            self.tables.address(BATCHES),
            pa.Table.from_pylist([*kept, *made], _schema()),
            mode="overwrite",
            storage_options=self.tables.options,
        )


def read_batches(tables: DeltaFolder) -> Batches:
    """The record as it is now."""
    table = tables.open(BATCHES)
    rows = [] if table is None else table.to_pyarrow_table().to_pylist()
    return Batches(tables, sorted(rows, key=lambda row: (row["batch"], row["table_name"])))


def _schema() -> pa.Schema:
    import pyarrow as pa

    return pa.schema(
        [
            ("batch", pa.int64()),
            ("published_at", pa.timestamp("us", tz="UTC")),
            ("event_sequence", pa.int64()),
            ("table_name", pa.string()),
            ("path", pa.string()),
            ("version", pa.int64()),
            ("row_count", pa.int64()),
            ("contents", pa.string()),
        ]
    )
