"""What the commands for shipments and fulfillments print: a plan, or what became of its rows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from shipsync.cli import output
from shipsync.cli.stock_view import report_document, say_what_came_of_it
from shipsync.errors import NeedsPerson

if TYPE_CHECKING:
    from shipsync.reverse.orders.order_apply import Applied
    from shipsync.reverse.orders.read_back import ReadBack
    from shipsync.reverse.plan.write_plan import WritePlan, WriteRow
    from shipsync.reverse.plan.write_plan_file import What


def show_plan(plan: WritePlan, place: Path | None, what: What, *, as_json: bool) -> None:
    """Print every row of a plan that is not carried out, then say what it comes to.

    ``place`` is the file it was written to, if it was. Raises ``NeedsPerson`` when a row is invalid or
    the plan is stopped.
    """
    if as_json:
        output.show_json({"applied": False, "plan": place, **_document(plan)})
    else:
        _show_rows(plan)
    _say_ignored(plan)
    figures = f"{_figures(plan)} Nothing was sent."
    sends = "--apply" if place is None else f"`shipsync {what} apply {place}`"
    if plan.stopped_by:
        raise NeedsPerson(" ".join((figures, "The plan is stopped:", *plan.stopped_by)))
    if plan.has_invalid:
        rest = f" {sends} would send the others." if plan.ready else ""
        raise NeedsPerson(f"{figures} Mend the invalid rows.{rest}")
    # Not a remark: who forgot --apply in a script must find out.
    the_next = "the same with --apply" if place is None else f"shipsync {what} apply {place}"
    output.note(f"{figures} Next: {the_next}" if plan.ready else figures)


def show_applied(done: Applied, again: str, *, as_json: bool, tells_unsent: bool = True) -> None:
    """Print what became of the rows of a plan, then say what they came to.

    ``again`` is what takes up rows that are left. With ``tells_unsent`` the rows that could not be sent
    are among them, as they are when the plan was made just now. Raises the error that stopped the run,
    and ``NeedsPerson`` for rows that need one.
    """
    if done.plan.stopped_by:
        _show_stopped(done.plan, as_json=as_json)
    unsent = [row for row in done.plan.rows if row.write is None] if tells_unsent else []
    if as_json:
        output.show_json(
            {
                "applied": True,
                "reports": [report_document(report) for report in done.reports],
                "not_sent": [_row(row) for row in unsent],
                "read_back": done.read_back,
            }
        )
    else:
        _show_outcomes(done, unsent)
    _say_ignored(done.plan)
    say_what_came_of_it(
        done.reports,
        again,
        invalid=sum(row.problem is not None for row in unsent),
        reasons="The reasons stand in the rows.",
    )
    if done.read_back is not None:
        _say_what_was_read_back(done.read_back)


def _show_stopped(plan: WritePlan, *, as_json: bool) -> None:
    if as_json:
        output.show_json({"applied": False, "plan": None, **_document(plan)})
    else:
        _show_rows(plan)
    raise NeedsPerson(
        " ".join((_figures(plan), "The plan is stopped:", *plan.stopped_by, "Nothing was sent."))
    )


def _show_rows(plan: WritePlan) -> None:
    from shipsync.queries import ResultRows

    columns = ("line", "status", "key", "what", "calls", "reason")
    rows = [[r.line, r.status, r.key, r.subject, r.calls, r.reason] for r in plan.rows]
    output.show_table(ResultRows(columns, rows))


def _show_outcomes(done: Applied, unsent: list[WriteRow]) -> None:
    from shipsync.queries import ResultRows

    columns = ("key", "what", "outcome", "attempts", "reason", "request_id")
    outcomes = [o for report in done.reports for o in (*report.settled_before, *report.outcomes)]
    rows = [
        *((o.key, o.subject, o.state, o.attempt, o.reason, o.request_id) for o in outcomes),
        *((row.key, row.subject, row.status, 0, row.reason, None) for row in unsent),
    ]
    output.show_table(ResultRows(columns, rows))
    if done.read_back is not None and done.read_back.drifts:
        output.say()
        drifts = [(d.key, d.subject, d.found) for d in done.read_back.drifts]
        output.show_table(ResultRows(("key", "what", "found"), drifts), title="Not as it was sent")


def _say_what_was_read_back(read_back: ReadBack) -> None:
    figures = f"{read_back.checked} looked at again"
    if read_back.drifts:
        raise NeedsPerson(
            f"{figures}; {len(read_back.drifts)} are not as they were sent. Somebody else may have changed "
            "them since: look at them in ShipStation."
        )
    output.remark(f"{figures}; each is as it was sent.")


def _say_ignored(plan: WritePlan) -> None:
    if plan.ignored_columns:
        output.note(f"Left aside, as they mean nothing here: {', '.join(plan.ignored_columns)}.")


def _figures(plan: WritePlan) -> str:
    from shipsync.reverse.plan.row import Status

    return (
        f"{len(plan.ready)} rows ready, {plan.count(Status.NO_OP)} need nothing, "
        f"{plan.count(Status.INVALID)} invalid; {plan.calls} calls, {plan.minutes:.1f} minutes."
    )


def _document(plan: WritePlan) -> dict[str, object]:
    """The plan as the file has it, with of buyers only what the connection keeps."""
    from shipsync.reverse.plan import write_plan_file

    return {**write_plan_file.document(plan), "rows": [_row(row) for row in plan.rows]}


def _row(row: WriteRow) -> dict[str, object]:
    return {
        "line": row.line,
        "kind": row.kind,
        "status": row.status,
        "key": row.key,
        "what": row.subject,
        "calls": row.calls,
        "reason": row.reason,
        "problem": row.problem,
        "request": None if row.write is None else row.write.recorded,
    }
