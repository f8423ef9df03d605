"""What the commands that write to the account print of a plan: its rows, and what it needs.

One view for every kind of write. A kind with figures of its own (stock: SKU, location, quantity) shows them
in columns; the others are shown under a key and a subject.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from shipsync.cli import output
from shipsync.errors import NeedsPerson
from shipsync.plurals import counted

if TYPE_CHECKING:
    from shipsync.reverse.plan.row import Plan


def show_plan(plan: Plan) -> None:
    """Print every row of a plan."""
    from shipsync.queries import ResultRows
    from shipsync.reverse.kinds import KINDS

    shown = KINDS[plan.kinds[0]].shown
    columns = ("line", "status", *(shown or ("key", "what")), "calls", "reason")
    rows = [
        [
            row.line,
            row.status,
            *([getattr(row.figures, name) for name in shown] or [row.key, row.subject]),
            row.calls,
            row.reason,
        ]
        for row in output.first_rows(plan.rows, lambda row: row.problem is not None)
    ]
    output.show_table(ResultRows(columns, rows))


def say_what_the_plan_needs(plan: Plan, place: Path | None, *, names_ignored: bool = True) -> None:
    """Say what a plan comes to that was not carried out; ``place`` is the file it was written to.

    Raises ``NeedsPerson`` when a row is invalid or the plan is stopped.
    """
    say_warnings(plan, names_ignored=names_ignored)
    if len(plan.rows) == 1 and place is None and not plan.stopped_by:
        _say_of_the_row(plan)
        return
    figures = f"{_figures_of_plan(plan)} Nothing was sent."
    if plan.stopped_by:
        raise NeedsPerson(" ".join((figures, "The plan is stopped:", *plan.stopped_by)))
    sends = "The same with --apply" if place is None else f"`shipsync {plan.family} apply {place}`"
    if plan.has_invalid:
        rest = f" {sends} sends the others." if plan.ready else ""
        raise NeedsPerson(f"{figures} Fix the invalid rows and plan again.{rest}")
    # Not a remark: who forgot --apply in a script must find out.
    output.note(f"{figures} {sends} sends them." if plan.ready else figures)


def _say_of_the_row(plan: Plan) -> None:
    """The same of a single row that was not sent."""
    [row] = plan.rows
    if plan.has_invalid:
        raise NeedsPerson(f"{row.reason} Nothing was sent.")
    output.note(f"Nothing was sent.{' The same with --apply sends it.' if plan.ready else ''}")


def _figures_of_plan(plan: Plan) -> str:
    from shipsync.reverse.plan.row import Status

    counts = (
        f"{counted(len(plan.ready), 'row')} ready, {plan.count(Status.NO_OP)} with nothing to do, "
        f"{plan.count(Status.INVALID)} invalid; {counted(plan.calls, 'call')}, "
        f"{plan.minutes:.1f} minutes."
    )
    if plan.observation is None:
        return counts
    age = counted(round(plan.observation.minutes), "minute")
    return f"{counts} Compared with the stock of {age} ago."


def say_warnings(plan: Plan, *, names_ignored: bool = True) -> None:
    """Say what may not be meant: what the plan warns of, and the columns that were not used."""
    for warning in plan.warnings:
        output.note(warning)
    if names_ignored and plan.ignored_columns:
        output.note(f"Ignored unknown columns: {', '.join(plan.ignored_columns)}.")


def say_what_was_invalid(rows: int) -> None:
    """Say that a plan has rows that could not be sent, as it did when it was made."""
    if rows:
        output.note(f"{counted(rows, 'invalid row')} of the plan not sent; the plan says why.")
