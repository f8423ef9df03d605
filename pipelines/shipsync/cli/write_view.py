"""What the commands for shipments and fulfillments print: a plan, or what became of its rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import typer

from shipsync.cli import output
from shipsync.cli.stock_view import INTERRUPTED, report_document
from shipsync.errors import NeedsPerson

if TYPE_CHECKING:
    from shipsync.reverse.apply import ApplyReport
    from shipsync.reverse.write_plan import WritePlan, WriteRow

Plans = Sequence["WritePlan[Any]"]


def show_plans(plans: Plans, *, as_json: bool) -> None:
    """Print every row of plans that were not carried out, then say what they come to.

    Raises ``NeedsPerson`` when a row is invalid.
    """
    from shipsync.queries import Rows

    if as_json:
        output.show_json({"applied": False, "plans": [_document(plan) for plan in plans]})
    else:
        columns = ("line", "status", "key", "what", "calls", "reason")
        rows = [_cells(row) for plan in plans for row in plan.rows]
        output.show_table(Rows(columns, rows))
    say_what_plans_need(plans)


def say_what_plans_need(plans: Plans) -> None:
    """Say what plans that were not carried out come to; raises ``NeedsPerson`` for an invalid row."""
    _say_ignored(plans)
    figures = f"{_figures(plans)} Nothing was sent."
    invalid = _invalid(plans)
    if invalid:
        rest = " --apply would send the others." if any(plan.writes for plan in plans) else ""
        raise NeedsPerson(f"{figures} Mend the invalid rows.{rest}")
    # Not a remark: who forgot --apply in a script must find out.
    is_ready = any(plan.writes for plan in plans)
    output.note(f"{figures} Next: the same with --apply." if is_ready else figures)


def show_outcomes(plans: Plans, reports: Sequence[ApplyReport], *, as_json: bool) -> None:
    """Print what became of the rows of plans, then say what they came to.

    Raises the error that stopped the run, and ``NeedsPerson`` for rows that need one.
    """
    from shipsync.queries import Rows

    if as_json:
        documents = [report_document(report) for report in reports]
        not_sent = [_row(row) for row in _not_sent(plans)]
        output.show_json({"applied": True, "reports": documents, "not_sent": not_sent})
    else:
        columns = ("key", "what", "outcome", "attempts", "reason", "request_id")
        outcomes = [o for r in reports for o in (*r.settled_before, *r.outcomes)]
        rows = [
            *((o.key, o.subject, o.state, o.attempt, o.reason, o.request_id) for o in outcomes),
            *((r.key, r.subject, r.status, 0, r.reason, None) for r in _not_sent(plans)),
        ]
        output.show_table(Rows(columns, rows))
    _say_what_came_of_it(plans, reports)


def _say_what_came_of_it(plans: Plans, reports: Sequence[ApplyReport]) -> None:
    _say_ignored(plans)
    counts: dict[str, int] = {}
    for report in reports:
        for state, count in report.counts.items():
            counts[state.value] = counts.get(state.value, 0) + count
    invalid = len(_invalid(plans))
    told = [f"{count} {state}" for state, count in counts.items()]
    told += [f"{invalid} invalid and not sent"] if invalid else []
    requests = sum(report.requests for report in reports)
    figures = f"{', '.join(told) or 'Nothing to send'}; {requests} requests."
    if left := sum(report.left for report in reports):
        figures += f" {left} rows are left: run the command again."
    stopped = next((report.stopped_by for report in reports if report.stopped_by), None)
    if stopped is not None:
        output.note(figures)
        raise stopped
    if any(report.interrupted for report in reports):
        output.note(figures)
        raise typer.Exit(INTERRUPTED)
    if invalid or any(report.needs_person for report in reports):
        raise NeedsPerson(f"{figures} The reasons stand in the rows.")
    output.remark(figures)


def _say_ignored(plans: Plans) -> None:
    columns = dict.fromkeys(column for plan in plans for column in plan.ignored_columns)
    if columns:
        output.note(f"Left aside, as they mean nothing here: {', '.join(columns)}.")


def _figures(plans: Plans) -> str:
    from shipsync.reverse.planned import Status

    ready, needless, invalid = (
        sum(plan.count(status) for plan in plans)
        for status in (Status.READY, Status.NO_OP, Status.INVALID)
    )
    calls, minutes = sum(plan.calls for plan in plans), sum(plan.minutes for plan in plans)
    return (
        f"{ready} rows ready, {needless} need nothing, {invalid} invalid; {calls} calls, "
        f"{minutes:.1f} minutes."
    )


def _invalid(plans: Plans) -> list[WriteRow[Any]]:
    from shipsync.reverse.planned import Status

    return [row for plan in plans for row in plan.rows if row.status is Status.INVALID]


def _not_sent(plans: Plans) -> list[WriteRow[Any]]:
    return [row for plan in plans for row in plan.rows if row.write is None]


def _cells(row: WriteRow[Any]) -> list[object]:
    return [row.line, row.status, row.key, row.subject, row.calls, row.reason]


def _document(plan: WritePlan[Any]) -> dict[str, object]:
    return {
        "kind": plan.kind,
        "source": plan.source,
        "calls": plan.calls,
        "minutes": round(plan.minutes, 1),
        "rows": [_row(row) for row in plan.rows],
    }


def _row(row: WriteRow[Any]) -> dict[str, object]:
    return {
        "line": row.line,
        "status": row.status,
        "key": row.key,
        "what": row.subject,
        "calls": row.calls,
        "reason": row.reason,
        "problem": row.problem,
        "request": None if row.write is None else row.write.request,
    }
