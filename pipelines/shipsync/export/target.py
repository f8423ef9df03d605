"""What a target of an export has to be able to do, and what an export came to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import duckdb

from shipsync.connection import Secret
from shipsync.export.relation import Relation


@dataclass(frozen=True)
class Exported:
    """One table in the target: how many ``rows`` it has there, and its name or file there.

    ``without_nul`` counts the texts in which a NUL, which the target cannot hold, was replaced.
    """

    table: str
    rows: int
    place: str
    without_nul: int = 0


Told = Callable[[Exported], None]


class ExportTarget(Protocol):
    """Where tables go."""

    @property
    def place(self) -> str:
        """The target as it may be told to anybody: without a password."""

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """What no output may hold."""

    def rows_held(
        self, con: duckdb.DuckDBPyConnection, relations: Sequence[Relation]
    ) -> Mapping[str, int]:
        """How many rows it has under the names of ``relations``, by full name, where it has any.

        1 may stand for any number. Raises ``ExportFailed``.
        """

    def write(
        self, con: duckdb.DuckDBPyConnection, relations: Sequence[Relation], told: Told
    ) -> None:
        """Put ``relations`` there in place of what was there under their names.

        ``con`` is inside the transaction to read in. ``told`` is called once for each table, when it
        was read. Raises ``ExportFailed``.
        """
