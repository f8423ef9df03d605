"""One export: every table read in one transaction, no run beside it, and the target's word on it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from shipsync.export.emptiness import refuse_emptiness
from shipsync.export.relation import select
from shipsync.export.target import Exported, ExportTarget, Told
from shipsync.warehouse import lock
from shipsync.warehouse.database import connect, explained


@dataclass(frozen=True)
class ExportReport:
    """What is now at ``target``, table by table."""

    target: str
    tables: tuple[Exported, ...]

    @property
    def rows(self) -> int:
        """Rows of all tables together."""
        return sum(table.rows for table in self.tables)


def export(
    database: Path,
    target: ExportTarget,
    *,
    schemas: Collection[str] = (),
    tables: Collection[str] = (),
    allow_empty: bool = False,
    told: Told = lambda _: None,
) -> ExportReport:
    """Put the chosen tables of ``database`` into ``target``; ``select`` says what is chosen.

    The run lock is held meanwhile: a run that found the file open would fail halfway, so it steps
    aside. Unless ``allow_empty``, nothing is written where that would empty a table of the target, where
    all that is chosen is empty, or where a stream behind it was never read to its end.
    Raises ``LockHeld``, ``DatabaseError``, ``UsageError`` and ``ExportFailed``.
    """
    exported: list[Exported] = []

    def note(table: Exported) -> None:
        exported.append(table)
        told(table)

    with (
        lock.hold(database),
        explained(database),
        connect(database, read_only=True) as con,
    ):
        # Several threads would each hold a group of wide rows: of 200,000 shipments that was too much
        # for the memory the database may take, and one thread was as fast.
        con.execute("set threads = 1")
        con.begin()
        relations = select(con, schemas, tables)
        if not allow_empty:
            refuse_emptiness(con, relations, target)
        target.write(con, relations, note)
    return ExportReport(target.place, tuple(exported))
