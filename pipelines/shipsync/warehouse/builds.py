"""Bringing the models up to date: nothing, what changed, or everything, and the record of it.

What is due is found by ``build_record.due``. A partial build that fails in any way is rolled back, and dbt
builds everything: what fails then is told in dbt's words.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Final

import duckdb

from shipsync.errors import ShipsyncError
from shipsync.merchant import Merchant
from shipsync.statements import statement
from shipsync.warehouse import build_plan, build_record, models, partial_build, runs
from shipsync.warehouse.build_record import Due, Inputs, LastBuild
from shipsync.warehouse.database import connect, explained, transaction
from shipsync.warehouse.ledger import migrate
from shipsync.warehouse.memory import build_limit_mb
from shipsync.warehouse.models import BuildOutOfMemory, BuildReport
from shipsync.warehouse.recording import BuildProgress, NoBuildProgress, Recording
from shipsync.warehouse.sql_project import fingerprint

_STATEMENTS: Final = "shipsync.warehouse"


@dataclass(frozen=True)
class Build:
    """What to build: the models of ``database`` as of ``now``, by the settings of ``merchant``.

    Entities created before ``changes_since`` are known silently (None: before the first run). DuckDB takes
    ``memory_limit_mb`` megabytes at most.
    """

    database: Path
    now: datetime
    changes_since: datetime | None = None
    merchant: Merchant = field(default=Merchant())
    progress: BuildProgress = field(default_factory=NoBuildProgress)
    memory_limit_mb: int = field(default_factory=lambda: build_limit_mb(None))

    def what_is_due(self) -> BuildReport:
        """Build what is due since the last build, perhaps nothing; the caller holds the run lock.

        Raises ``DatabaseError`` and ``ModelError``.
        """
        with explained(self.database), connect(self.database) as con:
            migrate(con)
            last = build_record.read_last(con)
            inputs = self._inputs(con, last.plan.sources if last else ())
            todo = build_record.due(last, inputs)
            if todo.is_nothing:
                self._set_as_of(con)
                return BuildReport((), "nothing")
            if last is not None and todo.whole is None:
                try:
                    return self._in_part(con, last, inputs, todo)
                except partial_build.CannotRepeat as failure:
                    todo = Due(f"What changed could not be built alone: {failure}.")
        return self.everything(reason=todo.whole)

    def everything(self, *, full_refresh: bool = False, reason: str | None = None) -> BuildReport:
        """Build and test all models by dbt, and record what was taken in.

        With ``full_refresh``, and when their SQL changed since the last whole build, incremental models are
        made anew. So they are when what is pending is more than memory takes in, which making them from
        nothing does not need. Raises as ``what_is_due``.
        """
        with self._recorded(is_whole=True) as is_other_sql:
            is_anew = full_refresh or is_other_sql
            try:
                recording, built = self._by_dbt(is_anew)
            except BuildOutOfMemory:
                if is_anew:
                    raise
                recording, built = self._by_dbt(True)
            assert recording.manifest is not None
            catalog = self.database.name.split(".")[0]
            plan = build_plan.made_from(
                recording.manifest, recording.order, recording.statements, catalog
            )
            with explained(self.database), connect(self.database) as con:
                inputs = self._inputs(con, plan.sources)
                with transaction(con):
                    build_record.end(con, inputs, plan)
        return replace(built, reason=reason)

    def _by_dbt(self, full_refresh: bool) -> tuple[Recording, BuildReport]:
        recording = Recording(self.progress)
        built = models.build(
            self.database,
            now=self.now,
            changes_since=self.changes_since,
            merchant=self.merchant,
            full_refresh=full_refresh,
            recording=recording,
            memory_limit_mb=self.memory_limit_mb,
        )
        return recording, built

    def selected(self, select: str, *, full_refresh: bool = False) -> BuildReport:
        """Build and test the models that ``select`` names in dbt's syntax.

        Raises as ``what_is_due``, and ``UsageError`` when it names nothing.
        """
        with self._recorded(is_whole=False) as is_other_sql:
            return models.build(
                self.database,
                now=self.now,
                changes_since=self.changes_since,
                merchant=self.merchant,
                select=select,
                full_refresh=full_refresh or is_other_sql,
                recording=Recording(self.progress),
                memory_limit_mb=self.memory_limit_mb,
            )

    def _in_part(
        self, con: duckdb.DuckDBPyConnection, last: LastBuild, inputs: Inputs, todo: Due
    ) -> BuildReport:
        run_id = runs.begin(con, "build")
        with transaction(con):
            self._set_as_of(con)
            outcomes = partial_build.carry_out(
                con, last.plan, todo.changed, self.progress, self.memory_limit_mb
            )
            build_record.end(con, inputs, last.plan)
            runs.end(con, run_id, "done", requests=0)
        return BuildReport(outcomes, "changes")

    def _set_as_of(self, con: duckdb.DuckDBPyConnection) -> None:
        values = {"as_of": self.now, "changes_since": self.changes_since}
        con.execute(statement(_STATEMENTS, "set_as_of"), values)

    def _inputs(self, con: duckdb.DuckDBPyConnection, tables: tuple[str, ...]) -> Inputs:
        since = self.changes_since.isoformat() if self.changes_since else None
        settings = {"changes_since": since, **self.merchant.variables()}
        return build_record.look(
            con,
            tables,
            now=self.now,
            zone=self.merchant.zone,
            settings=settings,
            sql=fingerprint(self.merchant.variables()),
        )

    @contextmanager
    def _recorded(self, *, is_whole: bool) -> Iterator[bool]:
        """Record the build in the block in ``ledger.runs``; the file is closed meanwhile, for dbt opens it.

        Gives whether the models' SQL is another than what the last whole build was made of.
        """
        with explained(self.database), connect(self.database) as con:
            migrate(con)
            run_id = runs.begin(con, "build")
            last = build_record.read_last(con)
            if is_whole:
                build_record.begin_whole(con)
        error: str | None = "interrupted"
        try:
            yield last is None or last.inputs.sql != fingerprint(self.merchant.variables())
            error = None
        except ShipsyncError as failure:
            error = str(failure)
            raise
        finally:
            with explained(self.database), connect(self.database) as con:
                runs.end(con, run_id, "failed" if error else "done", requests=0, error=error)
