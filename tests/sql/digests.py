"""Whether two databases hold the same models: a digest of every table and view."""

from __future__ import annotations

from pathlib import Path

from shipsync.warehouse.database import connect

# What models are made from, or what keeps them.
KEPT = {"raw", "raw_staging", "ledger", "main", "information_schema", "pg_catalog"}


def digests(database: Path) -> dict[str, tuple[int, str]]:
    """Rows and a digest of them, whatever their order, of every table and view that was built."""
    found = {}
    with connect(database, read_only=True) as con:
        relations = con.sql(
            "select table_schema, table_name from information_schema.tables order by all"
        ).fetchall()
        for schema, name in relations:
            if schema in KEPT:
                continue
            row = con.execute(
                "select count(*), coalesce(sum(hash(rows::varchar)), 0)::varchar "  # noqa: S608
                f'from "{schema}"."{name}" as rows'
            ).fetchone()
            assert row is not None
            found[f"{schema}.{name}"] = row
    return found
