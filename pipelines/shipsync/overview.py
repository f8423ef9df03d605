"""The account at a glance: freshness, changes, stock that runs out, labels by day, writes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from shipsync import queries
from shipsync.errors import DatabaseError
from shipsync.queries import ResultRows
from shipsync.sync.reports import recent_runs, stream_status
from shipsync.warehouse.copies import readable
from shipsync.warehouse.failures import explained

SHOWN_CHANGES = 50
SHOWN_SKUS = 50
SHOWN_DAYS = 60

_STREAM = ("stream", "rows", "newest", "read_up_to", "last_good_run_at", "last_error")
_RUN = ("command", "started_at", "finished_at", "outcome", "requests", "error")
_CHANGE = ("sequence", "trigger", "entity_id", "occurred_at", "detected_at", "changed_fields")


@dataclass(frozen=True)
class Section:
    """One part: its rows, or the sentence that says why it has none (``missing``)."""

    title: str
    rows: ResultRows
    missing: str | None = None


@dataclass(frozen=True)
class Overview:
    """All parts, of one state of the database.

    ``changes`` are newest first, ``shipped`` has a row per day, latest first.
    """

    streams: Section
    runs: Section
    changes: Section
    stock: Section
    shipped: Section
    outbox: Section

    @property
    def sections(self) -> tuple[Section, ...]:
        """The parts in the order in which they are shown."""
        return (self.streams, self.runs, self.changes, self.stock, self.shipped, self.outbox)


def read(database: Path) -> Overview:
    """The overview of ``database`` as the last run left it; no run waits for it.

    Raises ``DatabaseError`` (or a kind of it) when the file can't be read. What was not built yet is
    said in its part.
    """
    with explained(database), readable(database) as con:
        return Overview(
            streams=_section("Streams", lambda: _streams(con)),
            runs=_section("Latest runs", lambda: _runs(con)),
            changes=_section("Latest changes", lambda: _changes(con)),
            stock=_section(
                "Waiting orders that stock does not cover",
                lambda: queries.fetch(con, "overview_stock", {"limit": SHOWN_SKUS}),
            ),
            shipped=_section(
                "Labels by ship date",
                lambda: queries.fetch(con, "overview_days", {"days": SHOWN_DAYS}),
            ),
            outbox=_section("Writes to the account", lambda: queries.fetch(con, "overview_outbox")),
        )


def _section(title: str, fetch: Callable[[], ResultRows]) -> Section:
    try:
        return Section(title, fetch())
    except DatabaseError as error:
        return Section(title, ResultRows((), ()), str(error))
    except duckdb.CatalogException as error:
        if not queries.is_missing_table(error):
            raise
        return Section(
            title, ResultRows((), ()), "Nothing is recorded yet; `shipsync run` begins it."
        )


def _streams(con: duckdb.DuckDBPyConnection) -> ResultRows:
    states = stream_status(con)
    if not states:
        raise DatabaseError("Nothing was read yet; `shipsync run` reads the account.")
    return ResultRows(_STREAM, [[getattr(state, name) for name in _STREAM] for state in states])


def _runs(con: duckdb.DuckDBPyConnection) -> ResultRows:
    runs = recent_runs(con)
    return ResultRows(_RUN, [[getattr(run, name) for name in _RUN] for run in runs])


def _changes(con: duckdb.DuckDBPyConnection) -> ResultRows:
    values = {"trigger": None, "since": None, "limit": SHOWN_CHANGES}
    events = queries.fetch(con, "changes_list", values).objects()
    return ResultRows(_CHANGE, [[event[name] for name in _CHANGE] for event in reversed(events)])
