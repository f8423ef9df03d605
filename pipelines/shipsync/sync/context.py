"""What every stream of one run shares, and what the caller asked of the run."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

import duckdb
import pyarrow as pa

from shipsync.api.paging import Item
from shipsync.api.session import Session
from shipsync.connection import Connection
from shipsync.sources.account_time import AccountTime
from shipsync.sources.batches import LoadPackage, RowBatch
from shipsync.sources.instants import Window as Window
from shipsync.sources.keyset import Walked
from shipsync.sources.prefetch import ahead
from shipsync.sources.redaction import Redaction, redaction_for
from shipsync.sources.sifting import Sifting, Tally
from shipsync.sources.streams import Stream
from shipsync.statements import statement
from shipsync.sync import page_sizes
from shipsync.sync.reports import NoProgress, StreamReport, SyncProgress
from shipsync.sync.state import StreamState
from shipsync.sync.stored import StoredStream
from shipsync.warehouse.load import Loader
from shipsync.warehouse.quarantine import Quarantine


@dataclass(frozen=True)
class RunRequest:
    """What a run was asked for: which streams (None: all), and what to read again."""

    only: frozenset[str] | None = None
    since: datetime | None = None
    backfill: Window | None = None


@dataclass
class RunContext:
    """Connection, session, database, loader and T0 of one run; ``quarantine`` gets what it can't use."""

    connection: Connection
    session: Session
    con: duckdb.DuckDBPyConnection
    loader: Loader
    request: RunRequest
    progress: SyncProgress = field(default_factory=NoProgress)
    run_id: str | None = None

    def __post_init__(self) -> None:
        before = self.con.execute(statement("shipsync.sync", "last_account_time")).fetchone()
        self._account = StreamState(self.con, "account")
        believed = self._account.get_instant("time")
        self.time = AccountTime(self.session.now, before[0] if before else None, believed)
        self.quarantine = Quarantine(self.con, self.run_id, self.redaction)
        self.session.sets_aside = self.quarantine.put
        page_sizes.remember(self.con, self.session)

    def remember_time(self) -> None:
        """Keep T0 for the next run to compare its own with, if it can be believed."""
        if self.time.known is not None and not self.time.is_doubtful:
            self._account.set("time", self.time.known)

    @cached_property
    def redaction(self) -> Redaction:
        """The connection's policy for personal data."""
        return redaction_for(self.connection)


class StreamRun:
    """One stream of one run: reads through a walk, loads, counts."""

    def __init__(self, run: RunContext, stream: Stream) -> None:
        self.run = run
        self.stream = stream
        self.tally = Tally()
        self.stored = StoredStream(run.con, stream)
        self.state = StreamState(run.con, stream.name)
        self.report = StreamReport(stream.name)
        self._requests_before = run.session.requests_by_stream[stream.name]

    def load(
        self,
        begin: Callable[[datetime | None], Iterator[Walked]],
        *,
        lag_seconds: float | None = None,
        ends_at_account_time: bool = False,
        is_snapshot: bool = False,
        kept: Mapping[str, pa.Table] | None = None,
        again: Collection[str] = (),
        between: Callable[[LoadPackage], None] = lambda package: None,
        reads_ahead: bool = False,
    ) -> int:
        """Load what ``begin`` walks over, package by package; returns the number of rows loaded.

        ``ends_at_account_time``: the walk reads all up to T0, so that the cursor may move there.
        ``is_snapshot``: the walk gives one page that is the whole list, but for the rows ``kept``.
        Rows whose id is in ``again`` when they are met are loaded although they seem to be stored.
        ``reads_ahead``: the next package is read while one is loaded; only for a walk that doesn't ask
        what is stored to go on.
        """
        before = self.tally.rows

        def batches(start: datetime | None) -> Iterator[RowBatch]:
            reading = Sifting(
                self.stream,
                self.stored,
                self.run.time,
                self.run.redaction,
                self.tally,
                self.run.quarantine,
                is_snapshot=is_snapshot,
                kept=kept,
                again=again,
            )
            for batch in reading.batches(begin(start)):
                yield batch
                self._advance()
            if ends_at_account_time and not self.run.time.is_doubtful:
                yield RowBatch(self.run.time.upper_bound, {}, frozenset())

        def begin_batches(start: datetime | None) -> Iterator[RowBatch]:
            return (
                ahead(batches(start), depth=max(1, package_pages // 4))
                if reads_ahead
                else batches(start)
            )

        package_pages = self.run.connection.checkpoint_pages
        self.report.packages += self.run.loader.load(
            self.stream,
            begin_batches,
            package_pages=package_pages,
            valid_from=lambda: self.run.time.valid_from,
            lag_seconds=lag_seconds,
            between=between,
        )
        self._advance()
        return self.tally.rows - before

    def _advance(self) -> None:
        self.run.progress.advanced(
            self.stream.name,
            rows=self.tally.rows + self.tally.unchanged,
            expected=self.tally.expected,
            pages=self.tally.pages,
            requests=self._requests(),
        )

    def _requests(self) -> int:
        return self.run.session.requests_by_stream[self.stream.name] - self._requests_before

    def hashes(self, rows: Iterable[Item]) -> list[str]:
        """The content hash of each row as it is stored, in order."""
        hash_of = self.run.redaction.hash_of(self.stream)
        return [hash_of(row) for row in rows]

    def finish(self) -> StreamReport:
        """The report, brought up to date; call it whatever became of the stream."""
        tally, report = self.tally, self.report
        report.rows, report.unchanged, report.stale = tally.rows, tally.unchanged, tally.stale
        report.beyond = tally.beyond
        report.pages, report.extras = tally.pages, dict(tally.extras)
        report.requests = self._requests()
        report.set_aside = self.run.quarantine.counts[self.stream.name]
        report.read_at = self.run.time.known
        if report.outcome == "unchanged" and report.packages:
            report.outcome = "loaded"
        return report
