"""The translated models in a real Spark, on tables as they are published: every value is that of DuckDB."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import duckdb
import pytest
from deltalake import DeltaTable

from dialects.equality import differences
from dialects.odd_rows import odd_shop
from examples.orchestrator import environment
from metrics.test_against_the_account import lived
from played_demo import Demo
from shipsync.dialects.package import PackageReport, write_package
from shipsync.dialects.spark import SPARK
from shipsync.emulator import Options
from shipsync.merchant import Merchant
from shipsync.publish.run import publish
from shipsync.publish.targets import target
from shipsync.warehouse.models import build

PROGRAM = Path(__file__).with_name("spark_build.py")
PROFILE = {
    "shipsync_spark": {
        "target": "dev",
        "outputs": {
            "dev": {
                "type": "spark",
                "method": "session",
                "schema": "shop",
                "host": "NA",
                "threads": 1,
            }
        },
    }
}
LONGEST_BUILD_SECONDS = 3600


def spark_python(folder: Path) -> Path:
    if shutil.which("java") is None:
        pytest.skip(
            "NOT RUN ON SPARK: java is missing here (Debian: apt-get install default-jre-headless)"
        )
    return environment(
        folder / "spark", "pyspark>=4,<5", "dbt-core>=1.11,<1.12", "dbt-spark>=1.11,<1.12"
    )


def built_on_spark(
    python: Path, database: Path, folder: Path, master: str, zone: str
) -> PackageReport:
    """Publishes what the package reads into Delta and builds it; ``built`` has each model as Parquet."""
    report = write_package(folder / "package", Merchant(), SPARK)
    lake = folder / "lake"
    publish(database, target(f"delta:{lake}"), tables=report.sources)
    (folder / "profiles").mkdir(parents=True)
    (folder / "profiles" / "profiles.yml").write_text(json.dumps(PROFILE))
    # Delta's own reader for Spark is no Python package: the files are those that the last version names.
    tables = {}
    for name in report.sources:
        table = DeltaTable(str(lake / name.replace(".", "/")))
        tables[name] = (table.schema().to_json(), table.file_uris())
    given = {
        "master": master,
        "zone": zone,
        "package": str(folder / "package"),
        "profiles": str(folder / "profiles"),
        "warehouse": str(folder / "warehouse"),
        "built": str(folder / "built"),
        "tables": tables,
        "models": report.models,
    }
    (folder / "given.json").write_text(json.dumps(given))
    done = subprocess.run(
        [str(python), str(PROGRAM), str(folder / "given.json")],
        cwd=folder,
        env=os.environ
        | {
            "DO_NOT_TRACK": "1",
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
            "SPARK_LOCAL_IP": "127.0.0.1",
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=LONGEST_BUILD_SECONDS,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-3000:]
    return report


def compared(database: Path, report: PackageReport, built: Path) -> tuple[int, list[str]]:
    """The rows of all models, and what differs."""
    differing, rows = [], 0
    with duckdb.connect(str(database), read_only=True) as con:
        con.execute("set timezone = 'UTC'")
        for name in report.models:
            rows += con.execute(f"select count(*) from {name}").fetchall()[0][0]  # noqa: S608
            differing += differences(con, name, f"read_parquet('{built / name}/*.parquet')")
    return rows, differing


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment of its own for Spark."""
    return spark_python(tmp_path_factory.mktemp("environment"))


@pytest.mark.longest
def test_every_value_of_every_model_is_that_of_duckdb(
    python: Path, demo: Demo, tmp_path: Path
) -> None:
    report = built_on_spark(python, demo.database, tmp_path, "local[2]", "America/New_York")
    rows, differing = compared(demo.database, report, tmp_path / "built")
    assert differing == []
    assert len(report.models) >= 93
    assert rows > 30_000


@pytest.mark.longest
@pytest.mark.xdist_group("dbt")
def test_a_month_with_faults_is_told_the_same(python: Path, tmp_path: Path) -> None:
    """Shipments merge and go, parcels come back, clocks go forward, and some answers are lost."""
    options = Options.observed(max_page_size=100, tracks_further_boxes=False, return_labels=True)
    shop = lived(tmp_path, days=31, builds=(12, 31), seed=11, options=options)
    # What grows on DuckDB keeps a shipment that went without a label until then.
    build(shop.database, now=shop.syncs[-1].at, run_tests=False, full_refresh=True)
    report = built_on_spark(
        python, shop.database, tmp_path / "spark", "local[2]", "America/New_York"
    )
    rows, differing = compared(shop.database, report, tmp_path / "spark" / "built")
    assert differing == []
    assert rows > 20_000


@pytest.mark.slow
@pytest.mark.xdist_group("dbt")
def test_odd_rows_are_told_the_same(python: Path, tmp_path: Path) -> None:
    """Each row would show one of the differences that raise no error; two executors work on them."""
    database = tmp_path / "shop.duckdb"
    odd_shop(database)
    report = built_on_spark(
        python, database, tmp_path, "local-cluster[2,1,1024]", "Pacific/Auckland"
    )
    rows, differing = compared(database, report, tmp_path / "built")
    assert differing == []
    assert rows > 1_500
