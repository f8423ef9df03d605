"""What a whole run costs: ``python tests/bench/run.py [--shipments 20000 1000000] [--without-dbt]``.

An emulated account of 1,000 shipments is served from a process of its own; the command ``shipsync run`` reads
it, and what the raw tables hold is repeated up to N shipments, with every column. Then each line is one
command in a fresh process, with its wall and processor seconds and its peak of memory:

- nothing new: nothing changed in the account since the run before;
- changed: 1,000 shipments were modified in the account, and become 1,000 events;
- build: everything by dbt, with all data tests, as ``shipsync build`` does;
- dbt build: the same by dbt's own command in ``sql/``, next to it.

Copying the file for readers is part of each run. The last lines are ratios.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import duckdb

from bench.change_sets import REPEATED
from bench.extract import served, touch
from shipsync.warehouse import read_copy
from shipsync.warehouse.database import connect
from shipsync.warehouse.sql_project import sql_dir

SEEDED = 1_000
COMMAND = str(Path(sys.executable).with_name("shipsync"))
DBT = str(Path(sys.executable).with_name("dbt"))
# Copies are no open orders, for the account does not know them; and older than anything that is read again.
CLOSED = (
    "update raw.shipments set shipment_status = 'label_purchased' where shipment_id like '%-%-%'"
)
PARCELS = "select count(parcel_id) from tracking.parcel_states"
EVENTS = "select count(*) from changes.events where trigger = 'shipment_modified'"


@dataclass(frozen=True)
class Cost:
    """Wall and processor seconds of a process, and its peak of memory in MB."""

    wall: float
    cpu: float
    peak: float

    def __str__(self) -> str:
        return f"{self.wall:6.2f} s, {self.cpu:6.2f} s of processor, peak {self.peak:5.0f} MB"


def say(line: str) -> None:
    """Print ``line``."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def spent(command: list[str], folder: Path, environment: dict[str, str]) -> tuple[Cost, str]:
    """Carry out a command in ``folder``; returns what it took and what it printed."""
    out = folder / "out"
    began = time.perf_counter()
    with out.open("wb") as file:
        pid = os.posix_spawn(
            command[0],
            command,
            {**os.environ, **environment},
            file_actions=[(os.POSIX_SPAWN_DUP2, file.fileno(), 1)],
        )
        _, status, usage = os.wait4(pid, 0)
    wall = time.perf_counter() - began
    assert os.waitstatus_to_exitcode(status) == 0, out.read_text()
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024), out.read_text()


@dataclass(frozen=True)
class Bench:
    """One database and the account behind it."""

    folder: Path
    url: str

    @property
    def database(self) -> Path:
        """The DuckDB file."""
        return self.folder / "bench.duckdb"

    def run(self, scope: str, what: str, *, calls: int = 0) -> Cost:
        """``shipsync run``, which must have built just that; with so many calls for tracking."""
        command = [COMMAND, "run", "--json", "--database", str(self.database)]
        cost, printed = spent(command, self.folder, self._settings(calls))
        report = json.loads(printed)
        assert report["build"]["scope"] == scope, report["build"]["reason"]
        say(f"{what:<34}{cost}")
        return cost

    def build(self, *options: str) -> Cost:
        """``shipsync build``."""
        command = [COMMAND, "build", *options, "--database", str(self.database)]
        cost, _ = spent(command, self.folder, self._settings(0))
        say(f"{' '.join(['build', *options]):<34}{cost}")
        return cost

    def dbt_build(self) -> Cost:
        """dbt's own command, with a profile as a user would write it."""
        target = {"type": "duckdb", "path": str(self.database), "schema": "main", "threads": 2}
        target["settings"] = {"TimeZone": "UTC", "memory_limit": "1GB"}
        profile = {"shipsync": {"target": "file", "outputs": {"file": target}}}
        (self.folder / "profiles.yml").write_text(json.dumps(profile))
        folders = {"project": sql_dir(), "profiles": self.folder}
        command = [DBT, "--quiet", "build", "--exclude-resource-type=unit_test"]
        command += [f"--{name}-dir={folder}" for name, folder in folders.items()]
        command += [f"--target-path={self.folder / 'target'}", f"--log-path={self.folder}"]
        cost, _ = spent(command, self.folder, {"DBT_SEND_ANONYMOUS_USAGE_STATS": "false"})
        say(f"{'dbt build, by hand':<34}{cost}")
        return cost

    def events(self) -> int:
        """How many modifications were told."""
        with connect(self.database, read_only=True) as con:
            return int(con.execute(EVENTS).fetchall()[0][0])

    def parcels(self) -> int:
        """How many parcels the models know."""
        with connect(self.database, read_only=True) as con:
            return int(con.execute(PARCELS).fetchall()[0][0])

    def _settings(self, calls: int) -> dict[str, str]:
        prefix = "SOURCES__SHIPSTATION__"
        return {
            f"{prefix}API_KEY": "emulator-key",
            f"{prefix}BASE_URL": self.url,
            f"{prefix}REQUESTS_PER_MINUTE": "1000000",
            f"{prefix}TRACKING_CALLS_PER_RUN": str(calls),
        }


def repeat(con: duckdb.DuckDBPyConnection, copies: int) -> None:
    """Hold every object so many times, under other ids, as a load that is older than all others."""
    followed = {"tracking": ("label_id",), "tracking_events": ("label_id",)}
    for table, keys in (REPEATED | followed).items():
        columns = {name for (name, *_) in con.execute(f"describe raw.{table}").fetchall()}
        # A number that many shipments share would make one order of them.
        own = [*keys, *(columns & {"shipment_number"} - {*keys})]
        renamed = ", ".join(f"{name} || '-' || n as {name}" for name in own)
        times = columns & {"created_at", "modified_at"}
        older = "".join(f", {name} - interval 1 year as {name}" for name in sorted(times))
        con.execute(
            f"insert into raw.{table} select held.* replace ({renamed}{older}) "  # noqa: S608
            f"from raw.{table} as held, range(1, {copies}) as numbers(n)"
        )
    con.execute(CLOSED)


def grow(database: Path, shipments: int) -> None:
    """``repeat`` up to so many, in a process of its own.

    A process begins with the peak of memory of the one that begins it, so this one stays small.
    """
    grower = get_context("spawn").Process(target=_grown, args=(database, shipments // SEEDED))
    grower.start()
    grower.join()
    assert grower.exitcode == 0


def _grown(database: Path, copies: int) -> None:
    with connect(database) as con:
        con.execute("set memory_limit = '2GB'")
        repeat(con, copies)


def measure(folder: Path, shipments: int, *, with_dbt: bool) -> None:
    """Print the figures of a database of so many shipments."""
    with served(SEEDED, labels=True) as url:
        bench = Bench(folder, url)
        bench.run("everything", "the first run", calls=SEEDED)
        grow(bench.database, shipments)
        # The copies came under loads that are taken in already.
        bench.build("--full-refresh")
        assert bench.parcels() > shipments * 0.8
        say(f"-- {shipments:,} shipments, {bench.database.stat().st_size / 1e6:,.0f} MB")
        touch(url, SEEDED)
        whole = bench.run("everything", "a run that builds everything")
        assert read_copy.is_current(bench.database)
        nothing = min((bench.run("nothing", "nothing new") for _ in range(3)), key=lambda c: c.wall)
        before = bench.events()
        changed = []
        for _ in range(2):
            touch(url, SEEDED)
            changed.append(bench.run("changes", f"{SEEDED:,} changed"))
            assert read_copy.is_current(bench.database)
        made = bench.events() - before
        assert made == 2 * SEEDED, f"{made} events were made"
        least = min(changed, key=lambda cost: cost.cpu)
        compare("a run that builds everything", whole, nothing, least)
        if with_dbt:
            built, by_hand = bench.build(), bench.dbt_build()
            compare("dbt's own build", by_hand, nothing, least)
            say(f"   our build {built.wall / by_hand.wall:.2f} ({built.cpu / by_hand.cpu:.2f})")


def compare(what: str, whole: Cost, nothing: Cost, changed: Cost) -> None:
    """Print what runs take of the time of something whole, and of its processor seconds."""
    say(f"-- of the time of {what}, and in brackets of its processor:")
    for name, cost in (("nothing new", nothing), (f"{SEEDED:,} changed", changed)):
        say(f"   {name} {cost.wall / whole.wall:.2f} ({cost.cpu / whole.cpu:.2f})")


def main() -> None:
    """Measure each size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shipments", type=int, nargs="+", default=[20_000, 1_000_000])
    parser.add_argument("--without-dbt", action="store_true")
    options = parser.parse_args()
    for shipments in options.shipments:
        with tempfile.TemporaryDirectory() as name:
            measure(Path(name), shipments, with_dbt=not options.without_dbt)


if __name__ == "__main__":
    main()
