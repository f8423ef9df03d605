"""Whether a target holds what is here: rows counted and checksums of their values, by table and part."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from shipsync.export.relation import Relation
from shipsync.plurals import counted
from shipsync.publish.division import Part
from shipsync.publish.run import batch_of
from shipsync.publish.writer import PublishTarget, Watermark

NOT_PUBLISHED = "not published"
_NOTHING = Part(0, 0)


@dataclass(frozen=True)
class Difference:
    """A part of a table, such as a month, that is not the same: its rows here and at the target."""

    table: str
    part: str
    rows_here: int
    rows_there: int

    def __str__(self) -> str:
        if self.part == NOT_PUBLISHED:
            rows = counted(self.rows_here, "row")
            return f"{self.table} is in no batch at the target; there are {rows} here."
        if self.rows_here == self.rows_there:
            rows = counted(self.rows_here, "row")
            return (
                f"{self.table}, {self.part}: {rows} here and there, but not with the same values."
            )
        here, there = counted(self.rows_here, "row"), counted(self.rows_there, "row")
        return f"{self.table}, {self.part}: {here} here and {there} at the target."


@dataclass(frozen=True)
class VerifiedTable:
    """A table with its ``rows`` here, and in how many ``parts`` they were compared; False: not ``equal``."""

    table: str
    rows: int
    parts: int
    equal: bool


@dataclass(frozen=True)
class VerifyReport:
    """What was compared with the last batch at ``target``, and every part that differs."""

    target: str
    batch: int | None
    tables: tuple[VerifiedTable, ...]
    differences: tuple[Difference, ...]


def verify(
    database: Path,
    target: PublishTarget,
    *,
    schemas: Collection[str] = (),
    tables: Collection[str] = (),
) -> VerifyReport:
    """Read every value at ``target`` and compare it with ``database`` as it is now; errors as ``publish``."""
    done: list[VerifiedTable] = []
    found: list[Difference] = []
    with batch_of(database, schemas, tables) as batch, target.writer() as writer:
        reached: Watermark | None = writer.watermark()
        for relation in batch.relations:
            here, there = writer.compared(batch.source, relation)
            differing = _differences(relation, here, there)
            rows = sum(part.rows for part in here.values())
            done.append(VerifiedTable(relation.full_name, rows, len(here), not differing))
            found.extend(differing)
    number = None if reached is None else reached.batch
    return VerifyReport(target.place, number, tuple(done), tuple(found))


def _differences(
    relation: Relation, here: Mapping[str, Part], there: Mapping[str, Part] | None
) -> Sequence[Difference]:
    if there is None:
        rows = sum(part.rows for part in here.values())
        return [Difference(relation.full_name, NOT_PUBLISHED, rows, 0)]
    labels = sorted({*here, *there})
    pairs = [(label, here.get(label, _NOTHING), there.get(label, _NOTHING)) for label in labels]
    return [
        Difference(relation.full_name, label, ours.rows, theirs.rows)
        for label, ours, theirs in pairs
        if ours != theirs
    ]
