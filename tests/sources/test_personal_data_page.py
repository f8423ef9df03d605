"""The page of what is stored under ``hash`` and ``drop`` is the one that the allow-list makes."""

from __future__ import annotations

from pathlib import Path

import pytest

from shipsync.sources.allow_list import holds_buyers
from shipsync.sources.personal_data_page import page, undecided
from shipsync.sources.schema import Table
from shipsync.sources.tables import TABLES

PAGE = Path(__file__).parents[2] / "docs" / "personal-data.md"


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `make docs`"


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_the_allow_list_names_no_field_that_its_table_does_not_know(table: Table) -> None:
    assert undecided(table) == set()


def test_no_name_or_address_line_is_on_the_list() -> None:
    stored = page().split("## What is stored as it came")[1]
    for field in (
        "ship_to.name",
        "phone",
        "email",
        "address_line1",
        "custom_field1",
        "signer",
        "notes",
    ):
        assert field not in stored
    assert {table.name for table in TABLES if holds_buyers(table.name)} >= {"shipments", "labels"}
