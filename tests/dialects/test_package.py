"""The whole package is made for each engine, and every model of it is SQL that sqlglot reads as its."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest
import sqlglot
import yaml
from sqlglot import exp

from shipsync.dialects.compiled import Compiled
from shipsync.dialects.engines import DIALECTS
from shipsync.dialects.package import LEFT_OUT, Package, PackageReport, write_package
from shipsync.dialects.spark import SPARK
from shipsync.errors import UsageError
from shipsync.merchant import Merchant
from shipsync.warehouse.sql_project import sql_dir

pytestmark = pytest.mark.xdist_group("dbt")

DOCS = Path(__file__).parents[2] / "docs"
# What the packages use, each known to be the engine's; no engine was asked.
FUNCTIONS = {
    "snowflake": {
        *(
            "ARRAY_SIZE",
            "AS",
            "BOOLAND_AGG",
            "BOOLOR_AGG",
            "CAST",
            "CEIL",
            "COALESCE",
            "CONVERT_TIMEZONE",
        ),
        *(
            "COUNT",
            "DATEADD",
            "DATEDIFF",
            "DATE_PART",
            "DECIMAL",
            "EXISTS",
            "EXCLUDE",
            "FLOOR",
            "GET",
        ),
        *(
            "GREATEST_IGNORE_NULLS",
            "IN",
            "JSON_EXTRACT_PATH_TEXT",
            "LAG",
            "LEAST_IGNORE_NULLS",
            "LEFT",
        ),
        *("LENGTH", "LOWER", "LPAD", "LTRIM", "MAX", "MIN", "NULLIF", "OBJECT_CONSTRUCT", "OVER"),
        *(
            "PERCENTILE_CONT",
            "POWER",
            "REGEXP_LIKE",
            "REGEXP_REPLACE",
            "REGEXP_SUBSTR",
            "ROW_NUMBER",
        ),
        *(
            "SPLIT_PART",
            "SQRT",
            "STARTSWITH",
            "SUM",
            "TIMESTAMP_TZ_FROM_PARTS",
            "TO_JSON",
            "TRANSLATE",
        ),
        *("TRIM", "TRUNC", "TRY_TO_DATE", "TRY_TO_TIMESTAMP_NTZ"),
    },
    "bigquery": {
        *(
            "ARRAY_LENGTH",
            "CAST",
            "CEIL",
            "COALESCE",
            "CONCAT",
            "COUNT",
            "DATE",
            "DATE_DIFF",
            "DIV",
        ),
        *(
            "EXISTS",
            "EXCEPT",
            "FLOOR",
            "GREATEST",
            "IF",
            "IN",
            "JSON_QUERY_ARRAY",
            "JSON_VALUE",
            "LAG",
            "LEAST",
        ),
        *(
            "LEFT",
            "LENGTH",
            "LOGICAL_AND",
            "LOGICAL_OR",
            "LOWER",
            "LTRIM",
            "MAX",
            "MIN",
            "MOD",
            "NULLIF",
        ),
        *("POWER", "REGEXP_CONTAINS", "REGEXP_REPLACE", "ROUND", "ROW_NUMBER", "SAFE_CAST"),
        *("SAFE_OFFSET", "SPLIT", "SQRT", "STARTS_WITH", "STRUCT", "SUM", "TIMESTAMP"),
        *("TIMESTAMP_MICROS", "TRANSLATE", "TRIM", "UNIX_MICROS", "UNNEST"),
    },
}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, PackageReport]:
    folder = tmp_path_factory.mktemp("spark") / "package"
    return folder, write_package(folder, Merchant(timezone="Asia/Tokyo", sla_hours=31), SPARK)


@pytest.fixture(scope="module")
def packages(found: Compiled) -> Mapping[str, Package]:
    """The package for each engine, by the engine's name."""
    return {name: Package(found, dialect) for name, dialect in DIALECTS.items()}


@pytest.mark.parametrize("engine", DIALECTS)
def test_every_model_is_translated_or_left_out_by_name(
    packages: Mapping[str, Package], engine: str
) -> None:
    package = packages[engine]
    models = {f"{file.parent.name}.{file.stem}" for file in (sql_dir() / "models").rglob("*.sql")}
    seeds = {"tracking.tracking_codes", "tracking.tracking_states"}
    assert set(package.translated) | set(package.left_out) == models | seeds
    named = {**LEFT_OUT, **DIALECTS[engine].left_out}
    others = {name: why for name, why in package.left_out.items() if name not in named}
    assert all(why.endswith("which is left out") for why in others.values()), others


@pytest.mark.parametrize("engine", DIALECTS)
def test_each_is_sql_of_its_engine_that_reads_what_the_package_has(
    packages: Mapping[str, Package], engine: str
) -> None:
    package = packages[engine]
    files = package.files()
    known = {name.split(".")[1] for name in package.translated}
    for name in package.translated:
        text = files[f"models/{name.replace('.', '/')}.sql"]
        read = re.findall(r"{{ (ref|source)\('(\w+)'(?:, '(\w+)')?\) }}", text)
        for word, first, second in read:
            assert (first in known) if word == "ref" else (f"{first}.{second}" in package.sources)
        config, _, body = text.partition("\n")
        assert f"schema='{name.split('.')[0]}'" in config
        plain = re.sub(r"{{.*?}}", "some_table", body)
        (tree,) = sqlglot.parse(plain, dialect=DIALECTS[engine].writer)
        assert tree is not None, name
        assert not tree.find(exp.Command), name


@pytest.mark.parametrize("engine", FUNCTIONS)
def test_an_engine_that_was_not_asked_has_every_construct(
    packages: Mapping[str, Package], engine: str
) -> None:
    """What no engine was asked for: its functions are known, and what is known to be missing is not used."""
    for name, text in packages[engine].translated.items():
        plain = re.sub(r"{{.*?}}", "some_table", text)
        outside = re.sub(r"'(?:[^'\\]|\\.)*'", "''", plain)
        assert set(re.findall(r"\b([A-Z_][A-Z_0-9]*)\(", outside)) <= FUNCTIONS[engine], name
        tree = sqlglot.parse_one(plain, dialect=engine)
        assert not tree.find(exp.Filter, exp.Interval, exp.AtTimeZone, exp.IgnoreNulls), name
        assert not [one for one in tree.find_all(exp.Join) if one.kind in ("SEMI", "ANTI")], name
        assert "MATERIALIZED" not in outside, name


def test_the_page_tells_what_holds_for_each_model(packages: Mapping[str, Package]) -> None:
    text = (DOCS / "dialects.md").read_text("utf-8")
    for engine, package in packages.items():
        adapters = DIALECTS[engine].adapters
        held, missing = len(package.translated), len(package.left_out)
        assert f"| `{engine}` | {adapters} | {held} | {missing} | " in text
    rows = {
        cells[0].strip("` "): [cell.strip() for cell in cells[1:]]
        for line in text.splitlines()
        if line.startswith("| `") and "." in (cells := line.strip("| ").split("|"))[0]
    }
    missing_somewhere = {name for package in packages.values() for name in package.left_out}
    assert set(rows) == missing_somewhere
    for name, cells in rows.items():
        told = [cell != "" for cell in cells] + [False] * (len(packages) - len(cells))
        assert told == [name in package.left_out for package in packages.values()], name
    for dialect in DIALECTS.values():
        for name in dialect.left_out:
            assert name.split(".")[1] in text.partition("|\n\nEvents are")[2], name


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
        # Written again, it is the same file.
        assert [one["name"] for one in models] == sorted(one["name"] for one in models)
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
        write_package(tmp_path, Merchant(), SPARK)
    with pytest.raises(UsageError, match="is a file"):
        write_package(tmp_path / "dbt_project.yml", Merchant(), SPARK)
    assert (tmp_path / "models" / "mine.sql").read_text() == "select 1"
    folder, report = written
    stale = folder / "models" / "core" / "stale.sql"
    stale.write_text("select 1")
    assert write_package(folder, Merchant(), SPARK).models == report.models
    assert not stale.exists()
