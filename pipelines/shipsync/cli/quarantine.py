"""``shipsync quarantine``: what could not be used of the account's answers, and asking for it again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from shipsync.cli import options, output
from shipsync.errors import NeedsPerson
from shipsync.plurals import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shipsync.warehouse.quarantine import Quarantined

app = typer.Typer(no_args_is_help=True)

_COLUMNS = ("stream", "place", "times_seen", "first_seen_at", "last_seen_at", "reason")


@app.callback()
def quarantine() -> None:
    """See what could not be used of the account's answers, and ask for it again."""


@app.command("list", epilog="Example: shipsync quarantine list --only labels")
def list_(
    only: options.Only = None,
    resolved: Annotated[
        bool, typer.Option("--resolved", help="Show also what has come right or is gone.")
    ] = False,
    connection: options.ConnectionName = "default",
    database: options.DatabaseFile = None,
    as_json: options.AsJson = False,
) -> None:
    """Show what was set aside, the latest first.

    With --json each has its body too, as far as it is kept: redacted as the tables are, and cut.
    """
    from shipsync.warehouse.copies import readable
    from shipsync.warehouse.quarantine import Quarantine

    file = options.local(connection, database).database
    with readable(file) as con:
        things = Quarantine(con).waiting(with_resolved=resolved)
    chosen = [thing for thing in things if not only or thing.stream in only]
    if as_json:
        output.show_json(chosen)
        return
    _show(chosen, resolved=resolved)
    waiting = sum(thing.resolved_at is None for thing in chosen)
    if waiting:
        output.remark(
            f"{counted(waiting, 'row or parcel waits', 'rows or parcels wait')}; `shipsync quarantine "
            "retry` asks the account for them again."
        )


@app.command("retry", epilog="Example: shipsync quarantine retry --only tracking")
def retry(
    only: options.Only = None,
    connection: options.ConnectionName = "default",
    database: options.DatabaseFile = None,
    as_json: options.AsJson = False,
) -> None:
    """Ask the account again for what was set aside.

    By its id where it has one, else with the rows of its time or with its whole list. What can be used
    now is loaded. Exit code 3 while something waits, 1 when the account could not be asked.
    """
    from shipsync import job
    from shipsync.api.session import Session

    account = options.account(connection, database)
    with Session(account) as session:
        report = job.retry_quarantine(account, session, only=frozenset(only) if only else None)
    if as_json:
        output.show_json(report)
    else:
        _show(report.still)
    resolved = counted(report.resolved, "row or parcel has", "rows or parcels have")
    output.remark(f"{resolved} left the quarantine, of {report.tried} that waited.")
    for stream, error in report.failed.items():
        output.note(f"Failed: {stream}. {error}")
    if report.failed:
        raise typer.Exit(1)
    if report.still:
        waiting = counted(
            len(report.still), "row or parcel still waits", "rows or parcels still wait"
        )
        raise NeedsPerson(f"{waiting}; see above, or correct them in ShipStation and try again.")


def _show(things: Sequence[Quarantined], *, resolved: bool = False) -> None:
    from shipsync.queries import ResultRows

    columns = (*_COLUMNS, "resolution") if resolved else _COLUMNS
    cells = [[getattr(thing, column) for column in columns] for thing in things]
    output.show_table(ResultRows(columns, cells), title="Set aside")
