"""A failure in each step of dlt's: it is told with stream and cause, and the next run makes up for it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from parameters import quickly
from shipsync.emulator import Account, serve
from shipsync.emulator.simulation.seed import seed_account
from warehouse.failing_files import STEPS

TESTS = Path(__file__).parents[1]
SHIPMENTS = 30


class Shop:
    """An account on loopback, the folder of its database, and commands in processes of their own."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        self.environment = {
            **os.environ,
            "PYTHONPATH": str(TESTS),
            "SOURCES__SHIPSTATION__API_KEY": "emulator-key",
            "SOURCES__SHIPSTATION__BASE_URL": url,
            "SOURCES__SHIPSTATION__REQUESTS_PER_MINUTE": "1000000",
        }

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    def sync(self, *streams: str, failing: tuple[str, str] | None = None) -> tuple[int, str]:
        """The exit code of a sync and what it said."""
        only = [word for name in streams for word in ("--only", name)]
        failing = failing or ("nowhere", "SIGINT")
        done = self.run("-m", "warehouse.failing_files", *failing, "sync", *only)
        return done.returncode, done.stderr

    def query(self, sql: str) -> list[tuple[object, ...]]:
        with duckdb.connect(str(self.folder / "data" / "default.duckdb")) as con:
            return con.execute(sql).fetchall()


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    account = Account(seed=3, api_keys=("emulator-key",))
    seed_account(account, shipments=SHIPMENTS)
    with serve(account) as served:
        yield Shop(tmp_path, served.url)


def assert_made_up_for(shop: Shop) -> None:
    """The next run leaves each shipment there once, and the one after it finds nothing new."""
    assert shop.sync("shipments")[0] == 0
    counts = "select count(*), count(distinct shipment_id) from raw.shipments"
    assert shop.query(counts) == [(SHIPMENTS, SHIPMENTS)]
    lines = shop.query("select shipment_id, item_index from raw.shipment_items")
    assert len(lines) == len(set(lines)) > 0
    assert shop.sync("shipments")[0] == 0
    assert shop.query(counts) == [(SHIPMENTS, SHIPMENTS)]
    left = (shop.folder / "data" / "default.duckdb.dlt").glob("*/load/normalized/*")
    assert list(left) == []


CASES = [
    (step, action)
    for step in STEPS
    if step != "nowhere"
    for action in ("ENOSPC", "EACCES", "SIGINT", "SIGTERM")
]
QUICK = [("extract", "ENOSPC"), ("normalize", "SIGINT"), ("load", "SIGTERM")]


@pytest.mark.parametrize("failing", quickly(QUICK, CASES))
def test_it_is_told_plainly_and_made_up_for(shop: Shop, failing: tuple[str, str]) -> None:
    assert shop.sync("tags")[0] == 0
    code, said = shop.sync("shipments", failing=failing)
    assert "with exception:" not in said
    assert "Traceback" not in said
    _, action = failing
    if action == "SIGINT":
        assert (code, said.count("Interrupted.")) == (130, 1)
    elif action == "SIGTERM":
        assert code in (130, 143, -15)
    else:
        assert code == 1
        words = "The disk is full" if action == "ENOSPC" else "can't be used: Permission denied"
        assert words in said
        assert "default.duckdb.dlt" in said, "the file is named"
    assert_made_up_for(shop)


def test_rows_that_a_column_cannot_take_are_named_with_the_cause(shop: Shop) -> None:
    assert shop.sync("tags")[0] == 0
    shop.query("alter table raw.shipments alter column shipment_status type integer")
    code, said = shop.sync("shipments", "tags")
    assert code == 1
    assert f"{SHIPMENTS} rows of stream shipments, se-" in said
    assert "Could not convert string" in said
    assert "with exception:" not in said
    assert said.count("could not be loaded into") == 1
    shop.query("alter table raw.shipments alter column shipment_status type varchar")
    assert_made_up_for(shop)


LIMITED = (
    "import resource, sys; limit = int(sys.argv[1]); "
    "resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)); "
    "from shipsync.cli import boundary; sys.exit(boundary.run(sys.argv[2:]))"
)


@pytest.mark.parametrize("room", quickly([60_000], [0, 1_000, 20_000, 60_000, 300_000]))
def test_a_disk_that_is_full_is_told_as_such(shop: Shop, room: int) -> None:
    assert shop.sync("tags")[0] == 0
    size = (shop.folder / "data" / "default.duckdb").stat().st_size
    done = shop.run("-c", LIMITED, str(size + room), "sync", "--only", "shipments")
    assert done.returncode in (0, 1)
    if done.returncode:
        assert "The disk is full" in done.stderr
    assert "with exception:" not in done.stderr
    assert_made_up_for(shop)
