from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from shipsync.emulator import Account, Options, serve
from shipsync.emulator.simulation.seed import seed_account
from shipsync.emulator.simulation.simulation import Simulation
from truth.served_shop import ForkServer, ServedShop
from truth.synced_shop import START, Shop

TESTS = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def fork_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ForkServer]:
    """One for all tests."""
    command = [sys.executable, "-m", "truth.fork_server", str(tmp_path_factory.mktemp("scratch"))]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, cwd=TESTS, text=True, **pipes) as process:  # type: ignore[call-overload]
        yield ForkServer(process)
        process.stdin.close()


@pytest.fixture
def served(
    tmp_path: Path, fork_server: ForkServer, request: pytest.FixtureRequest
) -> Iterator[ServedShop]:
    """A shop of which nothing is held yet; the test's parameter is its seed, or seed and options."""
    seed, given = request.param if isinstance(request.param, tuple) else (request.param, None)
    # The journal knows the tracking of labels, not of their further boxes.
    options = given or Options(tracks_further_boxes=False)
    account = Account(seed=seed, options=options, start=START)
    seed_account(account, shipments=90, days=12)
    simulation = Simulation(account, orders_per_day=12)
    with serve(account) as server:
        yield ServedShop(Shop(account, tmp_path), simulation, fork_server, server.url, seed)
