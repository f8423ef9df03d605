from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from .shop import open_shop


@pytest.fixture
def con(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """An empty feed, open."""
    with open_shop(tmp_path) as con:
        yield con
