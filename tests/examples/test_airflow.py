"""The example for Airflow, run for real in an environment of its own."""

from __future__ import annotations

import subprocess
from pathlib import Path

import duckdb
import orjson
import pytest

from shipsync.warehouse import lock

from .orchestrator import EXAMPLES, LONGEST_RUN_SECONDS, environment, two_accounts

PROGRAM = """
import json, os, sys
sys.path.insert(0, os.environ["EXAMPLES"])
import airflow_shipsync
run = airflow_shipsync.shipsync().test()
tasks = sorted((one.map_index, str(one.state), one.try_number) for one in run.get_task_instances())
print("TOLD " + json.dumps(tasks))
"""


@pytest.mark.slow
@pytest.mark.xdist_group("dbt")
def test_each_account_is_a_task_and_each_exit_code_has_its_state(tmp_path: Path) -> None:
    python = environment(tmp_path / "airflow", "apache-airflow>=3,<4")
    home = tmp_path / "home"
    (home / "orchestrator").mkdir(parents=True)
    with two_accounts(home, "AIRFLOW_HOME") as variables:
        variables |= {
            "EXAMPLES": str(EXAMPLES),
            # The third has no key, which no retry puts right.
            "SHIPSYNC_ACCOUNTS": "east,west,nobody",
            "AIRFLOW__CORE__LOAD_EXAMPLES": "false",
            "AIRFLOW__CORE__DAGS_FOLDER": str(EXAMPLES),
            "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "false",
        }
        called(variables, python, "-m", "airflow", "db", "migrate")
        with lock.hold(home / "data" / "west.duckdb"):
            said = called(variables, python, "-c", PROGRAM)
    tasks = orjson.loads(said.split("TOLD ")[1].splitlines()[0])

    assert tasks == [[0, "success", 1], [1, "skipped", 1], [2, "failed", 1]]
    with duckdb.connect(str(home / "data" / "east.duckdb"), read_only=True) as con:
        assert con.execute("select count(*) from core.shipments").fetchone() == (20,)


def called(variables: dict[str, str], python: Path, *words: str) -> str:
    """What a program of the environment prints; it must end well."""
    done = subprocess.run(
        [str(python), *words],
        env=variables,
        cwd=variables["HOME"],
        capture_output=True,
        text=True,
        check=False,
        timeout=LONGEST_RUN_SECONDS,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-3000:]
    return done.stdout
