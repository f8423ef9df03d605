"""What a sync did, stream by stream; how it is recorded, and how the database stands after it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal, Protocol

import duckdb

from shipsync import clock
from shipsync.sources.streams import STREAMS, Stream
from shipsync.statements import statement

_STATEMENTS: Final = "shipsync.sync"

StreamOutcome = Literal["loaded", "unchanged", "skipped", "failed"]


@dataclass
class StreamReport:
    """One stream of one run.

    ``rows`` were handed to the load, ``unchanged`` were stored already, ``stale`` were answers older than
    what is stored. ``caught_late``: changes the list's order had hidden and the trailing sweep found.
    ``extras`` counts values that no column takes, by ``table.path``. ``read_at`` is the account's time.
    ``set_aside``: what could not be used and is kept in the quarantine. ``beyond``: rows loaded whose
    time lies a day or more ahead of the account's own. ``gone`` rows are known to the account no more
    and were closed; ``unproven`` says of which rows that could not be proved, so that they stay. ``note``
    is a sentence that is no error.
    Of tracking alone: ``calls_saved`` are calls for parcels that were neither finished nor due,
    ``calls_put_off`` those for parcels that were due when the budget was spent.
    """

    stream: str
    outcome: StreamOutcome = "unchanged"
    rows: int = 0
    unchanged: int = 0
    stale: int = 0
    caught_late: int = 0
    pages: int = 0
    packages: int = 0
    requests: int = 0
    read_at: datetime | None = None
    calls_saved: int = 0
    calls_put_off: int = 0
    set_aside: int = 0
    beyond: int = 0
    gone: int = 0
    extras: Mapping[str, int] = field(default_factory=dict)
    note: str | None = None
    unproven: str | None = None
    error: str | None = None


@dataclass
class SyncReport:
    """One sync; ``read_up_to`` is T0, the account's time that it read up to (None if it never answered).

    ``set_aside`` names the first few things that could not be used; the streams count them. ``remarks``
    are sentences about answers that were not clean and were read all the same. ``clocks`` is a sentence
    if the account's clock and this machine's differ by more than an hour.
    """

    run_id: str
    streams: list[StreamReport] = field(default_factory=list)
    read_up_to: datetime | None = None
    requests: int = 0
    seconds: float = 0.0
    set_aside: list[str] = field(default_factory=list)
    clocks: str | None = None
    remarks: list[str] = field(default_factory=list)
    privacy: str | None = None

    @property
    def needs_person(self) -> bool:
        """Whether somebody should look: at what was set aside or not proved gone, or at a clock."""
        return self.clocks is not None or any(
            report.set_aside or report.unproven for report in self.streams
        )

    @property
    def failed(self) -> list[StreamReport]:
        """The streams that were not brought up to date."""
        return [report for report in self.streams if report.outcome == "failed"]


class SyncProgress(Protocol):
    """Told of a sync while it goes on."""

    def began(self, stream: str) -> None:
        """A stream is taken up."""

    def advanced(
        self, stream: str, *, rows: int, expected: int | None, pages: int, requests: int
    ) -> None:
        """Rows met so far, of how many (None: unknown), in how many pages and requests."""

    def ended(self, report: StreamReport) -> None:
        """A stream is through."""


class NoProgress:
    """Tells nobody."""

    def began(self, stream: str) -> None:
        """Nothing."""

    def advanced(
        self, stream: str, *, rows: int, expected: int | None, pages: int, requests: int
    ) -> None:
        """Nothing."""

    def ended(self, report: StreamReport) -> None:
        """Nothing."""


def record_stream(con: duckdb.DuckDBPyConnection, run_id: str, report: StreamReport) -> None:
    """Record in the ledger what became of one stream of a run."""
    row = {
        "run_id": run_id,
        "stream": report.stream,
        "outcome": report.outcome,
        "read_at": report.read_at,
        "finished_at": clock.now(),
        "rows": report.rows,
        "unchanged": report.unchanged,
        "stale": report.stale,
        "caught_late": report.caught_late,
        "pages": report.pages,
        "requests": report.requests,
        "packages": report.packages,
        "extras": json.dumps(dict(report.extras)) if report.extras else None,
        "error": report.error,
        "calls_saved": report.calls_saved,
        "calls_put_off": report.calls_put_off,
    }
    con.execute(statement(_STATEMENTS, "record_stream_run"), row)


@dataclass(frozen=True)
class StreamStatus:
    """One stream: current rows, the newest record's own time, and how its runs went.

    ``read_up_to`` is its cursor: the account's time up to which the last good run has read.
    ``requests`` counts over all runs; so does ``calls_saved``, the calls for parcels that were neither
    finished nor due. ``calls_put_off`` are those that the last run's budget did not reach.
    """

    stream: str
    rows: int
    newest: datetime | None
    read_up_to: datetime | None = None
    last_good_run_at: datetime | None = None
    requests: int = 0
    requests_last_run: int = 0
    last_outcome: str | None = None
    last_error: str | None = None
    calls_saved: int = 0
    calls_put_off: int = 0


@dataclass(frozen=True)
class RunStatus:
    """One run; ``outcome`` is None for one that goes on, ``finished_at`` also for one that was killed."""

    run_id: str
    command: str
    started_at: datetime
    finished_at: datetime | None
    outcome: str | None
    requests: int | None
    error: str | None


def stream_status(con: duckdb.DuckDBPyConnection) -> list[StreamStatus]:
    """Every stream, in the order in which a sync reads them; empty before the first sync.

    A stream that this version added, and that no sync has met yet, is left out.
    """
    made = con.execute(statement("shipsync.warehouse", "list_raw_tables")).fetchall()
    runs = {
        name: rest for name, *rest in con.execute(statement(_STATEMENTS, "stream_runs")).fetchall()
    }
    return [
        StreamStatus(stream.name, *_extent(con, stream), *runs.get(stream.name, ()))
        for stream in STREAMS.values()
        if (stream.table.name,) in made
    ]


def _extent(con: duckdb.DuckDBPyConnection, stream: Stream) -> tuple[int, datetime | None]:
    values = {"table": f"raw.{stream.table.name}", "column": stream.newest_by}
    row = con.execute(statement(_STATEMENTS, "stored_extent"), values).fetchone()
    return (row[0], row[2]) if row else (0, None)


def recent_runs(con: duckdb.DuckDBPyConnection, limit: int = 10) -> list[RunStatus]:
    """The last runs, newest first."""
    rows = con.execute(statement(_STATEMENTS, "recent_runs"), [limit]).fetchall()
    return [RunStatus(*row) for row in rows]
