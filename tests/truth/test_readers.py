"""A reader that asks ten times a second while runs, builds and kills go on is always answered, of one state.

What it asks is whether the models fit the raw tables that they were made from: half a run would not.
"""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from shipsync import job
from shipsync.api.session import Session
from shipsync.clock import JumpingPacing
from shipsync.emulator import Account, Transport
from shipsync.emulator.simulation.seed import seed_account
from shipsync.emulator.simulation.simulation import Simulation
from shipsync.warehouse import read_copy
from shipsync.warehouse.database import connect
from truth.synced_shop import START, Shop

pytestmark = pytest.mark.xdist_group("dbt")

# Every current shipment has its place among the orders, and every version its event or its silence: the loads
# that the models have taken in are those that are there.
_READER = """
import json, sys, time
from pathlib import Path
import duckdb
from shipsync.warehouse.copies import readable
database, stop, way = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
copy = database.with_name("shop.read.duckdb")
told = {"answers": 0, "errors": [], "torn": [], "states": []}
question = '''
    select
        (select count(*) from raw.shipments where _dlt_valid_to is null),
        (select count(distinct shipment_id) from tracking.parcel_states),
        (select count(*) from (select distinct _dlt_load_id from raw.shipments) as loads
            anti join changes.processed_loads on load_id = _dlt_load_id and stream = 'shipments')
'''
print("reading", flush=True)
while not stop.exists():
    began = time.monotonic()
    try:
        if way == "by hand":
            con = duckdb.connect(str(copy), read_only=True)
            current, placed, pending = con.execute(question).fetchone()
            con.close()
        else:
            with readable(database) as con:
                current, placed, pending = con.execute(question).fetchone()
        told["answers"] += 1
        if current != placed or pending:
            told["torn"].append([current, placed, pending])
        if current not in told["states"]:
            told["states"].append(current)
    except Exception as error:
        told["errors"].append(repr(error))
    time.sleep(max(0, 0.1 - (time.monotonic() - began)))
print(json.dumps(told), flush=True)
"""
# A run that is killed while it builds.
_KILLED = """
import os, signal, sys
from datetime import datetime
from pathlib import Path
from shipsync.warehouse import lock
from shipsync.warehouse.builds import Build
from shipsync.warehouse.database import connect

class Killer:
    steps = int(sys.argv[3])

    def building(self, step, *, done, total):
        self.steps -= 1
        if self.steps < 0:
            os.kill(os.getpid(), signal.SIGKILL)

database = Path(sys.argv[1])
with lock.hold(database):
    with connect(database) as con:
        con.execute(
            "insert into raw.shipments select * replace ($id as shipment_id, $id as _dlt_load_id, "
            "'label_purchased' as shipment_status) from raw.shipments where _dlt_valid_to is null limit 1",
            {"id": "loaded-" + sys.argv[4]},
        )
    Build(database, datetime.fromisoformat(sys.argv[2]), progress=Killer()).what_is_due()
"""


@contextmanager
def reading(shop: Shop, way: str) -> Iterator[dict[str, list[str]]]:
    """A reader beside the block; what it was told is in the dict afterwards."""
    stop = shop.folder / f"stop {way}"
    command = [sys.executable, "-c", _READER, str(shop.database), str(stop), way]
    told: dict[str, list[str]] = {}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as reader:
        assert reader.stdout is not None
        assert reader.stdout.readline() == "reading\n"
        try:
            yield told
        finally:
            stop.touch()
            told |= json.loads(reader.stdout.readline())


def run(shop: Shop) -> None:
    pacing = JumpingPacing(shop.account.clock.now())
    with Session(shop.connection, transport=Transport(shop.account), pacing=pacing) as session:
        report = job.run(shop.connection, session, job.Scope())
    assert not report.sync.failed


def work(folder: Path, *, runs: int, kills: int, seed: int) -> dict[str, dict[str, list[str]]]:
    """So many runs with readers beside them, every third one of a new hour; returns what they were told."""
    dice = random.Random(seed)
    account = Account(seed=seed, start=START)
    seed_account(account, shipments=30, days=5)
    simulation = Simulation(account, orders_per_day=60)
    shop = Shop(account, folder, {"tracking_calls_per_run": 5})
    run(shop)
    with (
        reading(shop, "by hand") as by_hand,
        reading(shop, "by command") as by_command,
        connect(read_copy.path_of(shop.database), read_only=True) as notebook,
    ):
        question = "select count(*) from raw.shipments"
        opened_with = notebook.execute(question).fetchone()
        for number in range(runs):
            simulation.run(dice.choice([0, 0.02, 0.05]))
            if number < kills:
                killed_run(shop, number, dice.randrange(1, 9))
            run(shop)
        assert notebook.execute(question).fetchone() == opened_with
    return {"by hand": by_hand, "by command": by_command}


def killed_run(shop: Shop, number: int, steps: int) -> None:
    """Load a shipment, build and be killed: raw tables are ahead of the models, and no run is at work."""
    now = shop.account.clock.now().isoformat()
    arguments = [str(shop.database), now, str(steps), str(number)]
    ended = subprocess.run([sys.executable, "-c", _KILLED, *arguments], check=False)
    assert ended.returncode in (0, -signal.SIGKILL)


def complaints(told: dict[str, dict[str, list[str]]], *, answers: int, states: int) -> list[str]:
    """What readers met that they must not: an error, a torn state, no answer, no change; as sentences."""
    found = []
    for way, said in told.items():
        found += [f"{way}: {error}" for error in said["errors"]]
        found += [f"{way}: torn {state}" for state in said["torn"]]
        if int(str(said["answers"])) < answers:
            found.append(f"{way}: {said['answers']} answers of at least {answers}")
        if len(said["states"]) < states:
            found.append(f"{way}: {len(said['states'])} states of at least {states} while it read")
    return found


def test_readers_are_answered_through_a_few_runs(tmp_path: Path) -> None:
    told = work(tmp_path, runs=3, kills=1, seed=3)
    assert complaints(told, answers=10, states=2) == []


@pytest.mark.longest
def test_readers_are_answered_through_fifty_runs_and_kills(tmp_path: Path) -> None:
    told = work(tmp_path, runs=50, kills=12, seed=4)
    assert complaints(told, answers=200, states=15) == []
