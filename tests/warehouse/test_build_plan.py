"""What of dbt's statements can be repeated without it, told from a manifest in dbt's shape."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import duckdb
import pytest

from shipsync.warehouse import build_plan
from shipsync.warehouse.build_plan import BuildPlan

MODEL = "model.theirs.totals"
STAGING = "model.shipsync.stg_shipments"
RAW = "source.shipsync.raw.shipments"
TEST = "test.theirs.primary_key"
DELTA = 'create temporary table "totals__dbt_tmp2026" as (select 1 as id)'
COUNT = (
    "select count(*) as failures, count(*) != 0 as should_warn, count(*) != 0 as should_error "
    'from (select id from "metrics"."totals" group by all having count(*) > 1)'
)


def node(**given: Any) -> SimpleNamespace:
    """A model as dbt's manifest has it."""
    config = {
        "materialized": "incremental",
        "incremental_strategy": "append",
        "unique_key": None,
        "severity": "ERROR",
        "meta": {},
    } | given.pop("config", {})
    depends_on = SimpleNamespace(nodes=given.pop("nodes", []), macros=given.pop("macros", []))
    plain = {
        "name": "totals",
        "alias": "totals",
        "schema": "metrics",
        "resource_type": "model",
        "language": "sql",
        "raw_code": "select 1",
        "test_metadata": None,
    }
    return SimpleNamespace(
        **(plain | given), config=SimpleNamespace(**config), depends_on=depends_on
    )


def plan(model: Any, statements: list[str], *tests: Any, macros: Any = None) -> BuildPlan:
    """The plan of a build of ``model``, which stands on a view of a raw table."""
    manifest: Any = SimpleNamespace(
        nodes={
            STAGING: node(name="stg", config={"materialized": "view"}, nodes=[RAW]),
            MODEL: model,
            **{f"{TEST}{n}": test for n, test in enumerate(tests)},
        },
        sources={RAW: SimpleNamespace(schema="raw", identifier="shipments")},
        macros=macros or {},
    )
    sent = {MODEL: statements, **{f"{TEST}{n}": [COUNT] for n in range(len(tests))}}
    return build_plan.made_from(manifest, list(manifest.nodes), sent, "shop")


def test_a_model_of_anybody_is_planned_with_what_it_rests_on() -> None:
    found = plan(node(nodes=[STAGING]), [DELTA, 'insert into "shop"."metrics"."totals" select 1'])
    assert found.unrepeatable is None
    assert found.sources == ("raw.shipments",)
    (model,) = found.models
    assert model.statements == (DELTA, 'insert into "metrics"."totals" select 1')
    assert build_plan.from_json(found.as_json()) == found


def test_what_dbt_only_looks_up_is_left_out() -> None:
    look_ups = [
        "select index_name from duckdb_indexes() where true",
        'select column_name from (describe "metrics"."totals")',
        "SELECT version()",
        "select 1",
    ]
    found = plan(node(nodes=[STAGING]), [*look_ups, DELTA])
    assert found.unrepeatable is None
    assert found.models[0].statements == ("select 1", DELTA)


@pytest.mark.parametrize(
    ("model", "statements", "reason"),
    [
        (node(), ["create table x as select 1"], "made whole"),
        (node(), [DELTA, "alter table x add column y int"], "its columns changed"),
        (node(), ["select distinct status from raw.shipments", DELTA], "while it is compiled"),
        (node(config={"incremental_strategy": "microbatch"}), [DELTA], "follow the clock"),
        (node(raw_code="select '{{ run_started_at }}'"), [DELTA], "another one in each build"),
        (node(language="python"), ["create table x as select 1"], "left to dbt"),
        (node(resource_type="snapshot"), [DELTA], "left to dbt"),
        (node(), [], "no statement"),
    ],
)
def test_what_cannot_be_repeated_is_named(model: Any, statements: list[str], reason: str) -> None:
    found = plan(model, statements)
    assert found.unrepeatable is not None
    assert found.unrepeatable.startswith("totals: ")
    assert reason in found.unrepeatable


def test_a_macro_that_asks_for_the_time_is_found_behind_another() -> None:
    def macro(name: str, sql: str, *macros: str) -> Any:
        depends_on = SimpleNamespace(macros=list(macros))
        return SimpleNamespace(
            unique_id=name, package_name="theirs", macro_sql=sql, depends_on=depends_on
        )

    macros = {
        "a": macro("a", "{{ b() }}", "b"),
        "b": macro("b", "{{ env_var('WHEN') }}", "a"),
    }
    assert plan(node(macros=["a"]), [DELTA], macros=macros).unrepeatable is not None


@pytest.mark.parametrize(("held", "failures"), [([1, 2], 0), ([1, 1, 2], 1), ([1, 2, 2], 0)])
def test_a_data_test_looks_at_all_rows_of_the_keys_that_were_written(
    held: list[int], failures: int
) -> None:
    metadata = SimpleNamespace(name="primary_key", kwargs={"columns": ["id"]})
    test = node(name="key", resource_type="test", nodes=[MODEL], test_metadata=metadata)
    ((planned,),) = (model.tests for model in plan(node(), [DELTA], test).models)
    assert planned.is_error
    with duckdb.connect() as con:
        con.execute("create schema metrics")
        con.execute("create table metrics.totals as select unnest(?) as id", [held])
        con.execute(DELTA)
        assert con.execute(planned.statement).fetchone() == (failures, failures > 0, failures > 0)


@pytest.mark.parametrize(
    ("test", "is_narrowed"),
    [
        (node(resource_type="test", nodes=[MODEL], name="of all rows"), False),
        (node(resource_type="test", nodes=[MODEL], name="k", config={"meta": {"key": "id"}}), True),
    ],
)
def test_a_test_without_a_key_looks_at_all_rows(test: Any, is_narrowed: bool) -> None:
    ((planned,),) = (model.tests for model in plan(node(), [DELTA], test).models)
    assert ("SEMI JOIN" in planned.statement) == is_narrowed
