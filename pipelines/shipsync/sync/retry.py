"""Taking up again what was set aside: the account is asked for it again, by its id where it has one.

===================================  ================================================================
what waits                           is asked for again
===================================  ================================================================
a shipment, a label                  by its id
a fulfillment                        by the filter of its list
a parcel's tracking                  by its label or its number
a row of a list that is read whole   with the list
a row of another list without an id  with everything of its list that has its row's time
a row of which nothing could be had  with everything that was made or changed between its neighbours
===================================  ================================================================

What is loaded leaves the quarantine; so does what the account shows no more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

import duckdb
import orjson

from shipsync.api.session import Session
from shipsync.connection import Connection
from shipsync.errors import DatabaseError, ShipsyncError
from shipsync.sources.instants import parse_instant
from shipsync.sources.streams import STREAMS, ReadsBy, Stream
from shipsync.sync.context import RunContext, RunRequest, StreamRun, Window
from shipsync.sync.incremental import read_again
from shipsync.sync.out_of_band import load_apart, rows_by_id
from shipsync.sync.reports import record_stream
from shipsync.sync.snapshots import sync_snapshot
from shipsync.sync.tracking import ask, carriers_of
from shipsync.warehouse import runs
from shipsync.warehouse.load import Loader
from shipsync.warehouse.quarantine import Quarantine, Quarantined

_AROUND: Final = timedelta(seconds=1)


@dataclass
class RetryReport:
    """What became of what waited: how many things were tried, and how many left the quarantine.

    ``still`` is what waits yet; ``failed`` says, by stream, why the account could not be asked.
    """

    tried: int = 0
    resolved: int = 0
    still: list[Quarantined] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)


def retry_quarantine(
    con: duckdb.DuckDBPyConnection,
    connection: Connection,
    session: Session,
    *,
    only: frozenset[str] | None = None,
) -> RetryReport:
    """Ask the account again for everything that waits, or for that of some streams.

    The caller holds the run lock. A stream that fails leaves its things waiting and the others tried.
    Raises ``DatabaseError``.
    """
    requests_before = session.requests_sent
    run_id = runs.begin(con, "quarantine retry")
    waiting = _chosen(Quarantine(con).waiting(), only)
    report = RetryReport(tried=len(waiting))
    try:
        loader = Loader(con, connection.database)
        loader.prepare()
        request = RunRequest(only=frozenset(STREAMS))
        run = RunContext(connection, session, con, loader, request, run_id=run_id)
        with session.bounded(connection.run_deadline):
            _retry_streams(run, run_id, waiting, report)
    except (ShipsyncError, KeyboardInterrupt) as error:
        sent = session.requests_sent - requests_before
        runs.end(con, run_id, "failed", requests=sent, error=str(error) or "interrupted")
        raise
    report.still = _chosen(Quarantine(con).waiting(), only)
    keys = {thing.quarantine_id for thing in report.still}
    report.resolved = sum(thing.quarantine_id not in keys for thing in waiting)
    failed = "; ".join(f"{name}: {error}" for name, error in report.failed.items())
    outcome: runs.RunOutcome = "failed" if failed else "needs_person" if report.still else "done"
    sent = session.requests_sent - requests_before
    runs.end(con, run_id, outcome, requests=sent, error=failed or None)
    return report


def _retry_streams(
    run: RunContext, run_id: str, waiting: Sequence[Quarantined], report: RetryReport
) -> None:
    for name in dict.fromkeys(thing.stream for thing in waiting if thing.stream in STREAMS):
        stream_run = StreamRun(run, STREAMS[name])
        try:
            _retry(stream_run, [thing for thing in waiting if thing.stream == name])
        except DatabaseError:
            raise
        except ShipsyncError as error:
            report.failed[name] = stream_run.report.error = str(error)
            stream_run.report.outcome = "failed"
        record_stream(run.con, run_id, stream_run.finish())


def _chosen(things: list[Quarantined], only: frozenset[str] | None) -> list[Quarantined]:
    return [thing for thing in things if only is None or thing.stream in only]


def _retry(run: StreamRun, things: Sequence[Quarantined]) -> None:
    if run.stream.reads_by is ReadsBy.SNAPSHOT:
        sync_snapshot(run)
    elif run.stream.reads_by is ReadsBy.PER_PARCEL:
        parcels = list(dict.fromkeys(thing.row_id for thing in things if thing.row_id))
        ask(run, parcels, carriers_of(run.run.con, parcels))
        # What was neither answered nor set aside again is unknown to the account.
        run.run.quarantine.resolve(things, "gone")
    else:
        for thing in things:
            _retry_row(run, thing)


def _retry_row(run: StreamRun, thing: Quarantined) -> None:
    quarantine = run.run.quarantine
    if thing.row_id is not None:
        rows = rows_by_id(run, thing.row_id)
        if rows:
            load_apart(run, rows)
        else:
            quarantine.resolve([thing], "gone")
        return
    window = _window(run.stream, thing.body)
    if window is not None:
        # What is still there without its id is set aside again by this reading; what isn't is gone.
        read_again(run, window)
        quarantine.resolve([thing], "gone")


def _window(stream: Stream, body: str | None) -> Window | None:
    """When a row without an id was made or last seen to change; None if nothing tells of it.

    Of one that was known by its neighbours alone, in another order than that of the stream's times, nothing
    less than the whole list is sure to show it.
    """
    try:
        row: Any = orjson.loads(body or "")
    except orjson.JSONDecodeError:
        return None
    if not isinstance(row, dict):
        return None
    if "anchor" in row and "earliest" in row:
        if row.get("field") != stream.cursor:
            return Window(None, None)
        earliest, latest = parse_instant(row["earliest"]), parse_instant(row.get("latest"))
        return Window(earliest and earliest - _AROUND, latest and latest + _AROUND)
    moment = parse_instant(row.get(stream.cursor))
    return None if moment is None else Window(moment - _AROUND, moment + _AROUND)
