"""The whole package is made, and every model of it is SQL that sqlglot's Spark reads."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import sqlglot
import yaml

from shipsync.dialects.package import LEFT_OUT, PackageReport, write_package
from shipsync.errors import UsageError
from shipsync.merchant import Merchant
from shipsync.warehouse.sql_project import sql_dir

pytestmark = pytest.mark.xdist_group("dbt")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, PackageReport]:
    folder = tmp_path_factory.mktemp("spark") / "package"
    return folder, write_package(folder, Merchant(timezone="Asia/Tokyo", sla_hours=31))


def test_every_model_is_translated_or_left_out_by_name(
    written: tuple[Path, PackageReport],
) -> None:
    _, report = written
    models = {f"{file.parent.name}.{file.stem}" for file in (sql_dir() / "models").rglob("*.sql")}
    seeds = {"tracking.tracking_codes", "tracking.tracking_states"}
    assert set(report.models) | set(report.left_out) == models | seeds
    assert report.left_out == LEFT_OUT


def test_each_is_sql_of_spark_that_reads_what_the_package_has(
    written: tuple[Path, PackageReport],
) -> None:
    folder, report = written
    known = {name.split(".")[1] for name in report.models}
    for name in report.models:
        text = (folder / "models" / name.replace(".", "/")).with_suffix(".sql").read_text("utf-8")
        read = re.findall(r"{{ (ref|source)\('(\w+)'(?:, '(\w+)')?\) }}", text)
        for word, first, second in read:
            assert (first in known) if word == "ref" else (f"{first}.{second}" in report.sources)
        config, _, body = text.partition("\n")
        assert f"schema='{name.split('.')[0]}'" in config
        plain = re.sub(r"{{.*?}}", "some_table", body)
        (tree,) = sqlglot.parse(plain, dialect="spark")
        assert tree is not None, name
        assert not tree.find(sqlglot.exp.Command), name


def test_the_settings_are_in_the_sql(written: tuple[Path, PackageReport]) -> None:
    folder, _ = written
    text = (folder / "models" / "metrics" / "ship_sla.sql").read_text("utf-8")
    assert "'Asia/Tokyo'" in text
    assert "3600000000 * 31" in text
    assert "America/" not in text


def test_its_files_describe_what_is_there(written: tuple[Path, PackageReport]) -> None:
    folder, report = written
    described = []
    for file in (folder / "models").glob("*/models.yml"):
        models = yaml.safe_load(file.read_text("utf-8"))["models"]
        described += [f"{file.parent.name}.{one['name']}" for one in models]
        assert all(one["description"] for one in models)
    assert sorted(described) == sorted(report.models)
    sources = yaml.safe_load((folder / "models" / "sources.yml").read_text("utf-8"))["sources"]
    named = {f"{one['name']}.{table['name']}" for one in sources for table in one["tables"]}
    assert named == set(report.sources)


def test_it_replaces_what_it_wrote_and_nothing_else(
    written: tuple[Path, PackageReport], tmp_path: Path
) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "mine.sql").write_text("select 1")
    (tmp_path / "dbt_project.yml").write_text("name: shop")
    with pytest.raises(UsageError, match="holds something else"):
        write_package(tmp_path, Merchant())
    with pytest.raises(UsageError, match="is a file"):
        write_package(tmp_path / "dbt_project.yml", Merchant())
    assert (tmp_path / "models" / "mine.sql").read_text() == "select 1"
    folder, report = written
    stale = folder / "models" / "core" / "stale.sql"
    stale.write_text("select 1")
    assert write_package(folder, Merchant()).models == report.models
    assert not stale.exists()
