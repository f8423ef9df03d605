"""Batches into Postgres, each in one transaction with the record of it in ``_shipsync.published``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import duckdb

from shipsync.connection import Secret
from shipsync.errors import ExportFailed
from shipsync.export.postgres import Postgres
from shipsync.export.postgres_tables import ServerConnection, server_error
from shipsync.export.relation import Relation
from shipsync.publish import row_batches
from shipsync.publish.division import Division, Part
from shipsync.publish.marks import Marks
from shipsync.publish.postgres_columns import NULL, PostgresColumn, postgres_columns, read_back
from shipsync.publish.postgres_keys import broken_key, constrain, delete_or_mark
from shipsync.publish.postgres_statements import composed, index_name, live, table_name
from shipsync.publish.row_batches import DELETED_AT, refuse_others
from shipsync.publish.row_changes import ROW_HASH, RowChanges
from shipsync.publish.source import STATEMENTS, Source
from shipsync.publish.writer import Applied, Batch, Watermark
from shipsync.statements import statement
from shipsync.warehouse.contract import Key

_PATIENCE_SECONDS: Final = 10


@dataclass(frozen=True)
class PostgresTarget:
    """A database on a server, which ``address`` says how to get into."""

    address: Postgres

    @property
    def place(self) -> str:
        """Its address without password and options."""
        return self.address.place

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """The password, and the addresses with it."""
        return self.address.secrets

    @contextmanager
    def writer(self) -> Iterator[PostgresWriter]:
        """A connection; what the server complains of is told without secrets."""
        import psycopg2

        try:
            url = self.address.url.reveal()
            with closing(psycopg2.connect(url, connect_timeout=_PATIENCE_SECONDS)) as server:
                yield PostgresWriter(server)
        except psycopg2.IntegrityError as failure:
            told = broken_key(failure) or self.address.failed(failure, "publish again")
            raise told from failure
        except server_error() as failure:
            raise self.address.failed(failure, "publish again") from failure


class PostgresWriter:
    """Writes each batch in one transaction of ``server``."""

    def __init__(self, server: ServerConnection) -> None:
        self._server = server

    def watermark(self) -> Watermark | None:
        """The last line of ``_shipsync.published``."""
        with self._server, self._server.cursor() as cursor:
            cursor.execute(statement(STATEMENTS, "postgres_has_batches"))
            if not cursor.fetchone()[0]:
                return None
            cursor.execute(statement(STATEMENTS, "postgres_last_batch"))
            found = cursor.fetchone()
        return None if found is None else Watermark(*found)

    def apply(self, batch: Batch) -> Applied:
        """Write what differs and the record of it, and commit them together."""
        with self._server:
            for name in (
                "postgres_begin_batch",
                "postgres_make_batches",
                "postgres_make_changed_rows",
                "postgres_read_in_utc",
            ):
                self._run(name)
            return row_batches.apply(batch, self)

    def compared(
        self, source: Source, relation: Relation
    ) -> tuple[Mapping[str, Part], Mapping[str, Part] | None]:
        """The table copied out as text, and read with the types that it has here."""
        from psycopg2 import sql

        columns = postgres_columns(source.rows(relation))
        division = Division(
            source, relation, source.rows(relation).select(*(c.read_back for c in columns))
        )
        here = division.parts()
        with self._server:
            held = self._held_columns(relation)
            if ROW_HASH not in held:
                return here, None
            known = [column for column in columns if column.name in held]
            names = sql.SQL(", ").join(sql.Identifier(column.name) for column in known)
            table = table_name(relation)
            file = source.folder / "read_back.csv"
            self._run("postgres_read_in_utc")
            with self._server.cursor() as cursor, file.open("wb") as rows:
                cursor.copy_expert(
                    composed("postgres_copy_out", table=table, columns=names, live=live(held)), rows
                )
        return here, division.parts_at(read_back(source.con, file, columns, known))

    def reset(self) -> tuple[str, ...]:
        """Drop every table that a batch named, and the record of batches, in one transaction."""
        from psycopg2 import sql

        with self._server, self._server.cursor() as cursor:
            self._run("postgres_begin_batch")
            self._run("postgres_make_batches")
            cursor.execute(statement(STATEMENTS, "postgres_published_tables"), {"column": ROW_HASH})
            tables = cursor.fetchall()
            for schema, name in tables:
                self._run("postgres_drop_table", table=sql.Identifier(schema, name))
            self._run("postgres_drop_batches")
        return tuple(f"{schema}.{name}" for schema, name in tables)

    def last_seen(self) -> str | None:
        """What the last batch recorded of the tables that it or one before it published."""
        if "seen" not in self._held_columns(Relation("_shipsync", "published")):
            self._run("postgres_add_seen")
        with self._server.cursor() as cursor:
            cursor.execute(statement(STATEMENTS, "postgres_last_seen"))
            (seen,) = cursor.fetchone() or (None,)
            return seen if seen is None else str(seen)

    def record(self, event_sequence: int | None, tables: str) -> int:
        """A line of ``_shipsync.published``; its number."""
        with self._server.cursor() as cursor:
            cursor.execute(
                statement(STATEMENTS, "postgres_record_batch"),
                {"event_sequence": event_sequence, "tables": tables},
            )
            return int(cursor.fetchone()[0])

    def keep_seen(self, seen: str) -> None:
        """Keep it in the last line of ``_shipsync.published``, and nothing in those before."""
        with self._server.cursor() as cursor:
            cursor.execute(statement(STATEMENTS, "postgres_keep_seen"), {"seen": seen})

    def row_hashes(self, source: Source, relation: Relation) -> Path:
        """Copied out of the table."""
        file = source.folder / "target_rows.csv"
        rows = composed(
            "postgres_copy_row_hashes",
            table=table_name(relation),
            live=live(self._held_columns(relation)),
        )
        with self._server.cursor() as cursor, file.open("wb") as opened:
            cursor.copy_expert(rows, opened)
        return file

    def rows_of_keys(
        self, source: Source, marks: Marks, keys: Sequence[str]
    ) -> duckdb.DuckDBPyRelation:
        """Found by an index, of the key if that begins with theirs, and copied out of the table."""
        from psycopg2 import sql

        relation = marks.relation
        key, table = sql.Identifier(marks.key), table_name(relation)
        index = index_name(relation, marks.key)
        kinds = {column.name: column for column in postgres_columns(source.rows(relation))}
        columns = [PostgresColumn(ROW_HASH, "BIGINT"), *(kinds[name] for name in marks.columns)]
        names = [sql.Identifier(column.name) for column in columns]
        told_apart = source.key(relation)
        if told_apart is None or told_apart.columns[0] != marks.key:
            self._run("postgres_index_of_keys", index=index, table=table, key=key)
        self._run("postgres_drop_changed_keys")
        self._run("postgres_make_changed_keys", table=table, key=key)
        held = source.folder / "target_rows.csv"
        with self._server.cursor() as cursor:
            into = composed(
                "postgres_copy_in",
                table=sql.Identifier("changed_keys"),
                columns=sql.Identifier("changed_key"),
            )
            with RowChanges(source).keys_file(keys).open("rb") as file:
                cursor.copy_expert(into, file)
            self._run("postgres_analyze_changed_keys")
            rows = composed(
                "postgres_copy_rows_of_keys",
                table=table,
                key=key,
                columns=sql.SQL(", ").join(names),
                live=live(self._held_columns(relation)),
            )
            with held.open("wb") as file:
                cursor.copy_expert(rows, file)
        return read_back(source.con, held, columns, columns)

    def write(
        self, source: Source, relation: Relation, *, is_of_keys: bool, kept_by: Key | None
    ) -> tuple[int, int]:
        """Rows are copied in as CSV."""
        from psycopg2 import sql

        changes, table = RowChanges(source), table_name(relation)
        columns = postgres_columns(source.rows(relation))
        self._run("postgres_clear_changed_rows")
        with self._server.cursor() as cursor:
            names = sql.Identifier("row_hash")
            into = composed("postgres_copy_in", table=sql.Identifier("changed_rows"), columns=names)
            with changes.changed_hashes().open("rb") as file:
                cursor.copy_expert(into, file)
            self._run("postgres_analyze_changed_rows")
            if kept_by is None:
                cursor.execute(composed("postgres_delete_rows", table=table))
                deleted = cursor.rowcount
            else:
                deleted = delete_or_mark(cursor, source, relation, kept_by, is_of_keys=is_of_keys)
            names = sql.SQL(", ").join(map(sql.Identifier, (ROW_HASH, *(c.name for c in columns))))
            into = composed("postgres_copy_in", table=table, columns=names)
            values = [column.expression for column in columns]
            rows = source.folder / "rows.csv"
            changes.changed_rows(relation, values, is_of_keys=is_of_keys).write_csv(
                str(rows), header=False, na_rep=NULL
            )
            with rows.open("rb") as file:
                cursor.copy_expert(into, file)
            return deleted, cursor.rowcount

    def constrain(self, source: Source, relation: Relation) -> None:
        """A primary key, or a unique one where a part of it may be null."""
        if (key := source.key(relation)) is not None:
            with self._server.cursor() as cursor:
                constrain(cursor, relation, key)

    def follow_columns(self, source: Source, relation: Relation, *, keeps_removed: bool) -> bool:
        """Columns come with their comments; one that is gone here stays there."""
        from psycopg2 import sql

        columns, comments = postgres_columns(source.rows(relation)), source.comments(relation)
        table = table_name(relation)
        held = self._held_columns(relation)
        refuse_others(relation, held)
        if not held:
            self._run("postgres_make_schema", schema=sql.Identifier(relation.schema))
            self._run("postgres_make_table", table=table)
            self._run("postgres_index", table=table)
            if comment := source.comment(relation):
                self._run("postgres_comment_on_table", table=table, text=sql.Literal(comment))
        missing = [column for column in columns if column.name not in held]
        for column in columns:
            was = held.get(column.name, column.target_type)
            if was != column.target_type:
                raise ExportFailed(
                    f"The column {column.name} of {relation.full_name} is {was} at the target and "
                    f"{column.target_type} here; nothing was published. Drop the table at the target, and "
                    "publish again: it is filled anew."
                )
        for column in missing:
            name = sql.Identifier(column.name)
            kind = sql.SQL(column.target_type)
            self._run("postgres_add_column", table=table, column=name, kind=kind)
            if column.name in comments:
                full = sql.Identifier(relation.schema, relation.name, column.name)
                text = sql.Literal(comments[column.name])
                self._run("postgres_comment", column=full, text=text)
        if keeps_removed and DELETED_AT not in held:
            kind = sql.SQL("timestamp with time zone")
            name = sql.Identifier(DELETED_AT)
            self._run("postgres_add_column", table=table, column=name, kind=kind)
        elif DELETED_AT in held and not keeps_removed:
            self._run("postgres_delete_marked", table=table)
            self._run("postgres_drop_column", table=table, column=sql.Identifier(DELETED_AT))
        return bool(missing)

    def _held_columns(self, relation: Relation) -> dict[str, str]:
        with self._server.cursor() as cursor:
            cursor.execute(
                statement(STATEMENTS, "postgres_columns"),
                {"schema": relation.schema, "name": relation.name},
            )
            return dict(cursor.fetchall())

    def _run(self, name: str, **parts: Any) -> None:
        with self._server.cursor() as cursor:
            cursor.execute(composed(name, **parts))
