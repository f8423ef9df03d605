"""A folder of Parquet or CSV files: ``FOLDER/core/shipments.parquet``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import quote

import duckdb

from shipsync.connection import Secret
from shipsync.errors import ExportFailed
from shipsync.export.relation import STATEMENTS, Relation
from shipsync.export.target import Exported, Told
from shipsync.statements import statement


@dataclass(frozen=True)
class Folder:
    """One file for each table, in a folder for each schema."""

    path: Path
    form: Literal["parquet", "csv"]

    @property
    def place(self) -> str:
        """The folder."""
        return str(self.path)

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """None: a path needs no password."""
        return ()

    def write(
        self, con: duckdb.DuckDBPyConnection, relations: Sequence[Relation], told: Told
    ) -> None:
        """Write every file under another name first, then put all of them in place.

        Killed before that, the folder still holds the last export whole, and files that begin with a
        dot, which the next one writes over. Raises ``ExportFailed``.
        """
        files = [(relation, self._file(relation)) for relation in relations]
        try:
            for relation, file in files:
                file.parent.mkdir(parents=True, exist_ok=True)
                rows = self._copy(con, relation, _partial(file))
                told(Exported(relation.full_name, rows, str(file)))
            for _, file in files:
                _partial(file).replace(file)
        except (OSError, duckdb.IOException) as error:
            # The same kinds of error come from the database, or from a limit of this machine.
            if str(self.path) not in str(error):
                raise
            reason = str(error).splitlines()[0]
            raise ExportFailed(
                f"{self.path} can't be written: {reason}. Give another folder, or see to this one and "
                "export again."
            ) from error
        finally:
            for _, file in files:
                _discard(_partial(file))

    def _copy(self, con: duckdb.DuckDBPyConnection, relation: Relation, file: Path) -> int:
        values = {"name": relation.quoted, "file": str(file)}
        written = con.execute(statement(STATEMENTS, f"copy_{self.form}"), values).fetchone()
        assert written is not None  # COPY always answers with its count
        return int(written[0])

    def _file(self, relation: Relation) -> Path:
        # Absolute, so that DuckDB takes no part of it for a scheme or a home folder.
        return (
            self.path.absolute() / _named(relation.schema) / f"{_named(relation.name)}.{self.form}"
        )


def _named(name: str) -> str:
    """A name that stays within its folder: nothing but letters, digits, ``_``, ``-``, ``~`` and ``%``."""
    return quote(name, safe="").replace(".", "%2E")


def _partial(file: Path) -> Path:
    return file.with_name(f".{file.name}.partial")


def _discard(file: Path) -> None:
    """Remove what an export that failed has left; the failure itself is what is told."""
    try:
        file.unlink(missing_ok=True)
    except OSError:
        return
