"""Batches into a folder of Parquet, each named whole by a manifest that is put there last.

::

    FOLDER/manifests/0000000007.json             the batch before, for readers who began with it
    FOLDER/manifests/0000000008.json             the last batch: every file of every table
    FOLDER/core/shipments/2026-03.8.parquet      a part of a table, as batch 8 wrote it

A file is never changed. One that batch 8 replaced is removed by batch 9, or a later one.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import orjson

from shipsync import clock
from shipsync.errors import ExportFailed
from shipsync.export.relation import Relation
from shipsync.publish import lake
from shipsync.publish.division import Division, Part
from shipsync.publish.lake import HeldTable, LakeTarget, TableChange, folder_of, path_name
from shipsync.publish.marks import Seen
from shipsync.publish.source import Source
from shipsync.publish.storage import Storage
from shipsync.publish.writer import Applied, Batch, Watermark

MANIFESTS: Final = "manifests"
_NAME: Final = re.compile(rf"{MANIFESTS}/(\d{{10}})\.json")
_PART: Final = re.compile(r"[^/]+/[^/]+/[^/]+\.\d+\.parquet")


@dataclass(frozen=True)
class PartFile:
    """A file of a batch: its ``path`` in the folder, what part of which table it is, and what is in it.

    ``checksum`` is that of the rows, ``sha256`` that of the file.
    """

    table_name: str
    part: str
    path: str
    rows: int
    checksum: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """A whole batch: the columns of every table with their types, and every file.

    ``seen`` has what was seen of a table (``marks.Seen``), where the next batch can go on from that.
    """

    batch: int
    published_at: str
    event_sequence: int | None
    columns: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    files: tuple[PartFile, ...] = ()
    seen: Mapping[str, Seen] = field(default_factory=dict)

    @staticmethod
    def read(content: bytes) -> Manifest:
        """What is in the file of a manifest."""
        document: dict[str, Any] = orjson.loads(content)
        files = tuple(PartFile(**file) for file in document.pop("files"))
        tables = document.pop("tables")
        columns = {
            table["table_name"]: {column["name"]: column["type"] for column in table["columns"]}
            for table in tables
        }
        # As text, so that whoever reads manifests as a table has one column of it.
        texts = {table["table_name"]: table["seen"] for table in tables if table.get("seen")}
        seen = {
            name: found for name, text in texts.items() if (found := Seen.read(orjson.loads(text)))
        }
        return Manifest(**document, columns=columns, files=files, seen=seen)

    def content(self) -> bytes:
        """Itself as the content of a file, in a form that SQL can unnest."""
        tables = [
            {
                "table_name": table,
                "rows": sum(file.rows for file in self.files if file.table_name == table),
                "columns": [{"name": name, "type": kind} for name, kind in columns.items()],
                "seen": orjson.dumps(self.seen[table].document()).decode()
                if table in self.seen
                else None,
            }
            for table, columns in sorted(self.columns.items())
        ]
        document = {
            "batch": self.batch,
            "published_at": self.published_at,
            "event_sequence": self.event_sequence,
            "tables": tables,
            "files": [asdict(file) for file in self.files],
        }
        return orjson.dumps(document, option=orjson.OPT_INDENT_2)

    def held(self) -> dict[str, HeldTable]:
        """Every table, by its full name."""
        parts: dict[str, dict[str, Part]] = {table: {} for table in self.columns}
        for file in self.files:
            parts[file.table_name][file.part] = Part(file.rows, int(file.checksum))
        return {
            table: HeldTable(columns, parts[table], self.seen.get(table))
            for table, columns in self.columns.items()
        }


class ParquetTarget(LakeTarget):
    """A folder of Parquet, here or in a store."""

    @contextmanager
    def writer(self) -> Iterator[ParquetWriter]:
        """The folder, for one publish at a time; what fails there is told with its path."""
        try:
            with self.storage.exclusively():
                yield ParquetWriter(self.storage)
        except OSError as error:
            raise ExportFailed(
                f"{self.place} can't be written: {error}. The last batch there is whole; see to the folder "
                "and publish again."
            ) from error


class ParquetWriter:
    """Writes the parts that differ, then the manifest."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def watermark(self) -> Watermark | None:
        """The last manifest there is."""
        manifest = self._last()
        if manifest is None:
            return None
        made = datetime.fromisoformat(manifest.published_at)
        return Watermark(manifest.batch, made, manifest.event_sequence)

    def apply(self, batch: Batch) -> Applied:
        """Write files under names that no manifest has, then the manifest, then remove what none names."""
        before = self._last() or Manifest(0, "", None)
        changes = lake.changes(batch, before.held())
        tables = tuple(change.outcome() for change in changes)
        seen = {c.relation.full_name: c.becomes.seen for c in changes}
        kept_seen = {name: one for name, one in {**before.seen, **seen}.items() if one is not None}
        if not any(change.differs for change in changes):
            if any(change.is_seen_anew for change in changes):
                again = replace(before, seen=kept_seen)
                self._storage.write(_manifest_name(before.batch), again.content())
            return Applied(None, tables)
        number = before.batch + 1
        files = [file for change in changes for file in self._write(batch.source, change, number)]
        replaced = {(c.relation.full_name, label) for c in changes for label in c.removed}
        kept = [f for f in before.files if (f.table_name, f.part) not in replaced]
        columns = {change.relation.full_name: change.becomes.columns for change in changes}
        manifest = Manifest(
            number,
            clock.now().isoformat(),
            batch.event_sequence,
            {**before.columns, **columns},
            tuple(sorted([*kept, *files], key=lambda file: file.path)),
            kept_seen,
        )
        self._storage.write(_manifest_name(number), manifest.content())
        self._sweep(manifest, before)
        return Applied(number, tables)

    def compared(
        self, source: Source, relation: Relation
    ) -> tuple[Mapping[str, Part], Mapping[str, Part] | None]:
        """Every file that the last manifest names of the table is read."""
        division = Division(source, relation)
        manifest = self._last()
        name = relation.full_name
        if manifest is None or name not in manifest.columns:
            return division.parts(), None
        files = [(file.part, file.path) for file in manifest.files if file.table_name == name]
        return division.parts(), lake.parts_held(
            self._storage.opener(source.folder), source, division, files
        )

    def reset(self) -> tuple[str, ...]:
        """Remove the manifests, the last one last, so that a reader has a batch or none; then all files."""
        last = self._last()
        found = self._storage.names()
        for pattern in (_NAME, _PART):
            for name in found:
                if pattern.fullmatch(name):
                    self._storage.remove(name)
        return tuple(sorted(last.columns)) if last else ()

    def _write(self, source: Source, change: TableChange, number: int) -> Iterator[PartFile]:
        for label, file in change.files(source):
            part = change.becomes.parts[label]
            digest = _digest(file)
            name = f"{folder_of(change.relation)}/{path_name(label)}.{number}.parquet"
            size = self._storage.put(file, name)
            yield PartFile(
                change.relation.full_name, label, name, part.rows, str(part.checksum), size, digest
            )

    def _sweep(self, last: Manifest, before: Manifest) -> None:
        """Remove manifests before ``before``, then files that neither of the two names."""
        named = {file.path for file in (*last.files, *before.files)}
        manifests = {_manifest_name(last.batch), _manifest_name(before.batch)}
        found = self._storage.names()
        for name in found:
            if _NAME.fullmatch(name) and name not in manifests:
                self._storage.remove(name)
        for name in found:
            if _PART.fullmatch(name) and name not in named:
                self._storage.remove(name)

    def _last(self) -> Manifest | None:
        names = [name for name in self._storage.names(MANIFESTS) if _NAME.fullmatch(name)]
        return Manifest.read(self._storage.read(names[-1])) if names else None


def _manifest_name(number: int) -> str:
    return f"{MANIFESTS}/{number:010d}.json"


def _digest(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
