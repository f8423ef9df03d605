"""No model depends on the order in which rows come: built from shuffled raw tables, each is the same."""

from __future__ import annotations

import re
import shutil
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from played_demo import Demo
from shipsync.warehouse.models import build
from shipsync.warehouse.sql_project import sql_dir
from sql.digests import KEPT, digests

NOW = datetime(2030, 1, 1, tzinfo=UTC)
# A choice of one row among several: each needs an order in which no two rows are equal.
CHOICES = re.compile(r"\b(any_value|arg_max|arg_min|arbitrary|first|last|max_by|min_by|mode)\s*\(")
UNORDERED = re.compile(r"\b(array_agg|group_concat|list|listagg|string_agg)\s*\((?!.*\border by\b)")


def built_of_shuffled(database: Path, folder: Path, seed: str) -> Path:
    """A copy with every raw row in another place and all models built anew from them."""
    folder.mkdir()
    copy = folder / database.name
    shutil.copyfile(database, copy)
    with duckdb.connect(str(copy)) as con:
        con.execute("set timezone = 'UTC'")
        con.execute("set threads = 1")
        for schema in _names(con, "select schema_name from information_schema.schemata"):
            if schema not in KEPT:
                con.execute(f'drop schema "{schema}" cascade')
        for table in _names(
            con, "select table_name from duckdb_tables() where schema_name = 'raw'"
        ):
            con.execute(
                f'create or replace table raw."{table}" as select * from raw."{table}" as rows '  # noqa: S608
                "order by md5(rows::varchar || ?)",
                [seed],
            )
    build(copy, now=NOW, run_tests=False)
    return copy


def _names(con: duckdb.DuckDBPyConnection, query: str) -> list[str]:
    return sorted({name for (name,) in con.sql(query).fetchall()})


def test_models_of_shuffled_rows_are_the_same(demo: Demo, tmp_path: Path) -> None:
    one, other = (
        digests(built_of_shuffled(demo.database, tmp_path / seed, seed)) for seed in ("a", "b")
    )

    assert len(one) > 50
    assert one["tracking.orders"][0] > 400
    assert [name for name in one if one[name] != other.get(name)] == []


@pytest.mark.parametrize(
    "file", sorted(sql_dir().rglob("*.sql")), ids=lambda file: str(file.relative_to(sql_dir()))
)
def test_no_model_takes_any_row_of_several(file: Path) -> None:
    text = "\n".join(line.partition("--")[0] for line in file.read_text("utf-8").splitlines())

    assert CHOICES.findall(text) == []
    assert UNORDERED.findall(re.sub(r"\s+", " ", text)) == []
