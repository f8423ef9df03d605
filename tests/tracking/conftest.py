"""A database to hold rows in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from shipsync.warehouse.database import connect


@pytest.fixture
def database(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """An empty database in memory's speed, but a file, as `track` opens it."""
    with connect(tmp_path / "held.duckdb") as con:
        yield con
