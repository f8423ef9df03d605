"""The pages of the job itself: what was written to the account, and how runs went."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from shipsync.pages import charts
from shipsync.pages.content import Chart, Column, Kind, Section, Table, Tile, Tiles, Tone
from shipsync.pages.figures import count_tile, number, words
from shipsync.pages.reading import Reader
from shipsync.queries import ResultRows

_UNSETTLED = ("unknown", "sending")
_REFUSED = ("rejected",)


def write_back(reader: Reader, _: str) -> tuple[Section, ...]:
    """What was planned and what the account holds; what nobody knows needs a person."""
    totals = reader.objects("write_totals")
    due = reader.rows("due_adjustments")

    def count(*outcomes: str) -> int | None:
        counted = [row["writes"] for row in totals if not outcomes or row["outcome"] in outcomes]
        return sum(counted) if reader.has("write_totals") else None

    bars = [
        {
            "what": f"{words(row['kind'])}: {words(row['outcome'])}",
            "writes": row["writes"],
        }
        for row in totals
    ]
    return (
        Tiles(
            (
                Tile(
                    "Writes",
                    number(count()),
                    "writes",
                    rows="writes",
                ),
                count_tile(
                    "Outcome not known",
                    count(*_UNSETTLED),
                    "writes_without_an_outcome",
                    detail="`shipsync writes resolve` settles them",
                    rows="writes",
                ),
                count_tile(
                    "Refused",
                    count(*_REFUSED),
                    "writes_refused",
                    tone=Tone.WARNING,
                    rows="writes",
                ),
                Tile(
                    "Stock changes due",
                    number(len(due.rows) if reader.has("due_adjustments") else None),
                    "stock_changes_due",
                    "targets that the account does not hold",
                    Tone.WARNING if due.rows else Tone.NEUTRAL,
                    "due",
                ),
            )
        ),
        Chart(
            "outcomes",
            "Writes by kind and outcome",
            charts.signed_bars(bars, "what", "writes", "writes"),
            "Each write counts once, by the state that it has now.",
            "reverse.outcomes",
        ),
        Table(
            "writes",
            "Writes, those without an outcome first",
            (
                Column("moment", "When"),
                Column("kind", "Kind", Kind.CODE),
                Column("outcome", "Outcome", Kind.CODE),
                Column("wanted", "Wanted"),
                Column("times_sent", "Sent", Kind.NUMBER),
                Column("settled_by", "Settled by", Kind.CODE),
                Column("reason", "Why"),
                Column("http_status", "HTTP", Kind.TEXT),
                Column("row_key", "Row"),
            ),
            reader.rows("write_rows"),
            "reverse.outcomes",
            "Nothing was written to the account yet.",
        ),
        Table(
            "due",
            "Stock that is not as the targets say",
            tuple(Column(name, words(name).capitalize()) for name in due.columns),
            due,
            "reverse.stock_adjustments_due",
            "The account holds what the targets say, or there are none.",
        ),
    )


def runs(reader: Reader, _: str) -> tuple[Section, ...]:
    """Freshness, calls, what sweeps caught, failures."""
    totals = reader.one("run_totals")
    streams = reader.rows("stream_lag", reader.until())
    calls = reader.objects("calls_by_run")
    found = [row["caught_late"] or 0 for row in streams.objects()]
    caught = sum(found) if reader.has("stream_lag") else None
    return (
        Tiles(
            (
                Tile("Runs in 7 days", number(totals.get("runs")), "runs", rows="runs"),
                count_tile("Not done", totals.get("failed"), "runs_not_done", rows="runs"),
                Tile("Calls in 7 days", number(totals.get("requests")), "calls", rows="runs"),
                Tile(
                    "Caught late",
                    number(caught),
                    "caught_late",
                    "rows that a sweep found",
                    rows="streams",
                ),
                Tile(
                    "In quarantine",
                    number(reader.state.quarantined),
                    "in_quarantine",
                    tone=Tone.WARNING if reader.state.quarantined else Tone.GOOD,
                ),
            )
        ),
        Chart(
            "calls",
            "Calls of the latest runs, by stream",
            charts.stacked_by_run(_by_stream(calls, reader.zone)),
            "Calls to the account of up to 30 runs, the oldest first.",
            "metrics.pipeline_health",
        ),
        _streams(streams),
        Table(
            "runs",
            "Latest runs",
            (
                Column("started_at", "Began"),
                Column("command", "Command"),
                Column("outcome", "Outcome", Kind.CODE),
                Column("seconds", "Seconds", Kind.DECIMAL),
                Column("requests", "Calls", Kind.NUMBER),
                Column("error", "What failed"),
            ),
            reader.rows("latest_runs"),
            "ledger.runs",
            "Nothing ran yet.",
            limit=200,
        ),
    )


def _streams(rows: ResultRows) -> Table:
    return Table(
        "streams",
        "Streams, the longest unread first",
        (
            Column("stream", "Stream", Kind.CODE),
            Column("lag_hours", "Lag, hours", Kind.DECIMAL),
            Column("read_at", "Read"),
            Column("outcome", "Outcome", Kind.CODE),
            Column("requests", "Calls", Kind.NUMBER),
            Column("rows", "Rows", Kind.NUMBER),
            Column("caught_late", "Caught late", Kind.NUMBER),
            Column("error", "What failed"),
        ),
        rows,
        "metrics.pipeline_health",
        "No stream was read yet.",
    )


def _by_stream(calls: list[dict[str, Any]], zone: ZoneInfo) -> list[dict[str, Any]]:
    """Five streams with the most calls; the others together."""
    sums: dict[str, int] = {}
    for row in calls:
        sums[row["stream"]] = sums.get(row["stream"], 0) + (row["requests"] or 0)
    largest = sorted(sums, key=lambda stream: (-sums[stream], stream))[:5]
    return [
        {
            "run": f"{row['started_at'].astimezone(zone):%m-%d %H:%M:%S}",
            "stream": words(row["stream"]) if row["stream"] in largest else "others",
            "requests": row["requests"],
        }
        for row in calls
    ]
