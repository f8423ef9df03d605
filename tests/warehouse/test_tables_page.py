"""What the tables' pages say is what DuckDB's own catalog says: of the demo's file, and of a new one."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from played_demo import Demo
from shipsync.sources.tables import TABLES
from shipsync.warehouse.entity_diagram import diagram, entities
from shipsync.warehouse.tables_page import pages

PAGES = Path(__file__).parents[2] / "docs" / "tables"
# What dlt keeps for itself, and the table in which the demo remembers its account.
NOT_OURS = ("raw_staging", "main")


@pytest.fixture(scope="module")
def catalog(demo: Demo) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(str(demo.database), read_only=True)


def test_every_table_and_column_has_a_comment(catalog: duckdb.DuckDBPyConnection) -> None:
    without = catalog.execute(
        """
        select schema_name || '.' || table_name || '.' || column_name
        from duckdb_columns()
        where not internal and comment is null and table_name not like '\\_dlt%' escape '\\'
            and not list_contains($not_ours, schema_name)
        union all
        select schema_name || '.' || table_name from duckdb_tables()
        where not internal and comment is null and table_name not like '\\_dlt%' escape '\\'
            and not list_contains($not_ours, schema_name)
        union all
        select schema_name || '.' || view_name from duckdb_views()
        where not internal and comment is null and not list_contains($not_ours, schema_name)
        """,
        {"not_ours": list(NOT_OURS)},
    ).fetchall()

    assert not without, "describe it where its model or source is declared"


def test_the_pages_are_what_make_docs_writes(catalog: duckdb.DuckDBPyConnection) -> None:
    written = {path.name: path.read_text(encoding="utf-8") for path in PAGES.iterdir()}

    assert written == pages(catalog), "run `make docs`"


def test_a_column_is_told_with_its_type_meaning_and_source(
    catalog: duckdb.DuckDBPyConnection,
) -> None:
    page = pages(catalog)["core.md"]

    assert "| `ship_to_name` | varchar | " in page.split("\n## shipments\n")[1].split("\n## ")[0]
    assert " `ship_to.name` |" in page


def test_the_diagram_has_every_table_and_an_arrow_for_each_reference() -> None:
    picture = diagram()
    names = {table.name for table in TABLES}
    references = [
        (entity.name, to)
        for entity in entities()
        for to in entity.names.values()
        if to in names and to != entity.name
    ]

    assert all(f">{name}</text>" in picture for name in names)
    assert picture.count('class="arrow"') == len(references) > len(names) / 2
