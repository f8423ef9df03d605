"""shipsync in Dagster: an asset for each stream and each model, asset checks, a partition for each account.

    pip install dagster
    SHIPSYNC=/opt/shipsync/bin/shipsync SHIPSYNC_HOME=/srv/shop SHIPSYNC_SQL=/opt/.../shipsync/_sql \
        dagster dev -f dagster_shipsync.py

``SHIPSYNC_SQL`` is the folder of the models: ``sql/`` of a checkout, ``shipsync/_sql`` of an installed wheel.
"""

import json
import os
import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import dagster as dg

SHIPSYNC = os.environ.get("SHIPSYNC", "shipsync")
HOME = Path(os.environ.get("SHIPSYNC_HOME", "."))
SQL = Path(os.environ["SHIPSYNC_SQL"])

accounts = dg.StaticPartitionsDefinition(os.environ.get("SHIPSYNC_ACCOUNTS", "default").split(","))

STREAMS = (
    *("shipments", "fulfillments", "labels", "tracking", "inventory_levels", "warehouses"),
    *("inventory_warehouses", "inventory_locations", "products", "carriers", "tags"),
    *("suppliers", "purchase_orders"),
)
# Tables of lines, by the stream that they come with.
LINES = {
    "shipment_items": "shipments",
    "shipment_packages": "shipments",
    "shipment_tags": "shipments",
    "label_packages": "labels",
    "tracking_events": "tracking",
    "carrier_services": "carriers",
    "purchase_order_items": "purchase_orders",
}
# Finished; and finished, though something needs a person: the checks below say what.
FINE = (0, 3)
# Failed, another run is at work, interrupted: what may go well the next time.
MAY_GO_WELL_LATER = (1, 4, 130)


def shipsync(context: dg.AssetExecutionContext, *words: str) -> Any:
    """What a command prints with ``--json``; raises ``Failure`` for an exit code that is none of ``FINE``."""
    command = [SHIPSYNC, *words, "--connection", context.partition_key, "--json"]
    done = subprocess.run(command, cwd=HOME, capture_output=True, text=True, check=False)
    if done.stderr.strip():
        context.log.warning(done.stderr.strip())
    if done.returncode not in FINE:
        raise dg.Failure(
            done.stderr.strip() or f"exit code {done.returncode}",
            metadata={"exit_code": done.returncode},
            allow_retries=done.returncode in MAY_GO_WELL_LATER,
        )
    return json.loads(done.stdout)


def stream_key(stream: str) -> dg.AssetKey:
    """The asset of a stream."""
    return dg.AssetKey(["raw", stream])


def check_specs() -> Iterator[dg.AssetCheckSpec]:
    """Two checks of each stream: it agrees with the account, and nothing of it was set aside."""
    for stream in STREAMS:
        if stream != "tracking":
            yield dg.AssetCheckSpec("agrees_with_the_account", asset=stream_key(stream))
        yield dg.AssetCheckSpec("nothing_in_quarantine", asset=stream_key(stream))


@dg.multi_asset(
    name="sync",
    specs=[dg.AssetSpec(stream_key(stream), group_name="raw") for stream in STREAMS],
    check_specs=list(check_specs()),
    partitions_def=accounts,
    # One run at a time may write to a database; another one steps aside.
    op_tags={"dagster/concurrency_key": "shipsync"},
)
def sync(context: dg.AssetExecutionContext) -> Iterator[Any]:
    """Read what changed, compare the number of rows with the account, and count what was set aside."""
    report = shipsync(context, "sync")
    for stream in report["streams"]:
        read = {name: stream[name] for name in ("outcome", "rows", "unchanged", "requests")}
        yield dg.MaterializeResult(stream_key(stream["stream"]), metadata=read)
    differing: Counter[str] = Counter()
    for window in shipsync(context, "reconcile", "--by-counts"):
        differing[window["stream"]] += window["account"] != window["stored_after"]
    waiting = Counter(thing["stream"] for thing in shipsync(context, "quarantine", "list"))
    for spec in check_specs():
        stream = spec.asset_key.path[-1]
        count = differing[stream] if spec.name == "agrees_with_the_account" else waiting[stream]
        yield dg.AssetCheckResult(
            passed=count == 0,
            asset_key=spec.asset_key,
            check_name=spec.name,
            severity=dg.AssetCheckSeverity.WARN,
            metadata={"count": count},
        )


def model_specs() -> Iterator[dg.AssetSpec]:
    """An asset for each model of the dbt project, behind the models and the streams that it reads."""
    files = {file.stem: file for file in sorted((SQL / "models").rglob("*.sql"))}
    keys = {name: dg.AssetKey([file.parent.name, name]) for name, file in files.items()}
    for name, file in files.items():
        text = file.read_text(encoding="utf-8")
        refs = re.findall(r"ref\('(\w+)'\)", text)
        tables = re.findall(r"source\('raw', *'(\w+)'\)", text)
        reads = {keys[ref] for ref in refs if ref in keys and ref != name}
        reads |= {stream_key(LINES.get(table, table)) for table in tables}
        yield dg.AssetSpec(
            keys[name], deps=sorted(reads), group_name=file.parent.name, kinds={"dbt"}
        )


@dg.multi_asset(
    name="build",
    specs=list(model_specs()),
    partitions_def=accounts,
    op_tags={"dagster/concurrency_key": "shipsync"},
)
def build(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult]:
    """Build and test the models."""
    report = shipsync(context, "build")
    built = {node["name"]: node["status"] for node in report["outcomes"] if node["kind"] == "model"}
    reads = {spec.key: {dep.asset_key for dep in spec.deps} for spec in model_specs()}
    for key in TopologicalSorter(reads).static_order():
        if key not in context.selected_asset_keys:
            continue
        # What nothing new stands behind is as it was.
        yield dg.MaterializeResult(key, metadata={"built": built.get(key.path[-1], "as it was")})


every_five_minutes = dg.ScheduleDefinition(
    name="every_five_minutes",
    cron_schedule="*/5 * * * *",
    job=dg.define_asset_job("shipsync", selection="*", partitions_def=accounts),
    execution_fn=lambda context: [
        dg.RunRequest(partition_key=account) for account in accounts.get_partition_keys()
    ],
)

defs = dg.Definitions(assets=[sync, build], schedules=[every_five_minutes])
