"""What the commands that write to the account print of writes: what became of a plan's rows, the outbox.

One view for every kind of write. A kind with figures of its own (stock: SKU, location, quantity) shows them
in columns; the others are shown under a key and a subject.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import typer

from shipsync.cli import output
from shipsync.errors import NeedsPerson
from shipsync.plurals import counted

if TYPE_CHECKING:
    from shipsync.reverse.applying import Applied
    from shipsync.reverse.outbox.finding import ReadBack
    from shipsync.reverse.outbox.states import WriteState
    from shipsync.reverse.outbox.store import LedgerEntry
    from shipsync.reverse.outbox.write import WriteOutcome
    from shipsync.reverse.plan.row import PlanRow

INTERRUPTED = 130

Document = Mapping[str, object]


def show_applied(done: Applied, *, as_json: bool, unsent: Sequence[PlanRow]) -> None:
    """Print what became of every row of a plan, and what the account does not show as it was made.

    ``unsent`` are rows of the plan that were not to be sent.
    """
    if as_json:
        output.show_json(_applied_document(done, unsent))
        return
    _show_outcomes(done, unsent)
    if done.read_back is not None and done.read_back.drifts:
        output.say()
        _show_drifts(done.read_back)


def _applied_document(done: Applied, unsent: Sequence[PlanRow]) -> Document:
    from shipsync.reverse.plan.file import row_document

    planned = _planned_rows(done)
    return {
        "applied": True,
        "plan_digest": done.plan_digest,
        "counts": _by_state(done.counts),
        "counts_earlier": _by_state(done.counts_earlier),
        "left": done.left,
        "requests": done.requests,
        "stopped_by": None if done.stopped_by is None else str(done.stopped_by),
        "rows": [
            _outcome_document(report.kind, outcome, planned)
            for report in done.reports
            for outcome in report.outcomes
        ],
        "settled_before": [
            _outcome_document(report.kind, outcome, {})
            for report in done.reports
            for outcome in report.settled_before
        ],
        "not_sent": [row_document(row) for row in unsent],
        "read_back": done.read_back,
    }


def _planned_rows(done: Applied) -> dict[tuple[str, str], PlanRow]:
    return {(row.kind, row.key or ""): row for row in done.plan.ready}


def _outcome_document(
    kind: str, outcome: WriteOutcome, planned: Mapping[tuple[str, str], PlanRow]
) -> Document:
    return {
        "kind": kind,
        "key": outcome.key,
        "subject": outcome.subject,
        "state": outcome.state,
        "is_earlier": outcome.is_earlier,
        "attempt": outcome.attempt,
        "reason": outcome.reason,
        "request_id": outcome.request_id,
        **_columns_of(planned.get((kind, outcome.key))),
    }


def _columns_of(row: PlanRow | None) -> Document:
    """What a person looks for in a row; the figures say it in words where the request has an id."""
    from shipsync.reverse.kinds import KINDS

    if row is None:
        return {}
    columns = KINDS[row.kind].columns(row.request or {})
    return {name: getattr(row.figures, name, value) for name, value in columns.items()}


def _show_outcomes(done: Applied, unsent: Sequence[PlanRow]) -> None:
    """A row for each outcome, those of earlier plans first, then what was not sent."""
    from shipsync.queries import ResultRows
    from shipsync.reverse.kinds import KINDS

    kinds = [KINDS[name] for name in done.plan.kinds]
    columns = tuple(dict.fromkeys(name for kind in kinds for name in kind.columns({})))
    common = ("key", "what", "outcome", "attempts", "reason", "request_id", "done", "kind")
    told = [*_told_outcomes(done), *_told_unsent(unsent)]
    documents = output.first_rows(told, lambda document: document["outcome"] != "applied")
    if output.is_for_a_person():
        called = columns if any(kind.shown for kind in kinds) else ("what",)
        names = (*called, "outcome", "done", "request_id", "key", "reason")
    else:
        names = (*common, *columns)
    rows = [[document.get(name) for name in names] for document in documents]
    output.show_table(ResultRows(names, rows))


def _told_outcomes(done: Applied) -> Iterator[Document]:
    planned = _planned_rows(done)
    for report in done.reports:
        for outcome in (*report.settled_before, *report.outcomes):
            yield {
                "key": outcome.key,
                "what": outcome.subject,
                "outcome": outcome.state,
                "attempts": outcome.attempt,
                "reason": outcome.reason,
                "request_id": outcome.request_id,
                "done": "earlier" if outcome.is_earlier else "now",
                "kind": report.kind,
                **_columns_of(planned.get((report.kind, outcome.key))),
            }


def _told_unsent(unsent: Iterable[PlanRow]) -> Iterator[Document]:
    for row in unsent:
        yield {
            "key": row.key,
            "what": row.subject,
            "outcome": row.status,
            "attempts": 0,
            "reason": row.reason,
            "kind": row.kind,
            **_columns_of(row),
        }


def _show_drifts(read_back: ReadBack) -> None:
    from shipsync.queries import ResultRows

    columns = ("key", "what", "expected", "found")
    rows = [[drift.key, drift.subject, drift.expected, drift.found] for drift in read_back.drifts]
    output.show_table(ResultRows(columns, rows), title="Not as it was sent")


def say_what_came_of_it(done: Applied, again: str, *, unsent: Sequence[PlanRow]) -> None:
    """Say what the rows came to; ``again`` is what takes up those that are left.

    Raises the error that stopped the run, and ``NeedsPerson`` for a stopped plan, for invalid, rejected
    and unknown rows, and for what the account does not show as it was made.
    """
    invalid = [row for row in unsent if row.problem is not None]
    figures = _figures_of_run(done, again, len(invalid))
    if done.stopped_by is not None:
        output.note(figures)
        raise done.stopped_by
    if done.interrupted:
        output.note(figures)
        raise typer.Exit(INTERRUPTED)
    if invalid and len(done.plan.rows) == 1:
        raise NeedsPerson(f"{invalid[0].reason} Nothing was sent.")
    if invalid or done.needs_person:
        raise NeedsPerson(
            f"{figures} The reasons stand in the rows; `shipsync writes status` shows them again."
        )
    output.remark(figures)
    if done.read_back is not None:
        _say_what_was_read_back(done.read_back)


def _figures_of_run(done: Applied, again: str, invalid: int) -> str:
    """How many rows stand in each state, which of them for some time, and what is left."""
    told = [_told(done.counts - done.counts_earlier)] if done.counts - done.counts_earlier else []
    told += [f"{invalid} invalid and not sent"] if invalid else []
    nothing = "Nothing was sent" if done.left else "Nothing to send"
    figures = f"{', '.join(told) or nothing}; {counted(done.requests, 'request')}."
    if done.counts_earlier:
        figures += f" Done earlier: {_told(done.counts_earlier)}."
    if done.counts_of_other_plans:
        figures += f" Of other plans, by reading back: {_told(done.counts_of_other_plans)}."
    if not done.left:
        return figures
    return f"{figures} {counted(done.left, 'row')} left: {again}."


def _say_what_was_read_back(read_back: ReadBack) -> None:
    figures = f"{read_back.checked} read back"
    if read_back.not_comparable:
        figures += f", {read_back.not_comparable} not, as the change need not show there"
    if read_back.drifts:
        raise NeedsPerson(
            f"{figures}; {len(read_back.drifts)} not as sent. Somebody else may have changed that since, "
            "and a label takes stock: look at it in ShipStation, sync and plan again."
        )
    output.remark(f"{figures}; all as sent.")


def say_other_connections(connection: str, others: Sequence[str]) -> None:
    """Say that nothing was written for this connection, and for which the ledger has writes."""
    if others:
        output.note(
            f"There are no writes for connection {connection!r}; this database has writes of "
            f"{', '.join(others)}: name one with --connection."
        )


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


def show_entries(
    entries: Sequence[LedgerEntry], locations: Mapping[str, str], *, as_json: bool
) -> None:
    """Print writes of the outbox as they stand; all that is known of each only in JSON.

    ``locations`` are the names of locations by id.
    """
    from shipsync.queries import ResultRows
    from shipsync.reverse.kinds import KINDS

    if as_json:
        output.show_json([entry_document(entry) for entry in entries])
        return
    columns = tuple(dict.fromkeys(name for kind in KINDS.values() for name in kind.columns({})))
    names: tuple[str, ...] = (
        *("row_key", "wanted", "outcome", "kind", "settled_by", "times_sent"),
        *("planned_at", "sent_at", "settled_at", "request_id", "reason"),
        *columns,
    )
    if output.is_for_a_person():
        names = (
            *columns,
            "outcome",
            "kind",
            "sent_at",
            "row_key",
            "wanted",
            "request_id",
            "reason",
        )
    documents = [
        {**entry_document(entry), **KINDS[entry.kind].columns(entry.request)} for entry in entries
    ]
    for document in documents:
        place = str(document.get("location"))
        document["location"] = locations.get(place, document.get("location"))
    rows = [[document.get(name) for name in names] for document in documents]
    output.show_table(ResultRows(names, rows))


def _by_state(counts: Counter[WriteState]) -> dict[str, int]:
    return {state.value: count for state, count in counts.items()}


def _told(counts: Counter[WriteState]) -> str:
    return ", ".join(f"{count} {state.value}" for state, count in counts.items())
