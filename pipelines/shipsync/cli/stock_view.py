"""What the stock commands print: plans, reports, the outbox, and progress on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from shipsync.cli import output
from shipsync.errors import NeedsPerson

if TYPE_CHECKING:
    from pathlib import Path

    from shipsync.reverse.apply import ApplyReport
    from shipsync.reverse.outbox import Entry
    from shipsync.reverse.planned import Plan
    from shipsync.reverse.rollout import Progress

INTERRUPTED = 130


def show_plan(plan: Plan) -> None:
    """Print every row of a plan."""
    from shipsync.queries import Rows

    columns = (
        *("line", "status", "sku", "location", "action", "quantity"),
        *("on_hand", "wanted", "difference", "calls", "reason"),
    )
    rows = [[getattr(row, column) for column in columns] for row in plan.rows]
    output.show_table(Rows(columns, rows))


def say_what_the_plan_needs(plan: Plan, place: Path) -> None:
    """Say what the plan comes to; raises ``NeedsPerson`` when a row is invalid or it was stopped."""
    from shipsync.reverse.planned import Status

    if plan.ignored_columns:
        output.note(f"Left aside, as it means nothing here: {', '.join(plan.ignored_columns)}.")
    ready, invalid = plan.count(Status.READY), plan.count(Status.INVALID)
    figures = (
        f"{ready} rows ready, {plan.count(Status.NO_OP)} need nothing, {invalid} invalid; "
        f"{plan.calls} calls, {plan.minutes:.1f} minutes. Compared with the stock of "
        f"{plan.observation_minutes:.0f} minutes ago."
    )
    if plan.stopped_by:
        raise NeedsPerson(" ".join((figures, "The plan is stopped:", *plan.stopped_by)))
    if invalid:
        rest = f"`shipsync stock apply {place}` would send the others." if ready else ""
        raise NeedsPerson(f"{figures} Mend the invalid rows and plan again. {rest}".rstrip())
    output.remark(f"{figures} Next: shipsync stock apply {place}")


def report_document(report: ApplyReport) -> dict[str, object]:
    """What became of the rows, as one JSON document."""
    return {
        "plan_digest": report.plan_digest,
        "counts": {state.value: count for state, count in report.counts.items()},
        "left": report.left,
        "requests": report.requests,
        "rows": report.outcomes,
        "settled_before": report.settled_before,
    }


def show_report(report: ApplyReport) -> None:
    """Print what became of every row, those of earlier plans first."""
    from shipsync.queries import Rows

    columns = ("key", "subject", "state", "attempt", "reason", "request_id")
    outcomes = (*report.settled_before, *report.outcomes)
    rows = [[getattr(outcome, column) for column in columns] for outcome in outcomes]
    output.show_table(Rows(columns, rows))


def say_what_the_report_needs(report: ApplyReport, file: Path) -> None:
    """Say what the rows came to.

    Raises the error that stopped the run, and ``NeedsPerson`` for rejected and unknown rows.
    """
    counts = ", ".join(f"{count} {state.value}" for state, count in report.counts.items())
    figures = f"{counts or 'Nothing to send'}; {report.requests} requests."
    if report.left:
        figures += f" {report.left} rows are left: apply {file} again."
    if report.stopped_by is not None:
        output.note(figures)
        raise report.stopped_by
    if report.interrupted:
        output.note(figures)
        raise typer.Exit(INTERRUPTED)
    if report.needs_person:
        raise NeedsPerson(f"{figures} `shipsync stock status` shows the reasons.")
    output.remark(figures)


def show_entries(entries: list[Entry]) -> None:
    """Print rows of the outbox as they stand."""
    from shipsync.queries import Rows

    columns = (
        *("row_key", "subject", "state", "kind", "source", "attempt"),
        *("planned_at", "sent_at", "settled_at", "request_id", "reason"),
    )
    rows = [[getattr(entry, column) for column in columns] for entry in entries]
    output.show_table(Rows(columns, rows))


@contextmanager
def progress() -> Iterator[Callable[[Progress], None]]:
    """What to tell an apply's progress to; a bar on standard error when there is a terminal."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    bars = Bars(
        TextColumn("stock"),
        BarColumn(bar_width=24),
        TextColumn("{task.completed:,} of {task.total:,} rows{task.fields[counts]}"),
        TimeRemainingColumn(compact=True),
        console=Console(stderr=True),
        transient=True,
    )
    task = bars.add_task("stock", total=None, counts="")

    def show(progress: Progress) -> None:
        counts = "".join(f", {n:,} {state.value}" for state, n in progress.counts.items())
        bars.update(task, completed=progress.done, total=progress.total, counts=counts)

    with bars:
        yield show
