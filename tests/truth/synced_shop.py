"""An account, its database, and syncs between them in which nobody waits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pendulum

from shipsync import job
from shipsync.api.session import Session
from shipsync.clock import JumpingPacing
from shipsync.connection import Connection, Secret
from shipsync.emulator import Account, Transport
from shipsync.job import Scope
from shipsync.sync.reconcile import Comparison
from shipsync.sync.reports import StreamReport, SyncReport
from shipsync.warehouse import models

START = pendulum.datetime(2026, 4, 6, 9)


@dataclass(frozen=True)
class Synced:
    """One sync: what it said, and which part of the journal and of the requests fell into it.

    ``first`` and ``last`` are journal lengths when it began and ended, ``requests`` the part of the
    account's log that it caused. ``reads_all``: it compared every row, as ``reconcile`` does.
    """

    report: SyncReport
    first: int
    last: int
    requests: slice
    reads_all: bool = False

    @property
    def at(self) -> pendulum.DateTime:
        """T0 of the sync."""
        assert self.report.read_up_to is not None
        return pendulum.instance(self.report.read_up_to)

    def stream(self, name: str) -> StreamReport:
        """The report of one stream."""
        return next(report for report in self.report.streams if report.stream == name)


@dataclass
class Shop:
    """One account and the database that mirrors it; ``settings`` go to the connection."""

    account: Account
    folder: Path
    settings: Mapping[str, Any] = field(default_factory=dict)
    syncs: list[Synced] = field(default_factory=list)
    builds: list[pendulum.DateTime] = field(default_factory=list)

    @property
    def database(self) -> Path:
        """The DuckDB file."""
        return self.folder / "shop.duckdb"

    @property
    def connection(self) -> Connection:
        """The connection that syncs use."""
        plain: dict[str, Any] = {
            "name": "default",
            "api_key": Secret("emulator-key"),
            "database": self.database,
        }
        return Connection(**(plain | dict(self.settings)))

    def sync(self, scope: Scope | None = None) -> Synced:
        """Sync once; nothing waits."""
        pacing = JumpingPacing(self.account.clock.now())
        first, asked = len(self.account.journal), len(self.account.requests)
        with Session(self.connection, transport=Transport(self.account), pacing=pacing) as session:
            report = job.sync(self.connection, session, scope or Scope())
        requests = slice(asked, len(self.account.requests))
        self.syncs.append(Synced(report, first, len(self.account.journal), requests))
        return self.syncs[-1]

    def reconcile(self) -> list[Comparison]:
        """Compare everything with the account; counts as a sync that read all but the tracking."""
        pacing = JumpingPacing(self.account.clock.now())
        first, asked = len(self.account.journal), len(self.account.requests)
        with Session(self.connection, transport=Transport(self.account), pacing=pacing) as session:
            compared = job.reconcile(self.connection, session)
        [(at,)] = self.rows("select max(read_at) from ledger.stream_runs")
        streams = [StreamReport(name, "loaded") for name in {one.stream for one in compared}]
        report = SyncReport("", [*streams, StreamReport("tracking", "skipped")], at)
        requests = slice(asked, len(self.account.requests))
        last = len(self.account.journal)
        self.syncs.append(Synced(report, first, last, requests, reads_all=True))
        return compared

    def build(self, *, run_tests: bool = False) -> None:
        """Build the models as of the last sync."""
        now = self.syncs[-1].at
        select = None if run_tests else "+events"
        models.build(self.database, now=now, select=select, run_tests=run_tests)
        self.builds.append(now)

    @contextmanager
    def opened(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """The database, to read from."""
        with duckdb.connect(str(self.database)) as con:
            con.execute("set timezone = 'UTC'")
            yield con

    def rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """What a query gives."""
        with self.opened() as con:
            return con.execute(sql, list(values)).fetchall()
