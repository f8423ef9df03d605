"""``shipsync status``, ``check`` and ``reconcile``: how fresh the data are, and whether they are right."""

from __future__ import annotations

from collections import Counter
from dataclasses import astuple, dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shipsync.cli import options, output, times
from shipsync.errors import NeedsPerson
from shipsync.plurals import counted

if TYPE_CHECKING:
    from shipsync.alerts.conditions import Condition
    from shipsync.settings import Local
    from shipsync.sync.reconcile import Comparison
    from shipsync.sync.reports import RunStatus, StreamStatus
    from shipsync.warehouse.lock import LockState

app = typer.Typer()

_KINDS = {
    "missing": "missing",
    "changed": "that differed",
    "doubled": "that stood twice",
    "lines": "whose lines differed",
    "extra": "that the account has no more",
}
CHECK_PATIENCE = timedelta(seconds=30)


@app.command(epilog="Example: shipsync status --max-age 2h --exit-code")
def status(
    max_age: Annotated[
        timedelta | None,
        typer.Option(
            "--max-age",
            metavar="TIME",
            parser=times.period,
            help="Count a last good run that is older as trouble: 90m, 2h, 1d.",
        ),
    ] = None,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="End with 3 when something needs a person.")
    ] = False,
    prometheus: Annotated[
        bool,
        typer.Option("--prometheus", help="Print figures in the text format of Prometheus."),
    ] = False,
    connection: options.ConnectionName = "default",
    database: options.DatabaseFile = None,
    as_json: options.AsJson = False,
) -> None:
    """Show what needs a person, then how fresh each stream is.

    What needs a person is a failed or overdue run, a stale stream, writes of unknown outcome, what waits in
    the quarantine, events that could not be delivered, a spent budget, and a run at work for over an hour.
    """
    found = _read(options.local(connection, database), max_age)
    # Said even when the table goes into a pipe.
    if found.complaint is not None:
        output.note(found.complaint)
    if prometheus:
        from shipsync.cli.prometheus import exposition

        output.write(exposition(connection, found))
    elif as_json:
        output.show_json(
            {
                "database": found.database,
                "needs_person": found.conditions,
                "streams": found.streams,
                "runs": found.runs,
                "lock": found.standing,
                "alerts_error": found.alerts_error,
                "label_lists": found.label_lists,
            }
        )
    else:
        _show_status(found)
    if exit_code and found.conditions:
        raise typer.Exit(NeedsPerson.exit_code)


@dataclass(frozen=True)
class AccountStatus:
    """How one account stands: ``conditions`` that need a person first.

    ``label_lists``: how far lists of labels tell of deliveries.
    """

    database: Path
    conditions: list[Condition]
    streams: list[StreamStatus]
    runs: list[RunStatus]
    standing: LockState
    complaint: str | None
    alerts_error: str | None
    label_lists: str | None


def _read(local: Local, max_age: timedelta | None) -> AccountStatus:
    from shipsync import clock
    from shipsync.alerts.conditions import conditions
    from shipsync.alerts.publishing import publish_conditions
    from shipsync.alerts.state import last_error
    from shipsync.sync.followed_parcels import lists_told
    from shipsync.sync.reports import recent_runs, stream_status
    from shipsync.warehouse import lock
    from shipsync.warehouse.copies import readable

    now = clock.now()
    standing = lock.state(local.database)
    with readable(local.database) as con:
        lost = last_error(con)
        return AccountStatus(
            local.database,
            conditions(
                con,
                local,
                standing,
                now,
                max_age=max_age,
                beside=publish_conditions(local.database),
            ),
            stream_status(con),
            recent_runs(con),
            standing,
            standing.complaint(now),
            f"{lost[1]} It was tried at {output.cell(lost[0])}; the next run tries again."
            if lost
            else None,
            lists_told(con),
        )


def _show_status(found: AccountStatus) -> None:
    from shipsync.queries import ResultRows

    if found.conditions:
        told = ("needs_person", "subject", "since", "what")
        rows = [[c.name.value, c.subject, c.since, c.message] for c in found.conditions]
        output.show_table(ResultRows(told, rows))
        output.say()
    else:
        output.remark("Nothing needs a person.")
    if found.alerts_error:
        output.note(found.alerts_error)
    columns = ("stream", "rows", "newest", "read_up_to", "last_good_run_at", "requests")
    cells = [[getattr(stream, column) for column in columns] for stream in found.streams]
    output.show_table(ResultRows(columns, cells), title=str(found.database))
    for stream in found.streams:
        if stream.calls_saved or stream.calls_put_off:
            output.remark(
                f"{stream.stream}: {counted(stream.calls_saved, 'call')} saved so far, as parcels were not "
                f"due; {counted(stream.calls_put_off, 'call')} put off by the last run's budget. See "
                "tracking.schedule."
            )
    if found.label_lists is not None:
        output.remark(f"tracking: {found.label_lists}")
    for run in found.runs[:1]:
        output.remark(
            f"The last command was {run.command} at {output.cell(run.started_at)}: "
            f"{run.outcome or 'it goes on'}. `shipsync runs` lists all."
        )


@app.command(epilog="Example: shipsync check --connection west")
def check(
    connection: options.ConnectionName = "default",
    database: options.DatabaseFile = None,
    as_json: options.AsJson = False,
) -> None:
    """Ask the account whether each stream can be read.

    One small request per stream, nothing is written. Exit code 1 when a stream cannot be read, 2 when
    deliver_to, deliver_secret or publish_to cannot be used.
    """
    from shipsync.api.session import Session
    from shipsync.feed.target import open_target
    from shipsync.queries import ResultRows
    from shipsync.sources.probe import probe

    account = options.account(connection, database)
    if account.deliver_to is not None:
        # Only the setting is checked: nothing is sent to the receiver, and no file is made.
        open_target(account.deliver_to, source="", secret=account.deliver_secret).close()
    options.keep_publishing_out_of_traces(account.publish_to)
    with Session(account, give_up_after=CHECK_PATIENCE, urgent=True) as session:
        probes = list(probe(session))
    columns = ("stream", "reachable", "rows", "error")
    output.show(ResultRows(columns, [astuple(answer) for answer in probes]), as_json=as_json)
    failed = [answer.stream for answer in probes if answer.is_failure]
    if failed:
        output.note(f"These streams cannot be read: {', '.join(failed)}.")
        raise typer.Exit(1)
    output.remark(f"{account.base_url} answers; every stream can be read.")


@app.command(epilog="Example: shipsync reconcile --only labels")
def reconcile(
    only: options.Only = None,
    by_counts: Annotated[
        bool,
        typer.Option(
            "--by-counts", help="Compare numbers of rows alone: a request for each month."
        ),
    ] = False,
    connection: options.ConnectionName = "default",
    database: options.DatabaseFile = None,
    as_json: options.AsJson = False,
) -> None:
    """Compare the tables with the account and repair them.

    Every list is read whole, and every row and line of it compared: one request for 500 rows. What is
    missing, differs, stands twice or is no more in the account is put right. Exit code 3 when something
    still differs afterwards.
    """
    from shipsync import job
    from shipsync.api.session import Session
    from shipsync.cli import progress

    account = options.account(connection, database)
    with Session(account) as session, progress.steps() as step:
        step("comparing the tables with the account")
        compared = job.reconcile(
            account, session, only=frozenset(only) if only else None, by_counts=by_counts
        )
    if as_json:
        output.show_json(compared)
    else:
        _show(compared)
    still = [window for window in compared if not window.agrees]
    if still:
        raise NeedsPerson(
            f"{len(still)} of {counted(len(compared), 'window')} still differ from the account; see above. "
            "If they differ again in an hour, `shipsync sync --full-refresh` reads everything again."
        )
    windows = counted(len(compared), "window was", "windows were")
    output.remark(f"{windows} compared; the tables agree with the account.")


def _show(compared: list[Comparison]) -> None:
    from shipsync.queries import ResultRows

    columns = ("stream", "start", "end", "account", "stored", "repaired", "stored_after")
    differed = [window for window in compared if window.repaired or not window.agrees]
    cells = [[getattr(window, column) for column in columns] for window in differed]
    output.show_table(ResultRows(columns, cells), title="Windows that differed")
    found: dict[str, Counter[str]] = {}
    for window in compared:
        found.setdefault(window.stream, Counter()).update(window.found)
    for stream, kinds in found.items():
        if kinds:
            put_right = ", ".join(f"{count} {_KINDS[kind]}" for kind, count in kinds.items())
            output.note(f"{stream}: put right {put_right}.")
    for window in compared:
        if window.unproven:
            output.note(window.unproven)
