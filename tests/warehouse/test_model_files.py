"""The models of staging and core are what the raw tables' declarations say."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from shipsync.sources.schema import Table
from shipsync.sources.tables import TABLES
from shipsync.warehouse.model_files import ModelFiles, stale_files
from shipsync.warehouse.sql_project import sql_dir

EVERY_TABLE = pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
# Events that carriers repeat are told once: core/tracking_events.sql is written by hand.
BY_HAND = {"tracking_events"}


def test_no_file_is_stale_and_none_is_left_over() -> None:
    stale = sorted(stale_files(sql_dir()))
    assert stale == [], f"{', '.join(stale)}: run `make models`"
    written = set(ModelFiles().all()) | {f"models/core/{name}.sql" for name in BY_HAND}
    found = {
        path.relative_to(sql_dir()).as_posix()
        for folder in ("staging", "core")
        for path in (sql_dir() / "models" / folder).iterdir()
    }
    assert found <= written


def test_a_changed_column_makes_files_stale(tmp_path: Path) -> None:
    for name, text in ModelFiles().all().items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text.replace("label_status", "status_of_label"))
    assert sorted(stale_files(tmp_path)) == [
        "models/core/labels.yml",
        "models/staging/stg_labels.sql",
    ]


@EVERY_TABLE
def test_every_column_is_described_and_named_once(table: Table) -> None:
    names = [column.standard for column in (*table.columns, *table.derived)]
    assert [name for name, count in Counter(names).items() if count > 1] == []
    assert all(column.about.strip() for column in (*table.columns, *table.derived))
    assert table.about.endswith(".")
    assert table.one.split(" ")[0] in ("a", "an")


@EVERY_TABLE
def test_keys_and_references_are_columns(table: Table) -> None:
    assert set(table.key) <= {column.name for column in table.columns} | {"event_key"}
    standard = {column.standard for column in (*table.columns, *table.derived)}
    assert set(table.refers_to) <= standard
    assert set(table.refers_to.values()) <= {other.name for other in TABLES}
