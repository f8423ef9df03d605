"""What each job read and wrote, and how it is called in OpenLineage."""

from __future__ import annotations

from pathlib import Path

import pytest

from shipsync.connection import Connection, Secret
from shipsync.lineage.datasets import name_at_target, of_build, of_publish, of_sync
from shipsync.publish.run import PublishReport
from shipsync.publish.storage import Storage
from shipsync.publish.targets import target
from shipsync.publish.writer import PublishedTable
from shipsync.sync.reports import StreamReport, SyncReport
from shipsync.warehouse.contract import columns
from shipsync.warehouse.models import BuildReport, ModelOutcome

FILE = Path("/data/west.duckdb")
WEST = Connection("west", Secret("a-key"), FILE)
HERE = "duckdb:///data/west.duckdb"


@pytest.mark.parametrize(
    ("kind", "place", "namespace", "name"),
    [
        (
            *("postgresql", "postgresql://me@db.example.com/shop"),
            *("postgres://db.example.com:5432", "shop.core.shipments"),
        ),
        (
            *("destination", "postgresql://me@[::1]:5433/the%20shop"),
            *("postgres://[::1]:5433", "the shop.core.shipments"),
        ),
        ("delta", "/data/lake", "file", "/data/lake/core/shipments"),
        ("iceberg", "/data/lake", "file", "/data/lake/core/shipments"),
        ("parquet", "s3://bucket/lake/", "s3://bucket", "lake/core/shipments"),
        ("parquet", "s3://bucket", "s3://bucket", "core/shipments"),
        ("iceberg", "destination:lake", "iceberg:destination:lake", "core.shipments"),
        ("ducklake", "/data/lake", "ducklake:/data/lake", "core.shipments"),
        ("destination", "destination:reports", "destination:reports", "core.shipments"),
    ],
)
def test_a_table_at_a_target_has_its_name_in_openlineage(
    kind: str, place: str, namespace: str, name: str
) -> None:
    assert name_at_target(kind, place, "core.shipments") == (namespace, name)


def test_no_name_holds_a_password() -> None:
    places = [
        target("postgresql://me:the-word@localhost/shop?password=the-word").place,
        Storage(None, "lake", "sftp://me:the-word@example.com/lake").place,
    ]
    named = [name_at_target("parquet", place, "core.shipments") for place in places]
    assert named == [
        ("postgres://localhost:5432", "shop.core.shipments"),
        ("sftp://me@example.com", "lake/core/shipments"),
    ]


def test_a_sync_names_lists_that_were_read_and_their_tables() -> None:
    report = SyncReport(
        "r1",
        [
            StreamReport("shipments", "loaded", rows=7),
            StreamReport("tags"),
            StreamReport("warehouses", "skipped"),
            StreamReport("labels", "failed", error="Ann Example is refused"),
        ],
    )
    flow = of_sync(WEST, report)

    assert [(use.namespace, use.name) for use in flow.inputs] == [
        ("shipstation://west", "shipments"),
        ("shipstation://west", "tags"),
    ]
    assert {use.namespace for use in flow.outputs} == {HERE}
    assert ("west.raw.shipments", 7) in [(use.name, use.rows) for use in flow.outputs]
    assert ("west.raw.shipment_items", None) in [(use.name, use.rows) for use in flow.outputs]
    assert ("west.raw.tags", 0) in [(use.name, use.rows) for use in flow.outputs]
    assert not [use for use in flow.outputs if "labels" in use.name or "warehouses" in use.name]
    assert flow.failure == "These lists could not be read: labels."


def test_a_build_names_the_models_that_were_built_with_the_columns_of_the_contract() -> None:
    done = [
        ModelOutcome("shipments", "model", "success", "", 0.1),
        ModelOutcome("stg_shipments", "model", "success", "", 0.1),
        ModelOutcome("not_null_orders", "test", "pass", "", 0.1),
    ]
    flow = of_build(FILE, BuildReport(tuple(done)))

    assert flow is not None
    [built] = flow.outputs
    assert (built.namespace, built.name) == (HERE, "west.core.shipments")
    assert built.columns == columns()["core.shipments"]
    assert "west.raw.shipments" in [use.name for use in flow.inputs]


def test_a_build_that_had_nothing_to_do_is_not_told() -> None:
    assert of_build(FILE, BuildReport((), "nothing")) is None


def test_a_publish_names_the_tables_here_and_there_with_the_rows_that_were_written() -> None:
    report = PublishReport("/lake", 1, (PublishedTable("core.shipments", 9, 1, 2),))
    flow = of_publish(FILE, "delta:/lake", report)

    assert [(use.namespace, use.name) for use in flow.inputs] == [(HERE, "west.core.shipments")]
    assert [(use.namespace, use.name, use.rows) for use in flow.outputs] == [
        ("file", "/lake/core/shipments", 2)
    ]
    assert of_publish(FILE, "delta:/lake", None).failure is not None
