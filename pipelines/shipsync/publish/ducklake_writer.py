"""Batches into a DuckLake, each one snapshot of all its tables and of ``_shipsync.published``, the record."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import duckdb

from shipsync import clock
from shipsync.connection import Secret
from shipsync.errors import ExportFailed
from shipsync.export.portable import column_named, portable_column
from shipsync.export.relation import Relation, quoted
from shipsync.publish import row_batches
from shipsync.publish.division import Division, Part
from shipsync.publish.ducklake_catalog import DuckLake, DuckLakePlace
from shipsync.publish.lake import ROW_GROUP, refuse_other_types
from shipsync.publish.marks import Marks
from shipsync.publish.row_batches import DELETED_AT, refuse_others
from shipsync.publish.row_changes import ROW_HASH, RowChanges
from shipsync.publish.source import Source, among
from shipsync.publish.writer import Applied, Batch, Watermark
from shipsync.warehouse.contract import Key

RECORD: Final = Relation("_shipsync", "published")
ACCOUNT: Final = "account"
"""Whose a row is, in a lake that accounts share."""

_ROWS_AT_A_TIME: Final = 10_000
_CHANGED: Final = "changed_rows"
_NEW_KEYS: Final = "new_keys"
# What a reader has at least to read the snapshot that it began with.
KEPT: Final = timedelta(days=7)


@dataclass(frozen=True)
class DuckLakeTarget:
    """A DuckLake to publish into."""

    lake: DuckLakePlace

    @property
    def place(self) -> str:
        """The folder's path, or the name of the destination."""
        return self.lake.told

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """What the catalog is got into with."""
        return self.lake.secrets

    @contextmanager
    def writer(self) -> Iterator[DuckLakeWriter]:
        """The lake, for one publish at a time; what DuckDB complains of there is told with the place."""
        with self.lake.opened() as lake:
            yield DuckLakeWriter(lake)


class DuckLakeWriter:
    """Writes each batch in one transaction of ``lake``, which makes one snapshot of it.

    ``_ours`` is the condition on a row that it is of this publisher, ``_own`` the columns that are so too.
    """

    _own: tuple[str, ...] = (ROW_HASH,)

    def __init__(self, lake: DuckLake) -> None:
        self._lake = lake
        self._ours = "true"

    def watermark(self) -> Watermark | None:
        """The last line of ``_shipsync.published``."""
        if not self._has_record():
            return None
        found = self._lake.run("ducklake_last_batch", ours=self._ours)
        return Watermark(*found[0]) if found else None

    def apply(self, batch: Batch) -> Applied:
        """Write what differs and the record of it, and commit them together."""
        with self._lake.transaction():
            if not self._has_record():
                self._lake.run("ducklake_row_groups", {"rows": str(ROW_GROUP)})
                self._lake.run("ducklake_make_batches")
            reached = self.watermark()
            applied = row_batches.apply(batch, self)
        return self._tidied(applied, reached.published_at if reached else None)

    def compared(
        self, source: Source, relation: Relation
    ) -> tuple[Mapping[str, Part], Mapping[str, Part] | None]:
        """The table written to a file and read from there; of one that cannot be read there is no row."""
        division = Division(source, relation)
        here = division.parts()
        held = self._held_columns(relation)
        if ROW_HASH not in held:
            return here, None
        file = source.folder / "target.parquet"
        known = [column_named(name) for name in division.columns if name in held]
        try:
            self._write_parquet(self._live_rows(relation).select(*known), file)
        except ExportFailed:
            return here, {}
        there = source.con.read_parquet(str(file))
        values = [
            (column_named(name) if name in held else duckdb.ConstantExpression(None))
            .cast(duckdb.type(kind))
            .alias(name)
            for name, kind in division.columns.items()
        ]
        return here, division.parts_at(there.select(*values))

    def reset(self) -> tuple[str, ...]:
        """Drop every table of ours that a batch named, and the record, in one transaction; then the files."""
        removed = []
        with self._lake.transaction():
            if self._has_record():
                for relation in self._published():
                    self._lake.run("ducklake_drop_table", table=table_name(relation))
                    removed.append(relation.full_name)
                self._lake.run("ducklake_drop_table", table=table_name(RECORD))
        self._remove_files()
        return tuple(removed)

    def last_seen(self) -> str | None:
        """What the last batch recorded of the tables that it or one before it published."""
        found = self._lake.run("ducklake_last_seen", ours=self._ours)
        return found[0][0] if found else None

    def constrain(self, source: Source, relation: Relation) -> None:
        """A DuckLake knows no keys."""

    def follow_columns(self, source: Source, relation: Relation, *, keeps_removed: bool) -> bool:
        """Columns come with their comments, and one that is gone here is gone there."""
        columns = Division(source, relation).columns
        held, is_marking = self._add_missing(source, relation, keeps_removed=keeps_removed)
        table = table_name(relation)
        for name in held.keys() - columns.keys():
            self._lake.run("ducklake_drop_column", table=table, column=quoted(name))
        if is_marking and not keeps_removed:
            self._lake.run("ducklake_delete_marked", table=table, ours=self._ours)
            self._lake.run("ducklake_drop_column", table=table, column=DELETED_AT)
        return held.keys() != columns.keys()

    def _add_missing(
        self, source: Source, relation: Relation, *, keeps_removed: bool
    ) -> tuple[Mapping[str, str], bool]:
        """Make the table or the columns that are missing.

        Returns the columns of the source's that were there and their types, and whether one for marks was.
        """
        rows = source.rows(relation)
        columns = Division(source, relation).columns
        held, is_marking = self._known_columns(relation, columns)
        table, comments = table_name(relation), source.comments(relation)
        if not held:
            empty = rows.select(*portable_columns(rows)).limit(0).to_arrow_table()
            self._lake.con.register("incoming", empty)
            self._lake.run("ducklake_make_schema", schema=quoted(relation.schema))
            self._make_table(table)
            self._lake.con.unregister("incoming")
            if comment := source.comment(relation):
                text = _literal(comment)
                self._lake.run("ducklake_comment_on_table", table=table, text=text)
        for name, kind in columns.items():
            if held and name not in held:
                self._lake.run("ducklake_add_column", table=table, column=quoted(name), kind=kind)
            if name not in held and name in comments:
                column, text = f"{table}.{quoted(name)}", _literal(comments[name])
                self._lake.run("ducklake_comment", column=column, text=text)
        if keeps_removed and not is_marking:
            self._lake.run(
                "ducklake_add_column", table=table, column=DELETED_AT, kind="timestamptz"
            )
        return held, is_marking

    def _make_table(self, table: str) -> None:
        self._lake.run("ducklake_make_table", table=table)

    def _known_columns(
        self, relation: Relation, columns: Mapping[str, str]
    ) -> tuple[Mapping[str, str], bool]:
        """What ``_add_missing`` returns; raises ``ExportFailed`` for what cannot be published into."""
        held = self._held_columns(relation)
        refuse_others(relation, held)
        for name in self._own:
            held.pop(name, None)
        is_marking = held.pop(DELETED_AT, None) is not None
        refuse_other_types(relation, held, columns)
        return held, is_marking

    def row_hashes(self, source: Source, relation: Relation) -> Path:
        """Only the column of hashes is read."""
        file = source.folder / "target_rows.csv"
        live = self._live(relation)
        self._lake.run(
            "ducklake_row_hashes", {"file": str(file)}, table=table_name(relation), live=live
        )
        return file

    def rows_of_keys(
        self, source: Source, marks: Marks, keys: Sequence[str]
    ) -> duckdb.DuckDBPyRelation:
        """Read from the columns of marks alone."""
        file = source.folder / "target_rows.parquet"
        columns = [column_named(name) for name in marks.columns]
        rows = self._live_rows(marks.relation).filter(among(marks.key, keys))
        self._write_parquet(rows.select(column_named(ROW_HASH), *columns), file)
        of_marks = dict(zip(marks.rows.columns, marks.rows.types, strict=True))
        # A lake has some of them in other types, which have other hashes.
        cast = [column_named(name).cast(of_marks[name]).alias(name) for name in marks.columns]
        return source.con.read_parquet(str(file)).select(column_named(ROW_HASH), *cast)

    def write(
        self, source: Source, relation: Relation, *, is_of_keys: bool, kept_by: Key | None
    ) -> tuple[int, int]:
        """Rows go from one DuckDB to the other as arrow, some at a time."""
        changes, table = RowChanges(source), table_name(relation)
        given = {"file": str(changes.changed_hashes())}
        self._lake.run("ducklake_changed_rows", given, changed=_CHANGED)
        values = portable_columns(source.rows(relation))
        rows = changes.changed_rows(relation, values, is_of_keys=is_of_keys)
        if kept_by is not None:
            self._keep_new_keys(rows, kept_by, _NEW_KEYS)
        deleted = self._delete(table, kept_by, _CHANGED, _NEW_KEYS)
        self._lake.con.register("incoming", rows.to_arrow_reader(_ROWS_AT_A_TIME))
        ((inserted,),) = self._lake.run("ducklake_insert_rows", table=table)
        self._lake.con.unregister("incoming")
        return deleted, inserted

    def _keep_new_keys(self, rows: duckdb.DuckDBPyRelation, key: Key, name: str) -> None:
        names = [column_named(column) for column in key.columns]
        self._lake.con.register("incoming", rows.select(*names).to_arrow_reader(_ROWS_AT_A_TIME))
        self._lake.run("ducklake_make_new_keys", new_keys=name)
        self._lake.con.unregister("incoming")

    def _delete(self, table: str, key: Key | None, changed: str, new_keys: str) -> int:
        """Delete the ``changed`` rows whose key is among ``new_keys``, and mark the others; how many.

        Without a key all are deleted.
        """
        rows = {"table": table, "ours": self._ours, "changed": changed}
        if key is None:
            ((deleted,),) = self._lake.run("ducklake_delete_rows", None, **rows)
            return int(deleted)
        pairs = [(f"held.{quoted(name)}", f"new.{quoted(name)}") for name in key.columns]
        same = " and ".join(f"{held} is not distinct from {new}" for held, new in pairs)
        keys = {"new_keys": new_keys, "same": same}
        self._lake.run("ducklake_delete_returned", None, table=table, ours=self._ours, **keys)
        ((replaced,),) = self._lake.run("ducklake_delete_replaced", None, **rows, **keys)
        ((marked,),) = self._lake.run("ducklake_mark_removed", {"now": clock.now()}, **rows)
        return int(replaced) + int(marked)

    def record(self, event_sequence: int | None, tables: str) -> int:
        """A line of ``_shipsync.published``; its number."""
        reached = self.watermark()
        number = 1 if reached is None else reached.batch + 1
        self._lake.run(
            "ducklake_record_batch",
            {
                "batch": number,
                "published_at": clock.now(),
                "event_sequence": event_sequence,
                "tables": tables,
            },
        )
        return number

    def keep_seen(self, seen: str) -> None:
        """Keep it in the last line of ``_shipsync.published``, and nothing in those before."""
        self._lake.run("ducklake_keep_seen", {"seen": seen}, ours=self._ours)

    def _tidied(self, applied: Applied, last: datetime | None) -> Applied:
        """``applied``, after the tidying that comes with the first batch of a day; ``last``: when one was."""
        is_another_day = last is not None and last.date() != clock.now().date()
        if applied.batch is not None and is_another_day:
            self._tidy()
        return applied

    def _tidy(self) -> None:
        """Put small files together, and remove those that no snapshot of the last days has."""
        before = {"before": clock.now() - KEPT}
        # The batch is whole; what is left over now is removed another day.
        with suppress(ExportFailed):
            self._lake.run("ducklake_expire", before)
            self._lake.run("ducklake_flush")
            self._lake.run("ducklake_rewrite")
            self._lake.run("ducklake_merge")
            self._lake.run("ducklake_clean_up", before)
            if self._lake.place.server is None:
                # Beside a catalog elsewhere there may be the files of another.
                self._lake.run("ducklake_remove_orphans", before)

    def _remove_files(self) -> None:
        if not self._lake.run("ducklake_tables"):
            # What somebody else has there needs the snapshots and their files.
            self._lake.run("ducklake_expire", {"before": clock.now()})
            self._lake.run("ducklake_clean_up_all")

    def _has_record(self) -> bool:
        """Whether any batch was ever begun there. Raises ``ExportFailed`` where accounts share the lake."""
        held = self._held_columns(RECORD)
        if ACCOUNT in held:
            raise ExportFailed(
                f"Accounts share the DuckLake in {self._lake.place.told}, so say which one this is: "
                f"ducklake:{self._lake.place.told}/account=NAME."
            )
        return bool(held)

    def _published(self) -> list[Relation]:
        """The tables that batches named and that are still ours."""
        given = {"column": ROW_HASH}
        found = self._lake.run("ducklake_published_tables", given, ours=self._ours)
        return [Relation(schema, name) for schema, name in found]

    def _live_rows(self, relation: Relation) -> duckdb.DuckDBPyRelation:
        rows = self._lake.con.table_function("query_table", [table_name(relation)])
        return rows.filter(self._live(relation))

    def _live(self, relation: Relation) -> str:
        """The condition on a row that it is ours and not marked as gone."""
        is_marking = DELETED_AT in self._held_columns(relation)
        return f"{self._ours} and {DELETED_AT} is null" if is_marking else self._ours

    def _write_parquet(self, rows: duckdb.DuckDBPyRelation, file: Path) -> None:
        with self._lake.told():
            rows.write_parquet(str(file), row_group_size=ROW_GROUP)

    def _held_columns(self, relation: Relation) -> dict[str, str]:
        values = {"schema": relation.schema, "name": relation.name}
        return dict(self._lake.run("ducklake_columns", values))


def portable_columns(rows: duckdb.DuckDBPyRelation) -> list[duckdb.Expression]:
    """The columns of ``rows`` in types that a lake has."""
    kinds = zip(rows.columns, rows.types, strict=True)
    return [portable_column(name, str(kind)).alias(name) for name, kind in kinds]


def table_name(relation: Relation) -> str:
    """The name of a table as statements have it."""
    return f"lake.{relation.quoted}"


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
