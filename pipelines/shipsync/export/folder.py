"""A folder of Parquet or CSV files: ``FOLDER/core/shipments.parquet``.

Files may be read by their owner alone, and so may the folders that are made. Everything is written in a
folder of our own first, whose name nobody can take away by a link.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal
from urllib.parse import quote

import duckdb

from shipsync import owner_only
from shipsync.connection import Secret
from shipsync.errors import ExportFailed
from shipsync.export.portable import portable
from shipsync.export.relation import STATEMENTS, Relation
from shipsync.export.target import Exported, Told
from shipsync.statements import statement

_PARTIAL: Final = ".shipsync-partial"
# A small group keeps the columns of wide rows within the memory the database may take.
_ROW_GROUP: Final = 16_384


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

    def rows_held(
        self, con: duckdb.DuckDBPyConnection, relations: Sequence[Relation]
    ) -> Mapping[str, int]:
        """The rows in the files that are there under the names of ``relations``, where there are any."""
        held = {relation.full_name: self._rows(con, self._file(relation)) for relation in relations}
        return {name: rows for name, rows in held.items() if rows}

    def write(
        self, con: duckdb.DuckDBPyConnection, relations: Sequence[Relation], told: Told
    ) -> None:
        """Write every file in a folder apart first, then put all of them in place.

        Killed before that, the target still holds the last export whole, and the folder apart, which the
        next export removes. Raises ``ExportFailed``.
        """
        partial = self.path.absolute() / _PARTIAL
        files = [
            (relation, self._file(relation), partial / f"{number}.{self.form}")
            for number, relation in enumerate(relations)
        ]
        try:
            owner_only.make_folder(partial.parent)
            _make_anew(partial)
            for relation, file, written in files:
                rows = self._copy(con, relation, written)
                told(Exported(relation.full_name, rows, str(file)))
            for _, file, written in files:
                owner_only.make_folder(file.parent)
                if file.parent.is_symlink():
                    raise OSError(
                        f"{file.parent} is a symbolic link, and would lead the file elsewhere"
                    )
                written.chmod(owner_only.FILE)
                written.replace(file)
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
            if not partial.is_symlink():
                shutil.rmtree(partial, ignore_errors=True)

    def _copy(self, con: duckdb.DuckDBPyConnection, relation: Relation, file: Path) -> int:
        if self.form == "csv":
            values = {"name": relation.quoted, "file": str(file)}
            return _count(con, "copy_csv", **values)
        rows = portable(con.table_function("query_table", [relation.quoted]))
        rows.write_parquet(
            str(file), compression="zstd", row_group_size=_ROW_GROUP, use_tmp_file=False
        )
        return _count(con, "parquet_rows", file=str(file))

    def _rows(self, con: duckdb.DuckDBPyConnection, file: Path) -> int:
        """The rows of a file, 1 for any in CSV; 0 for one that is not there or cannot be read."""
        try:
            if self.form == "parquet":
                return _count(con, "parquet_rows", file=str(file)) if file.is_file() else 0
            with file.open("rb") as lines:
                return int(next(lines, None) is not None and next(lines, None) is not None)
        except (OSError, duckdb.Error):
            return 0

    def _file(self, relation: Relation) -> Path:
        # Absolute, so that DuckDB takes no part of it for a scheme or a home folder.
        return (
            self.path.absolute() / _named(relation.schema) / f"{_named(relation.name)}.{self.form}"
        )


def _count(con: duckdb.DuckDBPyConnection, name: str, /, **values: str) -> int:
    row = con.execute(statement(STATEMENTS, name), values).fetchone()
    assert row is not None  # COPY, and the head of a file, always answer with one row
    return int(row[0])


def _named(name: str) -> str:
    """A name that stays within its folder: nothing but letters, digits, ``_``, ``-``, ``~`` and ``%``."""
    return quote(name, safe="").replace(".", "%2E")


def _make_anew(folder: Path) -> None:
    """An empty folder for the owner alone, in place of what an export that was killed has left."""
    if folder.is_symlink():
        folder.unlink()
    elif folder.exists():
        shutil.rmtree(folder)
    os.mkdir(folder, owner_only.FOLDER)  # noqa: PTH102 - it fails for whatever is there, links included
