"""The translated models in a real Postgres, on tables as published: every value is that of DuckDB."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from dialects.odd_rows import odd_shop
from dialects.postgres_models import compared, database_of, made_by_statements
from examples.orchestrator import environment
from export.conftest import PASSWORD, Server
from metrics.test_against_the_account import lived
from played_demo import Demo
from shipsync.dialects.compiled import Compiled
from shipsync.dialects.package import Package, PackageReport, write_package
from shipsync.dialects.postgres import POSTGRES
from shipsync.emulator import Options
from shipsync.merchant import Merchant
from shipsync.publish.run import publish
from shipsync.publish.targets import target
from shipsync.warehouse.models import build

LONGEST_BUILD_SECONDS = 1200
# Together they have every rule in them, and stand on all tables but four.
TOLD = (
    "changes.shipments_gone",
    "metrics.carrier_performance",
    "metrics.delivery_exceptions",
    "metrics.shipping_cost",
    "metrics.stock_cover",
    "metrics.stock_unexplained",
    "tracking.carrier_reports",
    "tracking.number_affixes",
    "tracking.order_names",
    "tracking.orders",
    "tracking.timeline",
    "tracking.unknown_codes",
)


def profile(server: Server, database: str) -> dict[str, object]:
    target = {
        "type": "postgres",
        "host": "127.0.0.1",
        "port": server.port,
        "user": "shipsync",
        "password": "{{ env_var('POSTGRES_PASSWORD') }}",
        "dbname": database,
        "schema": "shop",
        "threads": 2,
    }
    return {POSTGRES.project: {"target": "dev", "outputs": {"dev": target}}}


def built_on_postgres(
    python: Path, server: Server, name: str, database: Path, folder: Path
) -> tuple[int, list[str], PackageReport]:
    """Publishes what the package reads, builds it by dbt, and compares every model with DuckDB's."""
    report = write_package(folder / "package", Merchant(), POSTGRES)
    (folder / "profiles").mkdir(parents=True)
    (folder / "profiles" / "profiles.yml").write_text(json.dumps(profile(server, name)))
    with database_of(server, name) as url:
        publish(database, target(url), tables=report.sources)
        words = ["build", "--project-dir", "package", "--profiles-dir", "profiles"]
        done = subprocess.run(
            [str(python.with_name("dbt")), *words],
            cwd=folder,
            # The session's zone is far from UTC, so that no value may rest on it.
            env=os.environ | {"POSTGRES_PASSWORD": PASSWORD, "PGTZ": "America/New_York"},
            capture_output=True,
            text=True,
            check=False,
            timeout=LONGEST_BUILD_SECONDS,
        )
        assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-3000:]
        rows, differing = compared(database, url, report.models, folder)
    return rows, differing, report


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory, server: Server) -> Path:
    """An environment of its own for dbt-postgres; none where there is no Postgres."""
    return environment(
        tmp_path_factory.mktemp("environment") / "dbt_postgres",
        "dbt-core>=1.11,<1.12",
        "dbt-postgres>=1.10,<1.12",
    )


def test_models_of_every_kind_are_those_of_duckdb(
    server: Server, demo: Demo, found: Compiled, tmp_path: Path
) -> None:
    package = Package(found, POSTGRES)
    with database_of(server, "told") as url:
        publish(demo.database, target(url), tables=sorted(package.sources))
        made = made_by_statements(url, package.files(), list(package.translated))
        rows, differing = compared(demo.database, url, TOLD, tmp_path)
    assert differing == []
    assert made == len(package.translated) >= 93
    assert rows > 2_000


@pytest.mark.longest
def test_every_value_of_every_model_is_that_of_duckdb(
    python: Path, server: Server, demo: Demo, tmp_path: Path
) -> None:
    rows, differing, report = built_on_postgres(python, server, "demo", demo.database, tmp_path)
    assert differing == []
    assert len(report.models) >= 93
    assert rows > 30_000


@pytest.mark.longest
@pytest.mark.xdist_group("dbt")
def test_a_month_with_faults_is_told_the_same(python: Path, server: Server, tmp_path: Path) -> None:
    """Shipments merge and go, parcels come back, clocks go forward, and some answers are lost."""
    options = Options.observed(max_page_size=100, tracks_further_boxes=False, return_labels=True)
    shop = lived(tmp_path, days=31, builds=(12, 31), seed=11, options=options)
    # What grows on DuckDB keeps a shipment that went without a label until then.
    build(shop.database, now=shop.syncs[-1].at, run_tests=False, full_refresh=True)
    rows, differing, _ = built_on_postgres(
        python, server, "month", shop.database, tmp_path / "postgres"
    )
    assert differing == []
    assert rows > 20_000


@pytest.mark.slow
@pytest.mark.xdist_group("dbt")
def test_odd_rows_are_told_the_same(python: Path, server: Server, tmp_path: Path) -> None:
    """Each row would show one of the differences that raise no error."""
    database = tmp_path / "shop.duckdb"
    odd_shop(database)
    rows, differing, _ = built_on_postgres(python, server, "odd", database, tmp_path)
    assert differing == []
    assert rows > 1_500
