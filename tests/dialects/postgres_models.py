"""The package's models in a real Postgres: made there, and read back with DuckDB's types for them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import duckdb

from dialects.equality import differences
from export.conftest import Server

KINDS = {
    "boolean": "BOOLEAN",
    "integer": "BIGINT",
    "bigint": "BIGINT",
    "numeric": "DECIMAL(38, 10)",
    "double precision": "DOUBLE",
    "date": "DATE",
    "timestamp without time zone": "TIMESTAMP",
    "timestamp with time zone": "TIMESTAMPTZ",
    "text": "VARCHAR",
    "json": "JSON",
    "jsonb": "JSON",
    "text[]": "VARCHAR[]",
}
COLUMNS = """
select attname, format_type(atttypid, null) from pg_attribute
where attrelid = %s::regclass and attnum > 0 and not attisdropped order by attnum
"""


@contextmanager
def database_of(server: Server, name: str) -> Iterator[str]:
    """The address of a database of its own whose texts are ordered as in DuckDB, by code points."""
    import psycopg2

    def once(statement: str) -> None:
        with closing(psycopg2.connect(server.url)) as con:
            con.autocommit = True
            con.cursor().execute(statement)

    once(f"create database {name} encoding 'UTF8' lc_collate 'C' lc_ctype 'C' template template0")
    try:
        yield server.url.rpartition("/")[0] + "/" + name
    finally:
        once(f"drop database {name} with (force)")


def made_by_statements(url: str, files: Mapping[str, str], models: Sequence[str]) -> int:
    """Makes each model as dbt would, in an order in which each stands behind what it reads; their number."""
    import psycopg2

    full = {name.split(".")[1]: name for name in models}
    with closing(psycopg2.connect(url)) as con, con.cursor() as cursor:
        # Far from UTC, so that no value may rest on the session's zone.
        cursor.execute("set timezone = 'America/New_York'")
        for name in models:
            config, _, body = files[f"models/{name.replace('.', '/')}.sql"].partition("\n")
            body = re.sub(r"{{ ref\('(\w+)'\) }}", lambda found: full[found[1]], body)
            body = re.sub(r"{{ source\('(\w+)', '(\w+)'\) }}", r"\1.\2", body)
            kind = "table" if "'table'" in config else "view"
            cursor.execute(f"create schema if not exists {name.split('.')[0]}")
            cursor.execute(f"create {kind} {name} as {body}")
        con.commit()
    return len(models)


def read_back(cursor: Any, con: duckdb.DuckDBPyConnection, name: str, folder: Path) -> str:
    """The model as a table of DuckDB's, which is named."""
    cursor.execute(COLUMNS, [name])
    kinds = dict(cursor.fetchall())
    file = folder / f"{name}.csv"
    texts = ", ".join(f'to_json("{c}")' if k == "text[]" else f'"{c}"' for c, k in kinds.items())
    with file.open("w", encoding="utf-8") as out:
        query = (
            f"copy (select {texts} from {name}) to stdout (format csv, null '\\N', force_quote *)"  # noqa: S608
        )
        cursor.copy_expert(query, out)
    names = ", ".join(f"'{column}': 'VARCHAR'" for column in kinds)
    typed = ", ".join(_typed(column, KINDS[kind]) for column, kind in kinds.items())
    read = (
        f"read_csv('{file}', header = false, columns = {{{names}}}, nullstr = '\\N', delim = ',', "
        "quote = '\"', escape = '\"', allow_quoted_nulls = false, auto_detect = false, new_line = '\\n')"
    )
    con.execute(f"create or replace temporary table built as select {typed} from {read}")  # noqa: S608
    return "built"


def _typed(column: str, kind: str) -> str:
    if kind == "VARCHAR[]":
        return f"""from_json("{column}", '["VARCHAR"]') as "{column}" """
    return f'"{column}"::{kind} as "{column}"'


def compared(
    database: Path, url: str, models: Sequence[str], folder: Path
) -> tuple[int, list[str]]:
    """The rows of all models, and what differs."""
    import psycopg2

    differing, rows = [], 0
    with (
        duckdb.connect(str(database), read_only=True) as con,
        closing(psycopg2.connect(url)) as there,
        there.cursor() as cursor,
    ):
        con.execute("set timezone = 'UTC'")
        cursor.execute("set timezone = 'UTC'")
        for name in models:
            rows += con.execute(f"select count(*) from {name}").fetchall()[0][0]  # noqa: S608
            differing += differences(con, name, read_back(cursor, con, name, folder))
    return rows, differing
