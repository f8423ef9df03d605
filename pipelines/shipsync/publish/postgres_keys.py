"""The key of a table in Postgres: its constraint, and rows that are gone, told apart from replaced ones."""

from __future__ import annotations

from typing import Any

from shipsync.errors import ExportFailed
from shipsync.export.relation import Relation
from shipsync.publish.postgres_columns import NULL, postgres_columns
from shipsync.publish.postgres_statements import composed, index_name, table_name
from shipsync.publish.row_changes import ROW_HASH, RowChanges
from shipsync.publish.source import STATEMENTS, Source
from shipsync.statements import statement
from shipsync.warehouse.contract import Key


def broken_key(failure: Any) -> ExportFailed | None:
    """What to tell of rows that break a table's key; None of what the server refused for another reason."""
    from psycopg2.errors import NotNullViolation, UniqueViolation

    said = failure.diag
    table = f"{said.schema_name}.{said.table_name}"
    if isinstance(failure, UniqueViolation):
        what = f"Two rows of {table} have one key ({said.constraint_name})"
    elif isinstance(failure, NotNullViolation):
        what = f"A row of {table} has no {said.column_name}, which is of its key"
    else:
        return None
    return ExportFailed(
        f"{what}, and numbers made of it would be wrong, so nothing was published. `shipsync build` tests "
        "keys and says what to do."
    )


def constrain(cursor: Any, relation: Relation, key: Key) -> None:
    """Give the table its key, in place of another that an earlier version gave it.

    A primary key, or where a part may be null the constraint that no two rows have the same. Rows that break
    it end the batch, for numbers that count them twice would be wrong.
    """
    from psycopg2 import sql

    table, constraint = table_name(relation), index_name(relation, "key")
    (name,) = constraint.strings
    cursor.execute(
        statement(STATEMENTS, "postgres_key"),
        {"table": relation.quoted, "constraint": name},
    )
    found = cursor.fetchone()
    if found is not None:
        if tuple(found[1]) == key.columns:
            return
        cursor.execute(composed("postgres_drop_constraint", table=table, constraint=constraint))
    columns = sql.SQL(", ").join(map(sql.Identifier, key.columns))
    kind = sql.SQL("unique" if key.optional else "primary key")
    cursor.execute(
        composed(
            "postgres_make_key", table=table, constraint=constraint, kind=kind, columns=columns
        )
    )


def delete_or_mark(
    cursor: Any, source: Source, relation: Relation, key: Key, *, is_of_keys: bool
) -> int:
    """Of the rows that differ delete those whose key comes again, and mark the others; how many of both.

    Rows that were marked and whose key comes again are deleted too.
    """
    from psycopg2 import sql

    table = table_name(relation)
    names = sql.SQL(", ").join(map(sql.Identifier, key.columns))
    cursor.execute(statement(STATEMENTS, "postgres_drop_new_keys"))
    cursor.execute(composed("postgres_make_new_keys", table=table, columns=names))
    columns = {column.name: column for column in postgres_columns(source.rows(relation))}
    values = [columns[name].expression for name in key.columns]
    file = source.folder / "new_keys.csv"
    rows = RowChanges(source).changed_rows(relation, values, is_of_keys=is_of_keys)
    rows.write_csv(str(file), header=False, na_rep=NULL)
    into = composed(
        "postgres_copy_in",
        table=sql.Identifier("new_keys"),
        columns=sql.SQL(", ").join(map(sql.Identifier, (ROW_HASH, *key.columns))),
    )
    with file.open("rb") as opened:
        cursor.copy_expert(into, opened)
    cursor.execute(statement(STATEMENTS, "postgres_analyze_new_keys"))
    same = sql.SQL(" and ").join(
        sql.SQL("held.{0} {1} new.{0}").format(
            sql.Identifier(name),
            sql.SQL("is not distinct from" if name in key.optional else "="),
        )
        for name in key.columns
    )
    cursor.execute(composed("postgres_delete_returned", table=table, same=same))
    cursor.execute(composed("postgres_delete_replaced", table=table, same=same))
    replaced = int(cursor.rowcount)
    cursor.execute(composed("postgres_mark_removed", table=table))
    return replaced + int(cursor.rowcount)
