"""Batches into Postgres, each in one transaction with the record of it in ``_shipsync.published``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from shipsync.errors import ExportFailed
from shipsync.export.postgres_tables import ServerConnection
from shipsync.export.relation import Relation
from shipsync.publish.row_changes import ROW_HASH, STATEMENTS, RowChanges, SourceColumn
from shipsync.statements import statement


@dataclass(frozen=True)
class PublishedTable:
    """One table after a batch: its ``rows``, and how many were ``deleted`` and ``inserted`` for that."""

    table: str
    rows: int
    deleted: int
    inserted: int


class PostgresWriter:
    """Writes one batch in the transaction that ``server`` is in; who calls it commits or rolls back."""

    def __init__(self, server: ServerConnection, changes: RowChanges) -> None:
        self._server = server
        self._changes = changes

    def apply(
        self, relations: Sequence[Relation], event_sequence: int | None
    ) -> tuple[int | None, tuple[PublishedTable, ...]]:
        """Make the tables at the target equal to ``relations``.

        Returns the number of the batch, None where nothing differed (no batch is recorded then), and what
        became of each table. Raises ``ExportFailed`` where a table there is not ours,
        or a column changed its type.
        """
        self._run("postgres_begin_batch")
        self._run("postgres_make_batches")
        self._run("postgres_make_changed_rows")
        outcomes = [self._apply(relation) for relation in relations]
        tables = tuple(table for table, _ in outcomes)
        if not any(is_changed for _, is_changed in outcomes):
            return None, tables
        record = orjson.dumps({t.table: [t.rows, t.deleted, t.inserted] for t in tables}).decode()
        with self._server.cursor() as cursor:
            cursor.execute(
                statement(STATEMENTS, "postgres_record_batch"),
                {"event_sequence": event_sequence, "tables": record},
            )
            return int(cursor.fetchone()[0]), tables

    def _apply(self, relation: Relation) -> tuple[PublishedTable, bool]:
        """What became of one table, and whether its rows or columns differed."""
        from psycopg2 import sql

        table = sql.Identifier(relation.schema, relation.name)
        columns = self._changes.columns(relation)
        is_altered = self._follow_columns(relation, columns)
        held = self._changes.folder / "target_rows.csv"
        with self._server.cursor() as cursor, held.open("wb") as file:
            cursor.copy_expert(self._text("postgres_copy_row_hashes", table=table), file)
        rows, differing = self._changes.compare(relation, held)
        if not differing:
            return PublishedTable(relation.full_name, rows, 0, 0), is_altered
        self._run("postgres_clear_changed_rows")
        with self._server.cursor() as cursor:
            names = sql.Identifier("row_hash")
            into = self._text(
                "postgres_copy_in", table=sql.Identifier("changed_rows"), columns=names
            )
            with self._changes.changed_hashes().open("rb") as file:
                cursor.copy_expert(into, file)
            cursor.execute(self._text("postgres_delete_rows", table=table))
            deleted = cursor.rowcount
            names = sql.SQL(", ").join(map(sql.Identifier, (ROW_HASH, *(c.name for c in columns))))
            into = self._text("postgres_copy_in", table=table, columns=names)
            with self._changes.changed_rows(relation).open("rb") as file:
                cursor.copy_expert(into, file)
            inserted = cursor.rowcount
        return PublishedTable(relation.full_name, rows, deleted, inserted), True

    def _follow_columns(self, relation: Relation, columns: Sequence[SourceColumn]) -> bool:
        """Make the table or the columns that are missing, and say whether any were."""
        from psycopg2 import sql

        table = sql.Identifier(relation.schema, relation.name)
        held = self._held_columns(relation)
        if not held:
            self._run("postgres_make_schema", schema=sql.Identifier(relation.schema))
            self._run("postgres_make_table", table=table)
            self._run("postgres_index", table=table)
        elif ROW_HASH not in held:
            raise ExportFailed(
                f"{relation.full_name} at the target was not made by `shipsync publish`, so it is left as "
                "it is and nothing was published. Publish into another database, or drop the table first."
            )
        missing = [column for column in columns if column.name not in held]
        for column in columns:
            was = held.get(column.name, column.target_type)
            if was != column.target_type:
                raise ExportFailed(
                    f"The column {column.name} of {relation.full_name} is {was} at the target and "
                    f"{column.target_type} here; nothing was published. Drop the table at the target, and "
                    "publish again: it is filled anew."
                )
        comments = self._changes.comments(relation)
        for column in missing:
            name = sql.Identifier(column.name)
            kind = sql.SQL(column.target_type)
            self._run("postgres_add_column", table=table, column=name, kind=kind)
            if column.name in comments:
                full = sql.Identifier(relation.schema, relation.name, column.name)
                text = sql.Literal(comments[column.name])
                self._run("postgres_comment", column=full, text=text)
        return bool(missing)

    def _held_columns(self, relation: Relation) -> dict[str, str]:
        with self._server.cursor() as cursor:
            cursor.execute(
                statement(STATEMENTS, "postgres_columns"),
                {"schema": relation.schema, "name": relation.name},
            )
            return dict(cursor.fetchall())

    def _text(self, name: str, **parts: Any) -> Any:
        from psycopg2 import sql

        return sql.SQL(statement(STATEMENTS, name)).format(**parts)

    def _run(self, name: str, **parts: Any) -> None:
        with self._server.cursor() as cursor:
            cursor.execute(self._text(name, **parts))
