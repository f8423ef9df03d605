"""``shipsync status``, ``check`` and ``reconcile``: how fresh the data are, and whether they are right."""

from __future__ import annotations

from collections import Counter
from dataclasses import astuple
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from shipsync.cli import options, output
from shipsync.cli.runs import Only
from shipsync.errors import NeedsPerson
from shipsync.plurals import counted

if TYPE_CHECKING:
    from shipsync.sync.reconcile import Comparison

app = typer.Typer()

SHOWN_CHARACTERS = 100
_KINDS = {
    "missing": "missing",
    "changed": "that differed",
    "doubled": "that stood twice",
    "lines": "whose lines differed",
    "extra": "that the account has no more",
}
CHECK_PATIENCE = timedelta(seconds=30)


@app.command(epilog="Example: shipsync status --json")
def status(
    connection: options.ConnectionName = "default",
    database: options.DatabaseFile = None,
    as_json: options.AsJson = False,
) -> None:
    """Show rows, newest record and last good run of each stream.

    Says so if commands stepped aside twice in a row (exit code 4), or a run is at work for over an hour.
    """
    from shipsync import clock
    from shipsync.queries import ResultRows
    from shipsync.sync.reports import recent_runs, stream_status
    from shipsync.warehouse import lock
    from shipsync.warehouse.database import connect

    file = options.local(connection, database).database
    standing = lock.state(file)
    complaint = standing.complaint(clock.now())
    # Said first: while a run is at work, the database may not be open to anybody else.
    if complaint is not None:
        output.note(complaint)
    with connect(file, read_only=True) as con:
        streams, latest = stream_status(con), recent_runs(con)
    if as_json:
        shown = {"database": file, "streams": streams, "runs": latest, "lock": standing}
        output.show_json(shown)
        return
    columns = ("stream", "rows", "newest", "read_up_to", "last_good_run_at", "requests")
    cells = [[getattr(stream, column) for column in columns] for stream in streams]
    output.show_table(ResultRows(columns, cells), title=str(file))
    for stream in streams:
        if stream.calls_saved or stream.calls_put_off:
            output.remark(
                f"{stream.stream}: {counted(stream.calls_saved, 'call')} saved so far, as parcels were not "
                f"due; {counted(stream.calls_put_off, 'call')} put off by the last run's budget. See "
                "tracking.schedule."
            )
    output.say()
    columns = ("command", "started_at", "finished_at", "outcome", "requests", "error")
    cells = [
        [*(getattr(run, c) for c in columns[:-1]), output.shortened(run.error, SHOWN_CHARACTERS)]
        for run in latest
    ]
    output.show_table(ResultRows(columns, cells), title="Latest runs")


@app.command(epilog="Example: shipsync check --connection west")
def check(
    connection: options.ConnectionName = "default",
    database: options.DatabaseFile = None,
    as_json: options.AsJson = False,
) -> None:
    """Ask the account whether each stream can be read.

    One small request per stream, nothing is written. Exit code 1 when a stream cannot be read, 2 when
    deliver_to or deliver_secret cannot be used.
    """
    from shipsync.api.session import Session
    from shipsync.feed.target import open_target
    from shipsync.queries import ResultRows
    from shipsync.sources.probe import probe

    account = options.account(connection, database)
    if account.deliver_to is not None:
        # Only the setting is checked: nothing is sent to the receiver, and no file is made.
        open_target(account.deliver_to, source="", secret=account.deliver_secret).close()
    with Session(account, give_up_after=CHECK_PATIENCE) as session:
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
    only: Only = None,
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

    account = options.account(connection, database)
    with Session(account) as session:
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
