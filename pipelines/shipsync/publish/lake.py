"""What a batch has to write into a lake: the parts of each table that differ from those recorded there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import duckdb

from shipsync.connection import Secret
from shipsync.errors import ExportFailed
from shipsync.export.relation import Relation
from shipsync.publish.division import UNDATED, Division, Part
from shipsync.publish.marks import Marks, Seen, marks_of
from shipsync.publish.source import Source
from shipsync.publish.storage import Storage
from shipsync.publish.writer import Batch, Compared, PublishedTable

_EMPTY: Final = Part(0, 0)
# A small group keeps the columns of wide rows within the memory the database may take.
ROW_GROUP: Final = 16_384


@dataclass(frozen=True)
class LakeTarget:
    """A folder to publish into, here or in a store."""

    storage: Storage

    @property
    def place(self) -> str:
        """The folder's path, or its address."""
        return self.storage.place

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """The password of an address that has one."""
        return self.storage.secrets


@dataclass(frozen=True)
class HeldTable:
    """A table as the last batch left it: the types of its columns, and its parts by label.

    ``seen`` is what told then that it had not changed since; None where nothing tells it.
    """

    columns: Mapping[str, str]
    parts: Mapping[str, Part]
    seen: Seen | None = None

    @property
    def rows(self) -> int:
        """The rows of all parts together."""
        return sum(part.rows for part in self.parts.values())

    def document(self) -> dict[str, Any]:
        """Itself as JSON has it; checksums are texts, for they are larger than other readers' integers."""
        parts = {label: [part.rows, str(part.checksum)] for label, part in self.parts.items()}
        seen = self.seen and self.seen.document()
        return {"columns": dict(self.columns), "parts": parts, "seen": seen}

    @staticmethod
    def read(document: Mapping[str, Any]) -> HeldTable:
        """What ``document`` made."""
        parts = document["parts"].items()
        return HeldTable(
            document["columns"],
            {label: Part(rows, int(checksum)) for label, (rows, checksum) in parts},
            Seen.read(document.get("seen")),
        )


@dataclass(frozen=True)
class FileForm:
    """How the files of a table are, where they are not its portable rows alone.

    ``shaped`` makes the rows of a file of those of a part and its label; ``field_ids`` are DuckDB's.
    """

    shaped: Callable[[duckdb.DuckDBPyRelation, str], duckdb.DuckDBPyRelation]
    field_ids: dict[str, Any]


@dataclass(frozen=True)
class TableChange:
    """One table of a batch: what it becomes, which parts are written, and which of the target's go away.

    ``is_altered``: the table is new or its columns are others, so that all its parts are written.
    """

    relation: Relation
    division: Division
    becomes: HeldTable
    written: Sequence[str]
    removed: Sequence[str]
    is_altered: bool
    before: HeldTable | None
    compared: Compared = "everything"

    @property
    def differs(self) -> bool:
        """Whether anything is to be done."""
        return bool(self.is_altered or self.written or self.removed)

    @property
    def is_seen_anew(self) -> bool:
        """Whether the record of the batch has to be written, be it that no row differs."""
        return self.differs or self.before is None or self.before.seen != self.becomes.seen

    def outcome(self) -> PublishedTable:
        """What is reported of it."""
        held = self.before.parts if self.before else {}
        deleted = sum(held[label].rows for label in self.removed)
        inserted = sum(self.becomes.parts[label].rows for label in self.written)
        return PublishedTable(
            self.relation.full_name, self.becomes.rows, deleted, inserted, self.compared
        )

    def files(self, source: Source, form: FileForm | None = None) -> Iterator[tuple[str, Path]]:
        """Each part that is to be written, as a file of Parquet that is good until the next is made."""
        for label in self.written:
            file = source.folder / "part.parquet"
            rows = self.division.rows_of(label)
            (rows if form is None else form.shaped(rows, label)).write_parquet(
                str(file),
                compression="zstd",
                row_group_size=ROW_GROUP,
                field_ids=None if form is None else form.field_ids,
            )
            yield label, file


def changes(
    batch: Batch, held: Mapping[str, HeldTable], again: frozenset[str] = frozenset()
) -> list[TableChange]:
    """What ``batch`` has to do, given what is ``held``, by full names; tables in ``again`` are written whole.

    Nothing is written yet. Raises ``ExportFailed`` for a column that changed its type, and where rows that
    are gone are to stay.
    """
    if batch.removed_rows == "mark":
        raise ExportFailed(
            "Rows that are gone can stay and be marked in Postgres and in a DuckLake only; nothing was "
            'published. Set publish_removed_rows = "delete", or publish into one of these.'
        )
    # Rows need not come in the order of the table, and keeping it costs memory.
    batch.source.con.execute("set preserve_insertion_order = false")
    return [
        _change(batch.source, relation, held.get(relation.full_name), relation.full_name in again)
        for relation in batch.relations
    ]


def _change(
    source: Source, relation: Relation, before: HeldTable | None, is_again: bool
) -> TableChange:
    division = Division(source, relation)
    if before is not None:
        refuse_other_types(relation, before.columns, division.columns)
    is_altered = (
        is_again or before is None or list(before.columns.items()) != list(division.columns.items())
    )
    parts, seen, compared = _found(source, division, relation, None if is_altered else before)
    # A table without rows has a part without rows, which tells readers its columns.
    parts = parts or {UNDATED: _EMPTY}
    held = before.parts if before else {}
    return TableChange(
        relation,
        division,
        HeldTable(division.columns, parts, seen),
        sorted(label for label in parts if is_altered or parts[label] != held.get(label)),
        sorted(label for label in held if is_altered or parts.get(label) != held[label]),
        is_altered,
        before,
        compared,
    )


def _found(
    source: Source, division: Division, relation: Relation, before: HeldTable | None
) -> tuple[Mapping[str, Part], Seen | None, Compared]:
    """The parts of a table, and how many of its rows were hashed for that.

    ``before`` is the table at the target, if it can be gone on from.
    """
    marks = marks_of(source, relation)
    if source.stamp is None or marks is None:
        return division.parts(), None, "everything"
    known = before.seen if before else None
    if before is None or known is None or not source.goes_on_from(known.stamp):
        marked = division.parts_by(marks.rows, marks.hashed())
        return division.parts(), _seen(source.stamp, marked), "everything"
    if known.marks == marks.part_of(marks.rows):
        return before.parts, known, "nothing"
    marked = division.parts_by(marks.rows, marks.hashed())
    seen = _seen(source.stamp, marked)
    parts = _gone_on(division, marks, before.parts, known, seen)
    return (division.parts(), seen, "everything") if parts is None else (parts, seen, "changes")


def _seen(stamp: str, marked: Mapping[str, Part]) -> Seen:
    return Seen(stamp, sum(marked.values(), _EMPTY), marked)


def _gone_on(
    division: Division, marks: Marks, held: Mapping[str, Part], known: Seen, seen: Seen
) -> dict[str, Part] | None:
    """The parts now, of which those with the same marks are those ``held``; None: all have to be read."""
    differing = {
        label
        for label in {*known.parts, *seen.parts}
        if known.parts.get(label) != seen.parts.get(label)
    }
    same = seen.parts.keys() - differing
    if not same <= held.keys():
        return None
    if marks.is_numbered and any(
        seen.parts.get(label, _EMPTY).rows < known.parts.get(label, _EMPTY).rows
        for label in differing
    ):
        # Of the versions of a key one is gone: others in other parts have other numbers now.
        return None
    read = {label: division.part(label) for label in differing & seen.parts.keys()}
    parts = {label: held[label] for label in same} | read
    # Marks and rows are counted by two ways; they have the same rows or one of them is wrong.
    return parts if all(parts[label].rows == seen.parts[label].rows for label in parts) else None


def refuse_other_types(
    relation: Relation, held: Mapping[str, str], columns: Mapping[str, str]
) -> None:
    """Raise ``ExportFailed`` for a column of another type than the one ``held`` at the target."""
    for name, kind in columns.items():
        was = held.get(name, kind)
        if was != kind:
            raise ExportFailed(
                f"The column {name} of {relation.full_name} is {was} at the target and {kind} here; "
                "nothing was published. `shipsync publish reset` removes what is at the target; publish "
                "again then, and it is filled anew."
            )


def parts_held(
    opened: Callable[[str], AbstractContextManager[Path]],
    source: Source,
    division: Division,
    files: Iterable[tuple[str, str]],
) -> dict[str, Part]:
    """The parts of a table as its ``files`` have them, each given by its label and name.

    ``opened`` has a file of that name on this machine. Every value is read. What of a file is missing or
    cannot be read is no row.
    """
    found: dict[str, Part] = {}
    # A file that cannot be read would end the transaction of the source.
    with source.con.cursor() as con:
        for label, name in files:
            before = found.get(label, _EMPTY)
            try:
                with opened(name) as file:
                    part = division.part_at(con.read_parquet(str(file)))
            except (
                OSError,
                duckdb.IOException,
                duckdb.InvalidInputException,
                duckdb.BinderException,
            ):
                part = _EMPTY
            found[label] = Part(before.rows + part.rows, before.checksum + part.checksum)
    return {label: part for label, part in found.items() if part.rows}


def folder_of(relation: Relation) -> str:
    """The folder of a table below that of the target."""
    return f"{path_name(relation.schema)}/{path_name(relation.name)}"


def path_name(name: str) -> str:
    """A name as part of a path: nothing but letters, digits, ``_``, ``-``, ``~`` and ``%``."""
    return quote(name, safe="").replace(".", "%2E")
