"""``shipsync models``: a package of the models for another engine, without a database and without a key."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from cli.conftest import Run
from shipsync.cli.models import Dialect
from shipsync.dialects.engines import DIALECTS

pytestmark = pytest.mark.xdist_group("dbt")


def test_it_writes_a_package_with_the_settings_and_tells_what_is_left_out(
    run: Run, folder: Path, set_connection: Callable[..., None]
) -> None:
    set_connection(timezone="Europe/Vienna")
    ran = run("models", "--dialect", "spark", "lake_models", "--json")
    assert ran.code == 0, ran.err
    assert ran.json["dialect"] == "spark"
    assert "metrics.carrier_performance" in ran.json["models"]
    assert "changes.events" in ran.json["sources"]
    assert "as published" in ran.json["left_out"]["changes.events"]
    text = (folder / "lake_models" / "models" / "metrics" / "sales_daily.sql").read_text("utf-8")
    assert "'Europe/Vienna'" in text
    assert not (folder / "data").exists()


def test_a_folder_with_something_else_is_left_alone(run: Run, folder: Path) -> None:
    (folder / "mine.txt").write_text("mine")
    ran = run("models", "--dialect", "spark", ".")
    assert ran.code == 2
    assert "holds something else" in ran.err
    assert [file.name for file in folder.iterdir()] == ["mine.txt"]


def test_every_dialect_can_be_named() -> None:
    assert [one.value for one in Dialect] == list(DIALECTS)
