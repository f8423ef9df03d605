"""A shop served over HTTP, and runs of it that are killed."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

import orjson

from shipsync.emulator.simulation.simulation import Simulation
from shipsync.warehouse.load import working_folder
from truth.comparison import compare_current
from truth.expected_events import compare_views
from truth.fork_server import Ending, Order
from truth.invariants_after_kills import compare_events_held, compare_versions_held
from truth.synced_shop import Shop


@dataclass
class ForkServer:
    """The process that makes the runs; ``kills`` counts those it killed."""

    process: subprocess.Popen[str]
    kills: int = 0

    def carry_out(self, order: Order) -> Ending:
        """Make a run and tell how it ended."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(order.line())
        self.process.stdin.flush()
        ending = Ending(**json.loads(self.process.stdout.readline()))
        self.kills += ending.killed
        return ending


@dataclass(frozen=True)
class Bounds:
    """Within what a run is killed: so many requests, files and seconds into it."""

    requests: int = 0
    files: int = 0
    seconds: float = 0


@dataclass
class ServedShop:
    """A shop served over HTTP, and runs of it that are killed."""

    shop: Shop
    simulation: Simulation
    fork_server: ForkServer
    url: str
    seed: int

    @property
    def delivered(self) -> Path:
        """Where runs deliver events to."""
        return self.shop.folder / "delivered.jsonl"

    def order(self, action: str) -> Order:
        """A run that nobody kills and in which nobody waits."""
        now = self.shop.account.clock.now().isoformat()
        database, delivered = str(self.shop.database), str(self.delivered)
        return Order(action, database, self.url, now=now, deliver_to=delivered)

    def clean(self, action: str = "run") -> Ending:
        """A run that nobody kills."""
        ending = self.fork_server.carry_out(self.order(action))
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
        return self.fork_server.carry_out(order)

    def kill_often(
        self, action: str, bounds: Bounds, kills: int, *, days: float, forget_every: int = 0
    ) -> None:
        """Kill that many runs, with ``days`` simulated before each.

        After every ``forget_every``-th, dlt's working folder is lost too. A run that ends before it is
        killed doesn't count.
        """
        killed = 0
        for number in range(3 * kills):
            self.simulation.run(days)
            ending = self.kill(action, number, bounds)
            assert ending.killed or ending.error is None, ending.error
            killed += ending.killed
            if forget_every and number % forget_every == forget_every - 1:
                shutil.rmtree(working_folder(self.shop.database), ignore_errors=True)
            if killed == kills:
                return
        raise AssertionError(f"seed {self.seed}: only {killed} of {3 * kills} runs were killed")

    def compare(self) -> set[str]:
        """After a clean run: the database equals the account, and no event is lost or doubled.

        Returns the views of events that show any.
        """
        where = f"seed {self.seed}"
        compare_current(self.shop, where)
        versions = compare_versions_held(self.shop, where)
        compare_events_held(self.shop, where, versions)
        self.compare_delivered()
        return compare_views(self.shop, where)

    def compare_delivered(self) -> None:
        """Every event was delivered, in order and as it is held; a kill may have sent some again."""
        written = self.delivered.read_bytes() if self.delivered.exists() else b""
        lines = [orjson.loads(line) for line in written.splitlines()]
        told = list({line["sequence"]: line["event_id"] for line in lines}.items())
        held = self.shop.rows("select sequence, event_id from changes.events order by sequence")
        assert told == held, f"seed {self.seed}: what was delivered is not what is held"
