"""What a writer of a target has to be able to do, and what a batch came to there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from shipsync.connection import RemovedRows, Secret
from shipsync.export.relation import Relation
from shipsync.publish.division import Part
from shipsync.publish.source import Source
from shipsync.warehouse.contract import Key

# How much of a table was read to find what differs.
Compared = Literal["nothing", "changes", "everything"]


@dataclass(frozen=True)
class Watermark:
    """The last whole batch at a target: its number from 1 on, when it was made, the last event in it."""

    batch: int
    published_at: datetime
    event_sequence: int | None


@dataclass(frozen=True)
class Batch:
    """What the target is to be equal to: ``relations`` of ``source``, as they are in its transaction.

    ``removed_rows`` says what becomes of rows at the target that have gone from here.
    """

    source: Source
    relations: Sequence[Relation]
    event_sequence: int | None
    removed_rows: RemovedRows = "delete"

    def kept_by(self, relation: Relation) -> Key | None:
        """The key by which rows of ``relation`` that have gone are told and stay, marked; None: they go."""
        return self.source.key(relation) if self.removed_rows == "mark" else None


@dataclass(frozen=True)
class PublishedTable:
    """One table after a batch: its ``rows``, and how many were ``deleted`` and ``inserted`` for that.

    A target of files writes whole files, so there both count the rows of the files that were replaced.
    ``compared`` is what was read here to find them: nothing but marks, what changed by these, or every row.
    """

    table: str
    rows: int
    deleted: int
    inserted: int
    compared: Compared = "everything"


@dataclass(frozen=True)
class Applied:
    """What became of a batch: its number, None where nothing differed, and each table in order."""

    batch: int | None
    tables: tuple[PublishedTable, ...]


class Writer(Protocol):
    """Writes batches to one target that is open; every method may raise ``ExportFailed``."""

    def watermark(self) -> Watermark | None:
        """The last whole batch; None where there is none."""

    def apply(self, batch: Batch) -> Applied:
        """Make the tables at the target equal to those of ``batch``, and record it there when all are.

        Where nothing differs, no batch is recorded. Killed at any instant, the last batch stays whole, and
        the same batch again does what is left. Raises ``ExportFailed`` where a table there is not ours, or
        a column changed its type; nothing is published then.
        """

    def compared(
        self, source: Source, relation: Relation
    ) -> tuple[Mapping[str, Part], Mapping[str, Part] | None]:
        """The parts of a table as it is here, and as the last batch at the target has it.

        All values there are read; a file that cannot be is a part without rows. None: no batch has it.
        """

    def reset(self) -> tuple[str, ...]:
        """Remove all that was published, so that the next batch is the first; the names of its tables.

        Killed at any instant, it can be repeated. What something else made is left alone.
        """


class PublishTarget(Protocol):
    """Where batches go."""

    @property
    def place(self) -> str:
        """The target as it may be told to anybody: without a password."""

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """What no output may hold."""

    def writer(self) -> AbstractContextManager[Writer]:
        """Its writer, until the end of the block; what the target complains of is ``ExportFailed``."""
