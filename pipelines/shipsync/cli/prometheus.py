"""How an account stands, as figures in the text format of Prometheus.

For node_exporter's textfile collector: ``shipsync status --prometheus > DIRECTORY/shipsync.prom``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shipsync import extras

if TYPE_CHECKING:
    from shipsync.cli.status import AccountStatus


def exposition(account: str, found: AccountStatus) -> str:
    """The figures of one account; raises ``MissingLibrary`` without prometheus_client."""
    extras.require("status --prometheus", extras.PROMETHEUS)
    from prometheus_client import CollectorRegistry, Gauge, generate_latest

    registry = CollectorRegistry()

    def gauge(name: str, help: str, *labels: str) -> Gauge:
        return Gauge(name, help, ("account", *labels), registry=registry)

    needs_person = gauge(
        "shipsync_needs_person", "1 for each condition that needs a person.", "condition", "subject"
    )
    for condition in found.conditions:
        needs_person.labels(account, condition.name.value, condition.subject).set(1)
    rows = gauge("shipsync_stream_rows", "Current rows of a stream.", "stream")
    last_good = gauge(
        "shipsync_stream_last_good_timestamp_seconds",
        "When a stream was last read well, in seconds since 1970.",
        "stream",
    )
    for stream in found.streams:
        rows.labels(account, stream.stream).set(stream.rows)
        if stream.last_good_run_at is not None:
            last_good.labels(account, stream.stream).set(stream.last_good_run_at.timestamp())
    last_run = gauge(
        "shipsync_last_run_timestamp_seconds",
        "When the last command of each outcome began, in seconds since 1970.",
        "command",
        "outcome",
    )
    for run in reversed(found.runs):
        outcome = run.outcome or "going_on"
        last_run.labels(account, run.command, outcome).set(run.started_at.timestamp())
    text: str = generate_latest(registry).decode()
    return text
