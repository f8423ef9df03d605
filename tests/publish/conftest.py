"""The server and the database of the exports' tests, and a shop whose tables have dates and children."""

from __future__ import annotations

from pathlib import Path

import pytest

from export.conftest import database as database
from export.conftest import server as server
from shipsync.warehouse.database import connect


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """Shipments of three months, their lines and versions, events, and one of each kind of value."""
    file = tmp_path / "source" / "shop.duckdb"
    with connect(file) as con:
        con.execute((Path(__file__).parent / "shop.sql").read_text(encoding="utf-8"))
    return file
