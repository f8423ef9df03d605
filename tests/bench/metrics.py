"""What the marts cost: ``python tests/bench/metrics.py [--shipments 100000]``.

The database of ``run.py``: an emulated account of 1,000 shipments, repeated up to N with every column. Each
line is one command in a fresh process, with its wall and processor seconds and its peak of memory; behind
it stands how long its build took by itself.

- first: all models from nothing, without data tests, and the slowest marts of it;
- nothing new, changed: runs, as in ``run.py``; 1,000 shipments were modified, and the marts took them in;
- reading: every row and column of every mart, one after the other, and every metric asked for once.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import duckdb

from bench.extract import served, touch
from bench.run import SEEDED, Bench, grow, say, spent
from shipsync.metrics.asking import metric, question
from shipsync.metrics.definitions import metrics
from shipsync.warehouse import models
from shipsync.warehouse.database import connect
from shipsync.warehouse.sql_project import sql_dir

MARTS = sorted(path.stem for path in (sql_dir() / "models" / "metrics").glob("*.sql"))
AS_OF = "select max(read_at) from ledger.stream_runs"
LAST_BUILD = (
    "select seconds from ledger.run_phases where phase = 'build' order by started_at desc limit 1"
)


def build(database: Path) -> dict[str, float]:
    """All models from nothing; the seconds of each."""
    with connect(database, read_only=True) as con:
        [[now]] = con.execute(AS_OF).fetchall()
    report = models.build(database, now=now, run_tests=False, full_refresh=True)
    return {outcome.name: outcome.seconds for outcome in report.outcomes}


def read(database: Path) -> dict[str, float]:
    """Every mart, read whole; the seconds of each."""
    taken = {}
    with connect(database, read_only=True) as con:
        for mart in MARTS:
            began = time.perf_counter()
            con.execute(f"select count(*), sum(hash(mart)) from metrics.{mart} as mart").fetchall()  # noqa: S608
            taken[mart] = time.perf_counter() - began
    return taken


def ask(database: Path) -> dict[str, float]:
    """Every metric, asked for once; the seconds of each."""
    taken = {}
    with connect(database, read_only=True) as con:
        for name in metrics():
            began = time.perf_counter()
            metric(con, question(name))
            taken[name] = time.perf_counter() - began
    return taken


STEPS = {"build": build, "read": read, "ask": ask}


def apart(bench: Bench, step: str, what: str) -> None:
    """Carry out a step in a process of its own, and print what it took."""
    command = [sys.executable, __file__, "--step", step, "--database", str(bench.database)]
    cost, printed = spent(command, bench.folder, {})
    taken = {name: s for name, s in json.loads(printed).items() if step == "ask" or name in MARTS}
    slowest = sorted(taken.items(), key=lambda one: -one[1])[:3]
    named = ", ".join(f"{name} {seconds:.1f}" for name, seconds in slowest)
    say(f"{what:<34}{cost}; of it {sum(taken.values()):.1f} s: {named}")


def ran(bench: Bench, scope: str, what: str) -> None:
    """A run, and how long the build in it took."""
    bench.run(scope, what)
    with connect(bench.database, read_only=True) as con:
        found = con.execute(LAST_BUILD).fetchall()
    say(f"{'':<34}the build of it {found[0][0]:.2f} s" if found else f"{'':<34}nothing was built")


def count(con: duckdb.DuckDBPyConnection, mart: str) -> int:
    """How many rows a mart has."""
    return int(con.execute(f"select count(*) from metrics.{mart}").fetchall()[0][0])  # noqa: S608


def measure(folder: Path, shipments: int) -> None:
    """Print the figures of a database of so many shipments."""
    with served(SEEDED, labels=True) as url:
        bench = Bench(folder, url)
        bench.run("everything", "the first run of the seed", calls=SEEDED)
        grow(bench.database, shipments)
        apart(bench, "build", "first: all models from nothing")
        with connect(bench.database, read_only=True) as con:
            counts = {mart: count(con, mart) for mart in MARTS}
        size = bench.database.stat().st_size / 1e6
        say(f"-- {shipments:,} shipments, {size:,.0f} MB; {json.dumps(counts)}")
        bench.run("everything", "a run that builds everything")
        ran(bench, "nothing", "nothing new")
        for _ in range(2):
            touch(url, SEEDED)
            ran(bench, "changes", f"{SEEDED:,} changed")
        apart(bench, "read", "reading every mart")
        apart(bench, "ask", "asking for every metric")


def main() -> None:
    """Measure each size, or carry out one step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shipments", type=int, nargs="+", default=[100_000])
    parser.add_argument("--step", choices=STEPS)
    parser.add_argument("--database", type=Path)
    options = parser.parse_args()
    if options.step:
        sys.stdout.write(json.dumps(STEPS[options.step](options.database)))
        return
    for shipments in options.shipments:
        with tempfile.TemporaryDirectory() as name:
            measure(Path(name), shipments)


if __name__ == "__main__":
    main()
