"""The commands for stock, run as a person runs them, on a shop that is served on loopback."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest

from reverse.stock_shop import Shop, open_shop
from shipsync import clock
from shipsync.cli import boundary
from shipsync.emulator import serve

FILE = """sku,location,action,quantity,key
A-1,Main,,25,count-1
A-2,Main,increment,5,delivery-1
A-3,Main,,10,count-3
A-4,Cellar,,10,count-4
"""


@dataclass(frozen=True)
class Outcome:
    """What one command line came to."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output as the one JSON document it must be."""
        return orjson.loads(self.out)


Run = Callable[..., Outcome]


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """A shop on loopback that connection ``shop`` points at, observed just now by this machine."""
    shop = open_shop(tmp_path)
    with shop.connect() as con:
        con.execute("update ledger.stream_runs set finished_at = ?", [clock.now()])
    monkeypatch.chdir(tmp_path)
    for variable in [name for name in os.environ if name.startswith("SOURCES__")]:
        monkeypatch.delenv(variable)
    (tmp_path / "counts.csv").write_text(FILE)
    with serve(shop.account) as server:
        monkeypatch.setenv("SOURCES__SHIPSTATION__SHOP__API_KEY", "emulator-key")
        monkeypatch.setenv("SOURCES__SHIPSTATION__SHOP__BASE_URL", server.url)
        monkeypatch.setenv("SOURCES__SHIPSTATION__SHOP__REQUESTS_PER_MINUTE", "100000")
        yield shop


@pytest.fixture
def run(served: Shop, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs ``shipsync stock`` with the given words for the shop."""

    def run(*words: str | Path) -> Outcome:
        capsys.readouterr()
        where = ("--connection", "shop", "--database", str(served.connection.database))
        code = boundary.run(["stock", *(str(word) for word in words), *where], {})
        return Outcome(code, *capsys.readouterr())

    return run
