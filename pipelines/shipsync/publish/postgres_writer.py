"""Batches into Postgres, each in one transaction with the record of it in ``_shipsync.published``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any, Final

import orjson

from shipsync.connection import Secret
from shipsync.errors import ExportFailed
from shipsync.export.postgres import Postgres
from shipsync.export.postgres_tables import ServerConnection, server_error
from shipsync.export.relation import Relation
from shipsync.publish.division import Division, Part
from shipsync.publish.marks import Marks, Seen, histories, marks_of
from shipsync.publish.postgres_columns import PostgresColumn, postgres_columns, read_back
from shipsync.publish.row_changes import ROW_HASH, RowChanges
from shipsync.publish.source import STATEMENTS, Source
from shipsync.publish.writer import Applied, Batch, Compared, PublishedTable, Watermark
from shipsync.statements import statement

_PATIENCE_SECONDS: Final = 10
_LONGEST_NAME: Final = 63


@dataclass(frozen=True)
class _Found:
    """What was found of a table: its ``rows`` here, and how many of their hashes differ."""

    rows: int
    differing: int
    compared: Compared
    seen: Seen | None


@dataclass(frozen=True)
class _Outcome:
    """What became of a table; ``is_changed`` if its rows or its columns differed."""

    table: PublishedTable
    is_changed: bool
    seen: Seen | None


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
            return self._apply_all(batch)

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
            table = sql.Identifier(relation.schema, relation.name)
            file = source.folder / "read_back.csv"
            self._run("postgres_read_in_utc")
            with self._server.cursor() as cursor, file.open("wb") as rows:
                cursor.copy_expert(
                    self._text("postgres_copy_out", table=table, columns=names), rows
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

    def _apply_all(self, batch: Batch) -> Applied:
        self._run("postgres_begin_batch")
        self._run("postgres_make_batches")
        self._run("postgres_make_changed_rows")
        self._run("postgres_read_in_utc")
        before = self._last_seen()
        outcomes = [
            self._apply(batch.source, relation, before.get(relation.full_name))
            for relation in batch.relations
        ]
        tables = tuple(outcome.table for outcome in outcomes)
        seen = before | {outcome.table.table: outcome.seen for outcome in outcomes}
        number = None
        if any(outcome.is_changed for outcome in outcomes):
            number = self._record(batch.event_sequence, tables)
        if number is not None or seen != before:
            documents = {name: one.document() for name, one in seen.items() if one is not None}
            with self._server.cursor() as cursor:
                text = orjson.dumps(documents).decode()
                cursor.execute(statement(STATEMENTS, "postgres_keep_seen"), {"seen": text})
        return Applied(number, tables)

    def _record(self, event_sequence: int | None, tables: Sequence[PublishedTable]) -> int:
        """Record the batch; its number."""
        record = orjson.dumps({t.table: [t.rows, t.deleted, t.inserted] for t in tables}).decode()
        with self._server.cursor() as cursor:
            cursor.execute(
                statement(STATEMENTS, "postgres_record_batch"),
                {"event_sequence": event_sequence, "tables": record},
            )
            return int(cursor.fetchone()[0])

    def _last_seen(self) -> dict[str, Seen | None]:
        """What the last batch recorded of the tables that it or one before it published."""
        if "seen" not in self._held_columns(Relation("_shipsync", "published")):
            self._run("postgres_add_seen")
        with self._server.cursor() as cursor:
            cursor.execute(statement(STATEMENTS, "postgres_last_seen"))
            (documents,) = cursor.fetchone() or (None,)
        return {name: Seen.read(document) for name, document in (documents or {}).items()}

    def _apply(self, source: Source, relation: Relation, before: Seen | None) -> _Outcome:
        """What became of one table, of which ``before`` was seen when it was published last."""
        columns = postgres_columns(source.rows(relation))
        is_altered = self._follow_columns(relation, columns, source.comments(relation))
        found = self._compared(source, relation, None if is_altered else before)
        deleted = inserted = 0
        if found.differing:
            deleted, inserted = self._write(source, relation, columns, found)
        return _Outcome(
            PublishedTable(relation.full_name, found.rows, deleted, inserted, found.compared),
            bool(found.differing) or is_altered,
            found.seen,
        )

    def _compared(self, source: Source, relation: Relation, known: Seen | None) -> _Found:
        """Compare what changed since ``known``, or all rows where that is not told."""
        marks = marks_of(source, relation)
        seen = None
        if source.stamp is not None and marks is not None:
            now = marks.part_of(marks.rows)
            is_gone_on = known is not None and source.goes_on_from(known.stamp)
            if known is not None and is_gone_on and known.marks == now:
                return _Found(now.rows, 0, "nothing", known)
            behind = (marks, *histories(source, marks))
            reached = {one.relation.full_name: one.reached() for one in behind}
            seen = Seen(source.stamp, now, reached=reached)
            if known is not None and is_gone_on:
                changed = self._compared_keys(source, marks, known, now)
                if changed is not None:
                    return _Found(now.rows, changed, "changes", seen)
        held = source.folder / "target_rows.csv"
        table = _name(relation)
        with self._server.cursor() as cursor, held.open("wb") as file:
            cursor.copy_expert(self._text("postgres_copy_row_hashes", table=table), file)
        rows, differing = RowChanges(source).compare(relation, held)
        return _Found(rows, differing, "everything", seen)

    def _compared_keys(self, source: Source, marks: Marks, known: Seen, now: Part) -> int | None:
        """How many hashes differ among the keys that changed; None where others may differ too."""
        from psycopg2 import sql

        changes = RowChanges(source)
        keys = changes.changed_keys(marks, known)
        if keys is None:
            return None
        relation = marks.relation
        key, table = sql.Identifier(marks.key), _name(relation)
        index = sql.Identifier(f"{relation.name}_{marks.key}_published"[:_LONGEST_NAME])
        names = [sql.Identifier(column.name) for column in changes.columns_of_marks(marks)]
        self._run("postgres_index_of_keys", index=index, table=table, key=key)
        self._run("postgres_drop_changed_keys")
        self._run("postgres_make_changed_keys", table=table, key=key)
        held = source.folder / "target_rows.csv"
        with self._server.cursor() as cursor:
            into = self._text(
                "postgres_copy_in",
                table=sql.Identifier("changed_keys"),
                columns=sql.Identifier("changed_key"),
            )
            with changes.keys_file(keys).open("rb") as file:
                cursor.copy_expert(into, file)
            self._run("postgres_analyze_changed_keys")
            rows = self._text(
                "postgres_copy_rows_of_keys",
                table=table,
                key=key,
                columns=sql.SQL(", ").join(names),
            )
            with held.open("wb") as file:
                cursor.copy_expert(rows, file)
        return changes.compare_keys(marks, keys, held, known, now)

    def _write(
        self,
        source: Source,
        relation: Relation,
        columns: Sequence[PostgresColumn],
        found: _Found,
    ) -> tuple[int, int]:
        """Delete and insert the rows that differ; how many."""
        from psycopg2 import sql

        changes, table = RowChanges(source), _name(relation)
        self._run("postgres_clear_changed_rows")
        with self._server.cursor() as cursor:
            names = sql.Identifier("row_hash")
            into = self._text(
                "postgres_copy_in", table=sql.Identifier("changed_rows"), columns=names
            )
            with changes.changed_hashes().open("rb") as file:
                cursor.copy_expert(into, file)
            self._run("postgres_analyze_changed_rows")
            cursor.execute(self._text("postgres_delete_rows", table=table))
            deleted = cursor.rowcount
            names = sql.SQL(", ").join(map(sql.Identifier, (ROW_HASH, *(c.name for c in columns))))
            into = self._text("postgres_copy_in", table=table, columns=names)
            values = [column.expression for column in columns]
            is_of_keys = found.compared == "changes"
            with changes.changed_rows(relation, values, is_of_keys=is_of_keys).open("rb") as file:
                cursor.copy_expert(into, file)
            return deleted, cursor.rowcount

    def _follow_columns(
        self,
        relation: Relation,
        columns: Sequence[PostgresColumn],
        comments: dict[str, str],
    ) -> bool:
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


def _name(relation: Relation) -> Any:
    """The name of a table as psycopg2 writes it into a statement."""
    from psycopg2 import sql

    return sql.Identifier(relation.schema, relation.name)
