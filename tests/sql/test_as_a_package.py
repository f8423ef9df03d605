"""``sql/`` as a package of another dbt project: its models are built there from published tables."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import duckdb
import orjson
import pytest

from played_demo import Demo

SQL = Path(__file__).parents[2] / "sql"
PROJECT = """
name: shop
version: 1.0.0
config-version: 2
profile: shop
flags: { send_anonymous_usage_stats: false }
"""
PROFILE = "shop: {target: dev, outputs: {dev: {type: duckdb, path: shop.duckdb, schema: main, threads: 1}}}"
OWN_MODEL = """
select carrier_code, count(*) as parcels
from {{ ref('shipsync', 'parcel_delivery') }}
group by carrier_code
"""
# What a build writes down of itself.
BOOKKEEPING = frozenset({"processed_loads"})


def published(source: Path, target: Path) -> None:
    """The tables of ``raw`` and ``ledger``, views as tables, as a target of ``publish`` holds them."""
    with duckdb.connect(str(target)) as con:
        con.execute(f"attach '{source}' as source (read_only)")
        relations = con.execute(
            "select table_schema, table_name from information_schema.tables "
            "where table_catalog = 'source' and table_schema in ('raw', 'ledger')"
        ).fetchall()
        for schema, name in relations:
            con.execute(f"create schema if not exists {schema}")
            con.execute(f'create table {schema}."{name}" as from source.{schema}."{name}"')


def built_at(database: Path) -> datetime:
    with duckdb.connect(str(database), read_only=True) as con:
        ((as_of,),) = con.execute("select as_of from changes.as_of").fetchall()
    assert isinstance(as_of, datetime)
    return as_of


def dbt(folder: Path, *words: str) -> None:
    environ = os.environ | {"DO_NOT_TRACK": "1", "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"}
    program = (sys.executable, "-m", "dbt.cli.main", *words, "--profiles-dir", ".")
    done = subprocess.run(
        program, cwd=folder, env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def contents(con: duckdb.DuckDBPyConnection, catalog: str) -> dict[str, tuple[int, int]]:
    """Rows of each table and view of the models, and a sum over them that no order changes."""
    found = con.execute(
        "select table_schema, table_name, list(column_name order by column_name) "
        "from information_schema.columns where table_catalog = ? and table_schema in "
        "('staging', 'core', 'changes', 'tracking', 'metrics', 'reverse') group by all",
        [catalog],
    ).fetchall()
    sums = {}
    for schema, name, columns in found:
        if name in BOOKKEEPING:
            continue
        listed = ", ".join(f'"{column}"' for column in columns)
        query = (
            f"select count(*), coalesce(sum(hash(one)::hugeint), 0) "  # noqa: S608
            f'from (select {listed} from {catalog}.{schema}."{name}") as one'
        )
        sums[f"{schema}.{name}"] = con.execute(query).fetchall()[0]
    return sums


@pytest.mark.slow
def test_the_models_are_built_from_published_tables_by_another_project(
    demo: Demo, tmp_path: Path
) -> None:
    published(demo.database, tmp_path / "shop.duckdb")
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "parcels_by_carrier.sql").write_text(OWN_MODEL)
    (tmp_path / "dbt_project.yml").write_text(PROJECT)
    (tmp_path / "profiles.yml").write_text(PROFILE)
    (tmp_path / "packages.yml").write_text(f"packages:\n  - local: {SQL}\n")
    dbt(tmp_path, "deps")
    variables = orjson.dumps({"as_of": built_at(demo.database).isoformat()}).decode()
    dbt(tmp_path, "build", "--vars", variables)
    with duckdb.connect(str(tmp_path / "shop.duckdb"), read_only=True) as con:
        con.execute(f"attach '{demo.database}' as source (read_only)")
        theirs, ours = contents(con, "source"), contents(con, "shop")
        own = con.execute("select sum(parcels)::bigint from main.parcels_by_carrier").fetchall()
    assert len(theirs) > 90
    assert ours == theirs
    assert own == [(theirs["metrics.parcel_delivery"][0],)]
