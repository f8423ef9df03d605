"""What the stock commands print: plans, reports, the outbox, and progress on a terminal."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from shipsync.cli import output
from shipsync.errors import NeedsPerson

if TYPE_CHECKING:
    from pathlib import Path

    from shipsync.reverse.outbox.apply import ApplyReport
    from shipsync.reverse.outbox.rollout import WriteProgress
    from shipsync.reverse.outbox.store import LedgerEntry
    from shipsync.reverse.plan.row import Plan, PlanRow
    from shipsync.reverse.stock.verify import Verification

INTERRUPTED = 130
REASONS = "`shipsync stock status` shows the reasons."


def show_plan(plan: Plan) -> None:
    """Print every row of a plan; on a terminal in fewer columns, which fit it."""
    from shipsync.queries import ResultRows

    if output.is_for_a_person():
        names = ("line", "status", "sku", "location", "action", "quantity", "on hand", "reason")
        told = [
            [r.line, r.status, r.sku, r.location, r.action, r.quantity, _step(r), r.reason]
            for r in plan.rows
        ]
        output.show_table(ResultRows(names, told))
        return
    columns = (
        *("line", "status", "sku", "location", "action", "quantity"),
        *("on_hand", "wanted", "difference", "calls", "reason"),
    )
    rows = [[getattr(row, column) for column in columns] for row in plan.rows]
    output.show_table(ResultRows(columns, rows))


def _step(row: PlanRow) -> str | None:
    """On hand now and afterwards."""
    if row.on_hand is None:
        return None
    return f"{row.on_hand:,}" if row.wanted == row.on_hand else f"{row.on_hand:,} → {row.wanted:,}"


def say_what_the_plan_needs(plan: Plan, place: Path, *, names_ignored: bool) -> None:
    """Say what the plan comes to; raises ``NeedsPerson`` when a row is invalid or it was stopped."""
    from shipsync.reverse.plan.row import Status

    if plan.ignored_columns and names_ignored:
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
    output.note(f"{figures} Next: shipsync stock apply {place}" if ready else figures)


def report_document(report: ApplyReport) -> dict[str, object]:
    """What became of the rows, as one JSON document."""
    return {
        "plan_digest": report.plan_digest,
        "counts": {state.value: count for state, count in report.counts.items()},
        "left": report.left,
        "stopped_by": None if report.stopped_by is None else str(report.stopped_by),
        "requests": report.requests,
        "rows": report.outcomes,
        "settled_before": report.settled_before,
    }


def show_applied(report: ApplyReport, verification: Verification | None, *, as_json: bool) -> None:
    """Print what became of every row, and which levels moved since."""
    if as_json:
        output.show_json({**report_document(report), "verification": verification})
        return
    show_report(report)
    if verification is not None and verification.drifts:
        output.say()
        _show_drifts(verification)


def _show_drifts(verification: Verification) -> None:
    """Print every level that is not what the plan made it."""
    from shipsync.queries import ResultRows

    columns = ("key", "sku", "inventory_location_id", "expected", "found")
    rows = [[getattr(drift, column) for column in columns] for drift in verification.drifts]
    output.show_table(ResultRows(columns, rows), title="Levels that moved since")


def say_what_was_read_back(verification: Verification) -> None:
    """Say how many levels stand as they should; raises ``NeedsPerson`` when one does not."""
    figures = f"{verification.checked} levels read back"
    if verification.not_comparable:
        figures += f", {verification.not_comparable} rows not, as they need not show in on hand"
    if verification.drifts:
        raise NeedsPerson(
            f"{figures}; {len(verification.drifts)} are not what the plan made them. Somebody else moved "
            "stock there, or a label took it: look at them, sync and plan anew."
        )
    output.remark(f"{figures}; each is what the plan made it.")


def show_report(report: ApplyReport) -> None:
    """Print what became of every row, those of earlier plans first."""
    from shipsync.queries import ResultRows

    columns = ("key", "subject", "state", "attempt", "reason", "request_id")
    outcomes = (*report.settled_before, *report.outcomes)
    rows = [[getattr(outcome, column) for column in columns] for outcome in outcomes]
    output.show_table(ResultRows(columns, rows))


def say_what_came_of_it(
    reports: Sequence[ApplyReport], again: str, *, invalid: int = 0, reasons: str
) -> None:
    """Say what the rows came to; ``again`` is what takes up those that are left.

    ``invalid`` rows were not sent; ``reasons`` says where the reasons stand. Raises the error that
    stopped the run, and ``NeedsPerson`` for invalid, rejected and unknown rows.
    """
    figures = _figures(reports, again, invalid)
    stopped = next((report.stopped_by for report in reports if report.stopped_by), None)
    if stopped is not None:
        output.note(figures)
        raise stopped
    if any(report.interrupted for report in reports):
        output.note(figures)
        raise typer.Exit(INTERRUPTED)
    if invalid or any(report.needs_person for report in reports):
        raise NeedsPerson(f"{figures} {reasons}")
    output.remark(figures)


def _figures(reports: Sequence[ApplyReport], again: str, invalid: int) -> str:
    """How many rows stand in each state, and what is left."""
    counts, before = Counter[str](), Counter[str]()
    for report in reports:
        counts.update({state.value: count for state, count in report.counts.items()})
        before.update({state.value: count for state, count in report.counts_before.items()})
    left = sum(report.left for report in reports)
    told = [f"{count} {state}" for state, count in counts.items()]
    told += [f"{invalid} invalid and not sent"] if invalid else []
    nothing = "Nothing was sent" if left else "Nothing to send"
    figures = f"{', '.join(told) or nothing}; {sum(r.requests for r in reports)} requests."
    if before:
        earlier = ", ".join(f"{count} {state}" for state, count in before.items())
        figures += f" Of earlier plans, by reading back: {earlier}."
    return f"{figures} {left} rows are left: {again}." if left else figures


def entry_document(entry: LedgerEntry) -> dict[str, object]:
    """A write as it stands, under the names that the model ``reverse.outcomes`` has."""
    return {
        "row_key": entry.row_key,
        "wanted": entry.subject,
        "outcome": entry.state,
        "kind": entry.kind,
        "settled_by": entry.source,
        "times_sent": entry.attempt,
        "planned_at": entry.planned_at,
        "sent_at": entry.sent_at,
        "settled_at": entry.settled_at,
        "http_status": entry.http_status,
        "request_id": entry.request_id,
        "reason": entry.reason,
        "request": entry.request,
        "reading_before": entry.reading_before,
        "reading_after": entry.reading_after,
        "plan_digest": entry.plan_digest,
    }


def tell_of_invalid(rows: int) -> None:
    """Say that a plan has rows that could not be sent, as it did when it was made."""
    if rows:
        output.note(f"{rows} invalid rows of the plan were not sent; it says why.")


def tell_of_others(connection: str, others: Sequence[str]) -> None:
    """Say that nothing was written for this connection, and for which the ledger has writes."""
    if others:
        output.note(
            f"Nothing was taken up for connection {connection!r}; this database has writes of "
            f"{', '.join(others)}: name one with --connection."
        )


def show_entries(entries: Sequence[LedgerEntry], *, as_json: bool) -> None:
    """Print rows of the outbox as they stand; all that is known of each only in JSON."""
    from shipsync.queries import ResultRows

    documents = [entry_document(entry) for entry in entries]
    if as_json:
        output.show_json(documents)
        return
    columns: tuple[str, ...] = (
        *("row_key", "wanted", "outcome", "kind", "settled_by", "times_sent"),
        *("planned_at", "sent_at", "settled_at", "request_id", "reason"),
    )
    if output.is_for_a_person():
        columns = ("row_key", "outcome", "kind", "sent_at", "wanted", "request_id", "reason")
    rows = [[document[column] for column in columns] for document in documents]
    output.show_table(ResultRows(columns, rows))


@contextmanager
def progress(what: str = "stock") -> Iterator[Callable[[WriteProgress], None]]:
    """What to tell an apply's progress to; a bar on standard error when there is a terminal."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    bars = Bars(
        TextColumn(what),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[counts]}"),
        TimeRemainingColumn(compact=True),
        console=Console(stderr=True),
        transient=True,
    )
    task = bars.add_task(what, total=None, counts="")

    def show(progress: WriteProgress) -> None:
        states = "".join(f", {n:,} {state.value}" for state, n in progress.counts.items())
        counts = f"{progress.done:,} of {progress.total:,} rows{states}"
        bars.update(task, completed=progress.done, total=progress.total, counts=counts)

    with bars:
        yield show
