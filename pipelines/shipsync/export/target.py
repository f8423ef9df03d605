"""What a target of an export has to be able to do, and what an export came to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import duckdb

from shipsync.connection import Secret
from shipsync.export.relation import Relation


@dataclass(frozen=True)
class Exported:
    """One table in the target: how many ``rows`` it has there, and its name or file there."""

    table: str
    rows: int
    place: str


Told = Callable[[Exported], None]


class ExportTarget(Protocol):
    """Where tables go."""

    @property
    def place(self) -> str:
        """The target as it may be told to anybody: without a password."""

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """What no output may hold."""

    def write(
        self, con: duckdb.DuckDBPyConnection, relations: Sequence[Relation], told: Told
    ) -> None:
        """Put ``relations`` there in place of what was there under their names.

        ``con`` is inside the transaction to read in. ``told`` is called once for each table, when it
        was read. Raises ``ExportFailed``.
        """
