"""No column of the models changes without a build or a test that fails."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from shipsync.errors import ModelError
from shipsync.warehouse.contract import contract_text, described_columns, stale_contract
from shipsync.warehouse.sql_project import sql_dir

TAG = {"tag_id": "bigint", "name": "varchar"}


def describe(project: Path, columns: dict[str, str], *, version: int = 1) -> None:
    """A project with one model, as it is under ``version``."""
    (project / "models" / "core").mkdir(parents=True, exist_ok=True)
    model = {
        "name": "tags",
        "columns": [{"name": name, "data_type": kind} for name, kind in columns.items()],
    }
    (project / "models" / "core" / "tags.sql").write_text("select 1")
    (project / "models" / "core" / "tags.yml").write_text(yaml.safe_dump({"models": [model]}))
    variables = {"vars": {"shipsync": {"contract_version": version}}}
    (project / "dbt_project.yml").write_text(yaml.safe_dump(variables))


def keep(project: Path) -> str:
    """Write the contract as `make models` does, and give its text."""
    text = contract_text(project)
    (project / "contract.toml").write_text(text)
    return text


def test_the_contract_is_what_the_descriptions_say() -> None:
    assert stale_contract(sql_dir()) == {}, "sql/contract.toml: run `make models`"


def test_each_column_of_a_model_that_is_read_is_in_it() -> None:
    columns = described_columns(sql_dir())
    models = {
        f"{path.relative_to(sql_dir() / 'models').parts[0]}.{path.stem}"
        for path in (sql_dir() / "models").rglob("*.sql")
    }
    held = {name for name in models if name.split(".")[0] not in ("staging", "reverse")}
    assert set(columns) == held
    assert columns["core.shipments"]["ship_date"] == "date"
    assert columns["core.labels"]["shipment_cost"] == "decimal(18,4)"


def test_a_column_that_is_added_keeps_the_version(tmp_path: Path) -> None:
    describe(tmp_path, TAG)
    keep(tmp_path)
    describe(tmp_path, TAG | {"color": "varchar"})
    assert set(stale_contract(tmp_path)) == {"contract.toml"}
    assert '"color" = "varchar"' in keep(tmp_path)
    assert stale_contract(tmp_path) == {}


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"tag_id": "bigint"}, "core.tags.name is gone"),
        (TAG | {"tag_id": "varchar"}, "core.tags.tag_id was bigint and is varchar"),
        ({"tag_id": "bigint", "tag": "varchar"}, "core.tags.name is gone"),
    ],
)
def test_what_breaks_a_query_asks_for_a_higher_version(
    tmp_path: Path, columns: dict[str, str], said: str
) -> None:
    describe(tmp_path, TAG)
    keep(tmp_path)
    describe(tmp_path, columns)
    with pytest.raises(
        ModelError, match=rf"version 1 is broken: {said}\. Keep the column, or raise"
    ):
        stale_contract(tmp_path)
    describe(tmp_path, columns, version=2)
    assert "version = 2" in keep(tmp_path)


def test_a_model_that_goes_asks_for_one_too(tmp_path: Path) -> None:
    describe(tmp_path, TAG)
    keep(tmp_path)
    (tmp_path / "models" / "core" / "tags.yml").unlink()
    with pytest.raises(ModelError, match=r"core\.tags is gone"):
        stale_contract(tmp_path)


def test_a_column_needs_a_type(tmp_path: Path) -> None:
    describe(tmp_path, TAG)
    text = (tmp_path / "models" / "core" / "tags.yml").read_text()
    (tmp_path / "models" / "core" / "tags.yml").write_text(text.replace("data_type", "kind"))
    with pytest.raises(ModelError, match="column tag_id of tags has no data_type"):
        contract_text(tmp_path)
