"""The example for Dagster, run for real in an environment of its own."""

from __future__ import annotations

import subprocess
from pathlib import Path

import duckdb
import orjson
import pytest

from shipsync.sources.streams import STREAMS

from .orchestrator import ACCOUNTS, EXAMPLES, LONGEST_RUN_SECONDS, environment, two_accounts

PROGRAM = """
import json, os, sys
sys.path.insert(0, os.environ["EXAMPLES"])
import dagster as dg
import dagster_shipsync as example

graph = example.defs.resolve_asset_graph()
told = {"streams": list(example.STREAMS), "assets": len(graph.get_all_asset_keys()), "runs": {}}
with dg.DagsterInstance.get() as instance:
    for account in example.accounts.get_partition_keys():
        result = dg.materialize(
            [example.sync, example.build], partition_key=account, instance=instance, raise_on_error=False
        )
        told["runs"][account] = {
            "success": result.success,
            "materialized": len(result.get_asset_materialization_events()),
            "checks": [
                [check.asset_key.path[-1], check.check_name, check.passed]
                for check in result.get_asset_check_evaluations()
            ],
        }
print("TOLD " + json.dumps(told))
"""


@pytest.mark.slow
@pytest.mark.xdist_group("dbt")
def test_each_account_is_a_partition_and_each_stream_an_asset_with_its_checks(
    tmp_path: Path,
) -> None:
    python = environment(tmp_path / "dagster", "dagster>=1.12,<2")
    home = tmp_path / "home"
    (home / "orchestrator").mkdir(parents=True)
    (home / "orchestrator" / "dagster.yaml").write_text("telemetry:\n  enabled: false\n")
    with two_accounts(home, "DAGSTER_HOME") as variables:
        done = subprocess.run(
            [str(python), "-c", PROGRAM],
            env=variables | {"EXAMPLES": str(EXAMPLES)},
            cwd=home,
            capture_output=True,
            text=True,
            check=False,
            timeout=LONGEST_RUN_SECONDS,
        )
    assert done.returncode == 0, done.stderr[-3000:]
    told = orjson.loads(done.stdout.split("TOLD ")[1])

    assert told["streams"] == list(STREAMS)
    for account in ACCOUNTS:
        ran = told["runs"][account]
        assert ran["success"], done.stderr[-3000:]
        assert ran["materialized"] == told["assets"]
        assert len(ran["checks"]) == 2 * len(STREAMS) - 1
        assert all(passed for _, _, passed in ran["checks"])
        with duckdb.connect(str(home / "data" / f"{account}.duckdb"), read_only=True) as con:
            assert con.execute("select count(*) from core.shipments").fetchone() == (20,)
