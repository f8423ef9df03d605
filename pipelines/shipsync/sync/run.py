"""One sync: every stream of the account brought up to date in the database, each on its own."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Final

import duckdb

from shipsync.api.session import Session
from shipsync.connection import Connection
from shipsync.errors import (
    DatabaseError,
    DeadlinePassed,
    KeyRefused,
    MemoryExhausted,
    ShipsyncError,
    Unreachable,
    UsageError,
    WrongAddress,
)
from shipsync.sources.streams import LABELS, STREAMS, ReadsBy
from shipsync.sync.context import RunContext, RunRequest, StreamRun, Window
from shipsync.sync.incremental import sync_by_keyset, sync_newest_first
from shipsync.sync.label_statuses import read_statuses
from shipsync.sync.reports import (
    NoProgress,
    StreamReport,
    SyncProgress,
    SyncReport,
    record_stream,
)
from shipsync.sync.snapshots import sync_snapshot
from shipsync.sync.tracking import sync_tracking
from shipsync.sync.webhooks import read_hinted
from shipsync.warehouse import runs
from shipsync.warehouse.load import Loader

_SYNCS: Final[dict[ReadsBy, Callable[[StreamRun], None]]] = {
    ReadsBy.KEYSET: sync_by_keyset,
    ReadsBy.NEWEST_FIRST: sync_newest_first,
    ReadsBy.SNAPSHOT: sync_snapshot,
    ReadsBy.PER_PARCEL: sync_tracking,
}
# What keeps one stream from being read, and would each of the others.
_FOR_EVERY_STREAM: Final = (KeyRefused, Unreachable, WrongAddress, DeadlinePassed)
INCREMENTAL: Final = frozenset(name for name, stream in STREAMS.items() if stream.is_incremental)


def run_sync(
    con: duckdb.DuckDBPyConnection,
    connection: Connection,
    session: Session,
    *,
    only: frozenset[str] | None = None,
    since: datetime | None = None,
    backfill: tuple[datetime | None, datetime | None] | None = None,
    full_refresh: bool = False,
    command: str = "sync",
    progress: SyncProgress | None = None,
) -> SyncReport:
    """Read what changed in the account since the last run and load it into ``con``.

    ``only`` names the streams to read (None: all that are due). ``since`` reads again from there,
    ``backfill`` a window, ``full_refresh`` everything; they concern the incremental lists. A stream
    that fails leaves the others loaded and is named in the report. The caller holds the run lock and
    has migrated the ledger. Raises ``UsageError`` for an unknown stream, ``DatabaseError`` if the
    database itself fails.
    """
    request = _request(only, since, backfill, full_refresh)
    began = time.monotonic()
    requests_before = session.requests_sent
    run_id = runs.begin(con, command)
    report = SyncReport(run_id)
    try:
        loader = Loader(con, connection.database)
        loader.prepare()
        run = RunContext(
            connection, session, con, loader, request, progress or NoProgress(), run_id=run_id
        )
        with session.bounded(connection.run_deadline):
            _sync_streams(run, report)
        report.read_up_to = run.time.known
        report.set_aside = run.quarantine.named
        report.clocks = run.time.complaint
        hint = run.time.hint
        run.remember_time()
    except (ShipsyncError, KeyboardInterrupt) as error:
        report.requests = session.requests_sent - requests_before
        _end(con, report, str(error) or "interrupted")
        raise
    report.requests = session.requests_sent - requests_before
    report.seconds = time.monotonic() - began
    report.remarks = [*session.repairs.remarks(), *([hint] if hint else [])]
    _end(con, report, _failures(report.failed) or None)
    return report


def _failures(failed: list[StreamReport]) -> str:
    """What failed and why, each reason once with the streams that it kept from being read."""
    streams: dict[str, list[str]] = {}
    for report in failed:
        streams.setdefault(report.error or "", []).append(report.stream)
    return "; ".join(f"{', '.join(names)}: {error}" for error, names in streams.items())


def _end(con: duckdb.DuckDBPyConnection, report: SyncReport, error: str | None) -> None:
    outcome: runs.RunOutcome = (
        "failed" if error else "needs_person" if report.needs_person else "done"
    )
    try:
        runs.end(con, report.run_id, outcome, requests=report.requests, error=error)
    except duckdb.Error:
        # The database is what failed; the run stays without an end, and the first error goes on.
        if not error:
            raise


def _request(
    only: frozenset[str] | None,
    since: datetime | None,
    backfill: tuple[datetime | None, datetime | None] | None,
    full_refresh: bool,
) -> RunRequest:
    for name in sorted(only or ()):
        if name not in STREAMS:
            raise UsageError(f"There is no stream {name!r}. Streams: {', '.join(STREAMS)}.")
    if (since is not None) + (backfill is not None) + full_refresh > 1:
        raise UsageError("Give one of --since, --backfill and --full-refresh, not several.")
    if backfill is not None and None not in backfill and not backfill[0] < backfill[1]:  # type: ignore[operator]
        raise UsageError(
            f"--backfill goes from {backfill[0]} to {backfill[1]}; give the earlier first."
        )
    window = Window(*backfill) if backfill else Window(None, None) if full_refresh else None
    if window is not None and only is None:
        only = INCREMENTAL
    return RunRequest(only, since, window)


def _sync_streams(run: RunContext, report: SyncReport) -> None:
    refused: str | None = None
    is_strange = False
    for name, stream in STREAMS.items():
        if run.request.only is not None and name not in run.request.only:
            continue
        stream_run = StreamRun(run, stream)
        run.progress.began(name)
        if refused is not None:
            stream_run.report.outcome, stream_run.report.error = "failed", refused
        else:
            try:
                if run.request.backfill is None:
                    read_hinted(stream_run)
                _SYNCS[stream.reads_by](stream_run)
                if stream is LABELS and run.request.backfill is None:
                    read_statuses(stream_run)
            except MemoryExhausted as error:
                # Another stream may be smaller; what this one had begun must not be in its way.
                with suppress(duckdb.Error):
                    run.con.rollback()
                stream_run.report.outcome, stream_run.report.error = "failed", str(error)
            except DatabaseError:
                raise
            except ShipsyncError as error:
                stream_run.report.outcome, stream_run.report.error = "failed", str(error)
                if isinstance(error, _FOR_EVERY_STREAM):
                    # Where rows came from before, one list may be what is out of order: a second tells.
                    is_first = isinstance(error, WrongAddress) and not is_strange
                    is_strange = True
                    refused = None if is_first and stream_run.stored.count() else str(error)
        report.streams.append(_record(run, report.run_id, stream_run))


def _record(run: RunContext, run_id: str, stream_run: StreamRun) -> StreamReport:
    finished = stream_run.finish()
    record_stream(run.con, run_id, finished)
    run.progress.ended(finished)
    return finished
