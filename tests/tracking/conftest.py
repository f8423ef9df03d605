"""Databases to ask: one that a test fills itself, and one that holds every situation."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from shipsync.warehouse.database import connect
from tracking.cases import hold_cases
from tracking.situations import CASES


@pytest.fixture
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    """An empty database in memory."""
    with duckdb.connect() as con:
        con.execute("set timezone = 'UTC'")
        yield con


@pytest.fixture(scope="session")
def situations_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with an order in each situation, its number the situation's name; closed."""
    file = tmp_path_factory.mktemp("situations") / "situations.duckdb"
    with connect(file) as con:
        hold_cases(con, list(CASES.values()))
    return file


@pytest.fixture
def situations(situations_file: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The same, open to read."""
    with connect(situations_file, read_only=True) as con:
        yield con
