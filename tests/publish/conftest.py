"""The server and the database of the exports' tests, and a shop whose tables have dates and children."""

from __future__ import annotations

from collections.abc import Callable, Iterator
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


@pytest.fixture
def configure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Makes a text dlt's configuration, as ``.dlt/secrets.toml`` of the folder to work in."""
    from dlt.common.configuration.container import Container
    from dlt.common.configuration.specs.pluggable_run_context import PluggableRunContext

    def made(content: str) -> None:
        folder = tmp_path / ".dlt"
        folder.mkdir()
        (folder / "secrets.toml").write_text(content)
        monkeypatch.chdir(tmp_path)
        # dlt reads its files once for each process.
        Container()[PluggableRunContext].reload_providers()

    yield made
    monkeypatch.undo()
    Container()[PluggableRunContext].reload_providers()
