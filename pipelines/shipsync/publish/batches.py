"""The record of batches beside the tables of a lake: a line for each table of each batch.

It names the version of every table that a batch is made of, and is committed when all of them are. How it
is kept there is the writer's; what stands in it is the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import orjson

from shipsync import clock
from shipsync.publish.lake import HeldTable, TableChange
from shipsync.publish.writer import Watermark

if TYPE_CHECKING:
    import pyarrow as pa

KEPT: Final = 20
"""So many batches are in the record."""


@dataclass(frozen=True)
class NamedTable:
    """A table as a batch names it: where it is, the version to read, and what is in that."""

    table_name: str
    path: str
    version: int
    held: HeldTable


@dataclass(frozen=True)
class Batches:
    """The batches that are named: ``rows`` in the order of their numbers."""

    rows: Sequence[Mapping[str, Any]]

    @staticmethod
    def of(rows: Iterable[Mapping[str, Any]]) -> Batches:
        """The record that ``rows`` are, in any order."""
        return Batches(sorted(rows, key=lambda row: (row["batch"], row["table_name"])))

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

    def seen_anew(self, changes: Iterable[TableChange]) -> Mapping[str, NamedTable] | None:
        """The tables of the last batch with what was seen now, where no row differs; None: as recorded."""
        found = list(changes)
        if not any(change.is_seen_anew for change in found):
            return None
        named = dict(self.last_named)
        for change in found:
            name = change.relation.full_name
            named[name] = replace(named[name], held=change.becomes)
        return named

    def with_one_more(
        self, number: int, event_sequence: int | None, named: Iterable[NamedTable]
    ) -> pa.Table:
        """All that the record is to hold once that batch is in it; those long before it are left out.

        The last one can be recorded again, by its number, when more was seen of its tables.
        """
        import pyarrow as pa

        made_at = self.rows[-1]["published_at"] if number == self.last else clock.now()
        kept = [row for row in self.rows if number - KEPT < row["batch"] < number]
        made = [
            {
                "batch": number,
                "published_at": made_at,
                "event_sequence": event_sequence,
                "table_name": table.table_name,
                "path": table.path,
                "version": table.version,
                "row_count": table.held.rows,
                "contents": orjson.dumps(table.held.document()).decode(),
            }
            for table in sorted(named, key=lambda table: table.table_name)
        ]
        return pa.Table.from_pylist([*kept, *made], columns())


def columns() -> pa.Schema:
    """The columns of the record; ``contents`` is a ``HeldTable`` as JSON."""
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
