"""``kill -9`` at 50 instants of backfill, incremental runs and models: one clean run makes all right."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

import pytest

from shipsync.emulator import Account, serve
from shipsync.emulator.life import Life
from shipsync.emulator.seed import seed_account
from shipsync.warehouse.load import working_folder
from truth.comparison import compare_current
from truth.nursery import Ending, Order
from truth.shop import START, Shop
from truth.survivors import compare_events_held, compare_versions_held

pytestmark = pytest.mark.slow

TESTS = Path(__file__).parents[1]
_LOAD = "shipsync/load/normalized/#.#"
SEAMS = (
    "os.rename shipsync/load/new/#.#",
    "shutil.rmtree shipsync/normalize/extracted/#.#",
    "os.rmdir shipsync/normalize/extracted/#.#",
    f"os.rename {_LOAD}/started_jobs/shipments.#.#.parquet",
    f"os.rename {_LOAD}/new_jobs/shipments.#.#.sql",
    f"os.remove {_LOAD}/.pending_transitions/labels.#.#.sql",
    f"os.rename {_LOAD}/started_jobs/shipments.#.#.sql",
    f"os.rename {_LOAD}",
    "shutil.rmtree shipsync/load/loaded/#.#/completed_jobs",
)
"""What dlt does to the files of a package, in its order; a run is killed just before it does so."""


@dataclass
class Nursery:
    """The process that makes the runs; ``kills`` counts those it killed."""

    process: subprocess.Popen[str]
    kills: int = 0

    def attend(self, order: Order) -> Ending:
        """Make a run and tell how it ended."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(order.line())
        self.process.stdin.flush()
        ending = Ending(**json.loads(self.process.stdout.readline()))
        self.kills += ending.killed
        return ending


@pytest.fixture(scope="module")
def nursery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    """One for all tests of this module."""
    command = [sys.executable, "-m", "truth.nursery", str(tmp_path_factory.mktemp("scratch"))]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, cwd=TESTS, text=True, **pipes) as process:  # type: ignore[call-overload]
        yield Nursery(process)
        process.stdin.close()


@dataclass(frozen=True)
class Bounds:
    """Within what a run is killed: so many requests, files and seconds into it."""

    requests: int = 0
    files: int = 0
    seconds: float = 0


@dataclass
class Scene:
    """A shop served over HTTP, and runs of it that are killed."""

    shop: Shop
    life: Life
    nursery: Nursery
    url: str
    seed: int

    def order(self, action: str) -> Order:
        """A run that nobody kills."""
        return Order(action, str(self.shop.database), self.url)

    def clean(self, action: str = "run") -> Ending:
        """A run that nobody kills."""
        ending = self.nursery.attend(self.order(action))
        assert not ending.killed
        assert ending.error is None, ending.error
        return ending

    def kill(self, action: str, number: int, bounds: Bounds) -> Ending:
        """A run killed at an instant that the seed chooses: a request, a file, or a moment."""
        random = Random(f"{self.seed} {action} {number}")
        order = self.order(action)
        ways = ("after_files", "after_seconds", "after_requests")[: 2 if action == "build" else 3]
        match ways[number % len(ways)]:
            case "after_requests":
                order = replace(order, after_requests=random.randint(1, bounds.requests))
            case "after_files":
                order = replace(order, after_files=random.randint(1, bounds.files))
            case _:
                order = replace(order, after_seconds=random.uniform(0.02, bounds.seconds))
        return self.nursery.attend(order)

    def kill_often(
        self, action: str, bounds: Bounds, kills: int, *, days: float, forget_every: int = 0
    ) -> None:
        """Kill that many runs, with ``days`` of life before each.

        After every ``forget_every``-th, dlt's working folder is lost too. A run that ends before it is
        killed doesn't count.
        """
        killed = 0
        for number in range(3 * kills):
            self.life.live(days)
            ending = self.kill(action, number, bounds)
            assert ending.killed or ending.error is None, ending.error
            killed += ending.killed
            if forget_every and number % forget_every == forget_every - 1:
                shutil.rmtree(working_folder(self.shop.database), ignore_errors=True)
            if killed == kills:
                return
        raise AssertionError(f"seed {self.seed}: only {killed} of {3 * kills} runs were killed")

    def compare(self) -> None:
        """After a clean run: the database equals the account, and no event is lost or doubled."""
        where = f"seed {self.seed}"
        compare_current(self.shop, where)
        versions = compare_versions_held(self.shop, where)
        compare_events_held(self.shop, where, versions)


@pytest.fixture
def scene(tmp_path: Path, nursery: Nursery, request: pytest.FixtureRequest) -> Iterator[Scene]:
    """A shop of which nothing is held yet; the seed is the test's parameter."""
    account = Account(seed=request.param, start=START)
    seed_account(account, shipments=90, days=12)
    life = Life(account, orders_per_day=12)
    with serve(account) as served:
        yield Scene(Shop(account, tmp_path), life, nursery, served.url, request.param)


@pytest.mark.parametrize("scene", [31], indirect=True)
def test_killed_backfill(scene: Scene) -> None:
    bounds = Bounds(requests=20, files=700, seconds=1.5)
    scene.kill_often("sync", bounds, 17, days=1 / 24, forget_every=6)
    scene.clean()
    scene.compare()


@pytest.mark.parametrize("scene", [32], indirect=True)
def test_killed_incremental_runs(scene: Scene) -> None:
    scene.clean()
    bounds = Bounds(requests=20, files=900, seconds=2.5)
    scene.kill_often("run", bounds, 17, days=1, forget_every=6)
    scene.clean()
    scene.compare()


@pytest.mark.parametrize("scene", [34], indirect=True)
def test_killed_at_each_seam_of_a_load(scene: Scene) -> None:
    scene.clean()
    for seam in SEAMS:
        scene.life.live(1)
        ending = scene.nursery.attend(replace(scene.order("sync"), at_seam=seam))
        assert ending.killed, f"{seam}: {ending}"
    scene.clean()
    scene.compare()


@pytest.mark.parametrize("scene", [33], indirect=True)
def test_killed_models(scene: Scene) -> None:
    scene.clean("sync")
    for _ in range(4):
        scene.kill_often("build", Bounds(files=120, seconds=1.2), 4, days=0)
        scene.life.live(2)
        scene.clean("sync")
    scene.clean()
    scene.compare()
