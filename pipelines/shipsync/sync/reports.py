"""What a sync did, stream by stream."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

import duckdb

from shipsync import clock
from shipsync.statements import statement

_STATEMENTS = "shipsync.sync"

StreamOutcome = Literal["loaded", "unchanged", "skipped", "failed"]


@dataclass
class StreamReport:
    """One stream of one run.

    ``rows`` were handed to the load, ``unchanged`` were held already, ``stale`` were answers older than
    what is held. ``caught_late``: changes the list's order had hidden and the trailing sweep found.
    ``extras`` counts values that no column takes, by ``table.path``. ``read_at`` is the account's time.
    ``set_aside``: what could not be used and is kept in the quarantine. ``beyond``: rows loaded whose
    time lies a day or more ahead of the account's own.
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
    extras: Mapping[str, int] = field(default_factory=dict)
    error: str | None = None


@dataclass
class SyncReport:
    """One sync; ``read_up_to`` is T0, the account's time that it read up to (None if it never answered).

    ``set_aside`` names the first few things that could not be used; the streams count them. ``clocks``
    is a sentence if the account's clock and this machine's differ by more than an hour.
    """

    run_id: str
    streams: list[StreamReport] = field(default_factory=list)
    read_up_to: datetime | None = None
    requests: int = 0
    seconds: float = 0.0
    set_aside: list[str] = field(default_factory=list)
    clocks: str | None = None

    @property
    def needs_person(self) -> bool:
        """Whether somebody should look: something was set aside, or a clock is wrong."""
        return self.clocks is not None or any(report.set_aside for report in self.streams)

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
    """Record in the ledger what became of one stream of run ``run_id``."""
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
