"""A command line run in this process, an emulated account on loopback, a database made by the demo."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest

from played_demo import Demo as Demo
from shipsync import job
from shipsync.api.session import Session
from shipsync.cli import boundary
from shipsync.connection import Connection, Secret
from shipsync.emulator import Account, Transport, serve
from shipsync.emulator.simulation.seed import seed_account
from shipsync.warehouse.database import connect

KEY = "a-key-that-nobody-may-see"
HELD = frozenset({"tags", "inventory_levels", "inventory_warehouses", "inventory_locations"})


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
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder, and an environment that names no account."""
    monkeypatch.chdir(tmp_path)
    for variable in [name for name in os.environ if name.startswith("SOURCES__")]:
        monkeypatch.delenv(variable)
    return tmp_path


@pytest.fixture
def run(folder: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs ``shipsync`` with the given words in ``folder``; no output of it may hold the key."""

    def run(*words: str | Path, **environ: str) -> Outcome:
        capsys.readouterr()
        code = boundary.run([str(word) for word in words], environ)
        outcome = Outcome(code, *capsys.readouterr())
        assert KEY not in outcome.out + outcome.err
        return outcome

    return run


@pytest.fixture
def set_connection(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Sets settings of the default connection in the environment, upper case names."""

    def set_connection(**values: object) -> None:
        for name, value in values.items():
            monkeypatch.setenv(f"SOURCES__SHIPSTATION__{name.upper()}", str(value))

    return set_connection


@pytest.fixture
def account(set_connection: Callable[..., None]) -> Iterator[Account]:
    """A small account on loopback, which the default connection points at."""
    account = Account(seed=3, api_keys=(KEY,))
    seed_account(account, shipments=30)
    with serve(account) as served:
        set_connection(
            api_key=KEY,
            base_url=served.url,
            requests_per_minute=100_000,
            tracking_calls_per_run=5,
        )
        yield account


@pytest.fixture
def database(demo: Demo, folder: Path) -> Path:
    """A copy of the demo's database, which may be changed."""
    return Path(shutil.copy(demo.database, folder / "shop.duckdb"))


@pytest.fixture(scope="session")
def synced(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a database that holds the tags and the stock of an account, as a sync leaves it."""
    folder = tmp_path_factory.mktemp("synced")
    account = Account()
    seed_account(account, shipments=0)
    connection = Connection("default", Secret("emulator-key"), folder / "default.duckdb")
    with Session(connection, transport=Transport(account)) as session:
        job.sync(connection, session, job.Scope(only=HELD))
    return folder


@pytest.fixture
def held(synced: Path, account: Account, folder: Path) -> Path:
    """The database of the default connection, which holds tags and stock."""
    shutil.copytree(synced, folder / "data")
    return folder / "data" / "default.duckdb"


@pytest.fixture
def unchanged(held: Path) -> Iterator[Path]:
    """The same, which must be byte by byte what it was when the test is over."""
    before = hashlib.sha256(held.read_bytes()).hexdigest()
    yield held
    assert hashlib.sha256(held.read_bytes()).hexdigest() == before


def rows(database: Path, table: str) -> int:
    with connect(database, read_only=True) as con:
        return len(con.table(f"raw.{table}").fetchall())


def lines(text: str) -> list[list[str]]:
    """The cells of what a command printed into a pipe, line by line."""
    return [line.split("\t") for line in text.splitlines()]
