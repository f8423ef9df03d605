"""A build of what changed alone: dbt's own statements, carried out on DuckDB without dbt.

Everything happens in one transaction, with the record of what was taken in: a reader sees none of it or all,
and a build that is killed at any instant has done nothing.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Final

import duckdb

from shipsync.plurals import counted
from shipsync.statements import statement
from shipsync.warehouse.build_plan import BuildPlan, PlannedModel, PlannedTest
from shipsync.warehouse.models import ModelOutcome
from shipsync.warehouse.recording import BuildProgress

_STATEMENTS: Final = "shipsync.warehouse"


class CannotRepeat(Exception):
    """A statement or a data test failed that held in the last whole build."""


def carry_out(
    con: duckdb.DuckDBPyConnection,
    plan: BuildPlan,
    changed: frozenset[str],
    progress: BuildProgress,
    memory_limit_mb: int,
) -> tuple[ModelOutcome, ...]:
    """Build what rests on the ``changed`` tables, and test it, inside the transaction of the caller.

    DuckDB takes at most ``memory_limit_mb`` megabytes of memory.

    Raises ``CannotRepeat``; then the caller rolls back, and dbt has to build everything.
    """
    con.execute(statement(_STATEMENTS, "limit_memory"), {"limit": f"{memory_limit_mb}MB"})
    con.execute(statement(_STATEMENTS, "forget_insertion_order"))
    due = [model for model in plan.models if not changed.isdisjoint(model.sources)]
    total = len(due)
    outcomes: list[ModelOutcome] = []
    for number, model in enumerate(due):
        progress.building(model.name, done=number, total=total)
        outcomes.append(_built(con, model))
        outcomes.extend(_tested(con, model))
    return tuple(outcomes)


def _built(con: duckdb.DuckDBPyConnection, model: PlannedModel) -> ModelOutcome:
    began = time.monotonic()
    for one in model.statements:
        try:
            con.execute(one)
        except duckdb.Error as error:
            raise CannotRepeat(f"model {model.name}: {str(error).splitlines()[0]}") from error
    return ModelOutcome(model.name, "model", "success", "", time.monotonic() - began)


def _tested(con: duckdb.DuckDBPyConnection, model: PlannedModel) -> Iterator[ModelOutcome]:
    for test in model.tests:
        began = time.monotonic()
        failures, is_warning, is_failure = _asked(con, test)
        if is_failure and test.is_error:
            raise CannotRepeat(f"data test {test.name}: found {counted(failures, 'row')}")
        status = "warn" if is_warning or is_failure else "pass"
        found = f"found {counted(failures, 'row')}" if failures else ""
        yield ModelOutcome(test.name, "test", status, found, time.monotonic() - began)


def _asked(con: duckdb.DuckDBPyConnection, test: PlannedTest) -> tuple[int, bool, bool]:
    try:
        row = con.execute(test.statement).fetchone()
    except duckdb.Error as error:
        raise CannotRepeat(f"data test {test.name}: {str(error).splitlines()[0]}") from error
    failures, is_warning, is_failure = row or (0, False, False)
    return int(failures or 0), bool(is_warning), bool(is_failure)
