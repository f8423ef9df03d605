"""What the last build took in, kept in the ledger, and what has to be built by it.

======================================================  =================================================
since the last build                                    what is built
======================================================  =================================================
nothing of what is named below differs                  nothing
only rows of tables that models rest on                 what stands downstream of these tables
the day, the SQL, a setting or a version; the columns   everything, by dbt, with all tests
of a raw table; or the last build did not end well
======================================================  =================================================
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from importlib.metadata import version
from typing import Final
from zoneinfo import ZoneInfo

import duckdb

from shipsync import clock
from shipsync.account_day import local_day
from shipsync.statements import statement
from shipsync.warehouse import build_plan
from shipsync.warehouse.build_plan import BuildPlan

_STATEMENTS: Final = "shipsync.warehouse"
_BUILT_WITH: Final = ("dbt-core", "dbt-duckdb", "duckdb")


@dataclass(frozen=True)
class Inputs:
    """What a build takes in: digests of the ``sql``, of the raw ``columns`` and of the ``rows`` by table.

    ``settings`` are what dbt gets as variables, but for the instant; ``day`` is one of the account's zone.
    """

    sql: str
    settings: Mapping[str, str | float | None]
    day: str
    built_with: str
    columns: str
    rows: Mapping[str, str]

    def difference(self, before: Inputs) -> str | None:
        """Why everything has to be built after ``before``, as a sentence; None if nothing of it differs."""
        if self.sql != before.sql:
            return "The models' SQL changed since the last build."
        if dict(self.settings) != dict(before.settings):
            return "A setting that models read changed since the last build."
        if self.built_with != before.built_with:
            return "dbt or DuckDB has another version than at the last build."
        if self.columns != before.columns:
            return "Columns of the raw tables changed since the last build."
        if self.day != before.day:
            return "It is the first build of the day."
        return None


@dataclass(frozen=True)
class LastBuild:
    """The record of the last build. ``is_complete`` is False if it was cut short or failed."""

    is_complete: bool
    inputs: Inputs
    plan: BuildPlan


@dataclass(frozen=True)
class Due:
    """What has to be built: everything, with the reason in ``whole``; or what rests on ``changed`` tables."""

    whole: str | None
    changed: frozenset[str] = frozenset()

    @property
    def is_nothing(self) -> bool:
        """Whether nothing has to be built."""
        return self.whole is None and not self.changed


def due(last: LastBuild | None, inputs: Inputs) -> Due:
    """What has to be built with ``inputs`` after the ``last`` build (None: there was none)."""
    if last is None:
        return Due("There was no build before.")
    if not last.is_complete:
        return Due("The last build did not end well.")
    reason = inputs.difference(last.inputs)
    if reason is not None:
        return Due(reason)
    changed = frozenset(
        table for table, digest in inputs.rows.items() if last.inputs.rows.get(table) != digest
    )
    if changed and last.plan.unrepeatable is not None:
        return Due(f"Models of the last build can't be built alone: {last.plan.unrepeatable}.")
    return Due(None, changed)


def read_last(con: duckdb.DuckDBPyConnection) -> LastBuild | None:
    """The record of the last build, None before the first one."""
    row = con.execute(statement(_STATEMENTS, "last_build")).fetchone()
    if row is None:
        return None
    is_complete, taken_in, plan = row
    return LastBuild(is_complete, Inputs(**json.loads(taken_in)), build_plan.from_json(plan))


def look(
    con: duckdb.DuckDBPyConnection,
    tables: Sequence[str],
    *,
    now: datetime,
    zone: ZoneInfo,
    settings: Mapping[str, str | float | None],
    sql: str,
) -> Inputs:
    """What a build as of ``now`` takes in; rows of ``tables`` count, and the day is one of ``zone``."""
    columns = con.execute(statement(_STATEMENTS, "columns_of_tables")).fetchall()
    known: dict[str, set[str]] = {}
    for table, column, _ in columns:
        known.setdefault(table, set()).add(column)
    (digest,) = con.execute(statement(_STATEMENTS, "digest_of_raw_columns")).fetchone() or (None,)
    return Inputs(
        sql=sql,
        settings=settings,
        day=local_day(now, zone).isoformat(),
        built_with=", ".join(f"{name} {version(name)}" for name in _BUILT_WITH),
        columns=str(digest),
        rows={table: _digest(con, table, known.get(table, set())) for table in sorted(tables)},
    )


def _digest(con: duckdb.DuckDBPyConnection, table: str, columns: set[str]) -> str:
    """Another text whenever rows of ``table`` came, went or were closed; loads tell it of raw tables."""
    if not columns:
        return "none"
    if {"_dlt_load_id", "_dlt_valid_to"} <= columns:
        name = "digest_of_versions"
    elif "_dlt_load_id" in columns:
        name = "digest_of_lines"
    else:
        name = "digest_of_rows"
    found = con.execute(statement(_STATEMENTS, name), {"table": table}).fetchone()
    return " ".join(map(str, found or ()))


def begin_whole(con: duckdb.DuckDBPyConnection) -> None:
    """Note that a whole build is at work: until ``end`` the next one is whole too."""
    con.execute(statement(_STATEMENTS, "begin_whole_build"))


def end(con: duckdb.DuckDBPyConnection, inputs: Inputs, plan: BuildPlan) -> None:
    """Record a build that ended well; the caller holds the transaction."""
    con.execute(statement(_STATEMENTS, "forget_last_build"))
    con.execute(
        statement(_STATEMENTS, "record_build"),
        {"at": clock.now(), "taken_in": json.dumps(asdict(inputs)), "plan": plan.as_json()},
    )


def forget(con: duckdb.DuckDBPyConnection) -> None:
    """Let the next build be whole, with every model made anew: rows were rewritten behind its back."""
    con.execute(statement(_STATEMENTS, "forget_last_build"))
