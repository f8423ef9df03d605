"""Nothing raw is lost on the way, and nothing built is left undescribed."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from shipsync.sources.schema import Table
from shipsync.sources.tables import TABLES
from shipsync.warehouse.sql_project import sql_dir
from sql.story import Story

pytestmark = pytest.mark.xdist_group("dbt")


def _yml_files() -> list[Path]:
    folders = (sql_dir() / "models", sql_dir() / "seeds")
    return [path for folder in folders for path in folder.rglob("*.yml")]


@cache
def described() -> dict[str, dict[str, Any]]:
    """Every model that a yml file describes, by its name."""
    files = [yaml.safe_load(path.read_text()) for path in _yml_files()]
    kinds = ("models", "seeds")
    models = [
        m for content in files for kind in kinds for m in content.get(kind, []) if "name" in m
    ]
    return {model["name"]: model for model in models}


MODELS = sorted(
    path.stem
    for path in (*(sql_dir() / "models").rglob("*.sql"), *(sql_dir() / "seeds").glob("*.csv"))
)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_raw_column_reaches_staging(table: Table) -> None:
    text = (sql_dir() / "models" / "staging" / f"stg_{table.name}.sql").read_text()
    missing = [name for name in table.arrow_schema.names if not re.search(rf"\b{name}\b", text)]
    # The mark of a parent without lines is used up by the load.
    assert set(missing) <= {"is_removed"}


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_raw_table_is_a_source_with_all_its_columns(table: Table) -> None:
    content = yaml.safe_load((sql_dir() / "models" / "staging" / "_sources.yml").read_text())
    sources = {source["name"]: source for source in content["sources"][0]["tables"]}
    source = sources[table.name]
    assert "One row per" in source["description"]
    described = [column["name"] for column in source["columns"]]
    assert list(table.arrow_schema.names) == [
        name for name in described if not name.startswith("_dlt")
    ]
    assert all(column["description"] and column["data_type"] for column in source["columns"])


def test_the_description_ends_in_the_grain() -> None:
    endings = {name: model["description"].split(". ")[-1] for name, model in described().items()}
    wrong = {name: ending for name, ending in endings.items() if not ending.startswith("One row")}
    assert wrong == {}
    assert sorted(described()) == MODELS


def test_columns_are_described_as_they_are(story: Story) -> None:
    found: dict[str, list[str]] = {}
    for row in story.rows(
        """
        select table_name, column_name from information_schema.columns
        where table_schema in ('staging', 'core', 'changes', 'reverse', 'tracking', 'metrics')
            and table_name not in ('as_of', 'processed_loads', 'taken_loads')
        order by table_name, ordinal_position
        """
    ):
        found.setdefault(row["table_name"], []).append(row["column_name"])
    wanted = {
        name: [column["name"] for column in model["columns"]] for name, model in described().items()
    }
    assert found == wanted
    assert all(
        column["description"] for model in described().values() for column in model["columns"]
    )


METRICS = sorted(path.stem for path in (sql_dir() / "models" / "metrics").glob("*.sql"))


@pytest.mark.parametrize("name", METRICS)
def test_a_mart_says_what_its_numbers_are(name: str) -> None:
    """Pages, documentation and tools read these: nothing here may be left out."""
    model = described()[name]
    assert set(model["config"]["meta"]) == {"grain", "caveat", "coverage"}
    assert model["description"].rstrip().endswith(model["config"]["meta"]["grain"])
    metrics = [column for column in model["columns"] if "config" in column]
    assert metrics or name == "pipeline_health"
    for column in metrics:
        assert set(column["config"]["meta"]) == {"unit", "formula", "caveat", "coverage"}


@pytest.mark.parametrize("name", METRICS)
def test_a_mart_fits_two_screens_and_has_a_case_worked_out_by_hand(name: str) -> None:
    folder = sql_dir() / "models" / "metrics"
    assert len((folder / f"{name}.sql").read_text().splitlines()) <= 120
    cases = yaml.safe_load((folder / "unit_tests.yml").read_text())["unit_tests"]
    assert name in {case["model"] for case in cases}
