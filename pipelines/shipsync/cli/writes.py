"""``shipsync writes``: what became of every write; and what all commands that write have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shipsync.cli import options, output, plan_view, writes_progress, writes_view
from shipsync.errors import UsageError
from shipsync.reverse.outbox.states import WriteState

if TYPE_CHECKING:
    import duckdb

    from shipsync.connection import Connection
    from shipsync.reverse.applying import Applying
    from shipsync.reverse.plan.progress import PlanProgress
    from shipsync.reverse.plan.row import Family, Plan
    from shipsync.reverse.planners import MakePlan, OrdersAccount

STATUS_EXAMPLE = "Example: shipsync writes status --state unknown"
RESOLVE_EXAMPLE = (
    'Example: shipsync writes resolve recount-17 --applied --because "counted the shelf"'
)
RELEASE_EXAMPLE = 'Example: shipsync writes release --because "all files since Monday are archived"'

app = typer.Typer(no_args_is_help=True)


@app.callback()
def writes() -> None:
    """See what became of every write, and settle what is open."""


@app.command("status", epilog=STATUS_EXAMPLE)
def status_command(
    state: Annotated[
        WriteState | None, typer.Option("--state", help="Keep to rows in this state.")
    ] = None,
    kind: Annotated[
        str | None,
        typer.Option("--kind", help="Keep to this kind: stock, create_shipment and the like."),
    ] = None,
    limit: Annotated[
        int,
        typer.Option(
            "--limit", min=1, max=options.MOST_ROWS, help="Show at most so many, the latest ones."
        ),
    ] = 100,
    connection: options.ConnectionName = "default",
    database: options.DatabaseFile = None,
    as_json: options.AsJson = False,
) -> None:
    """Show every write to the account, and what became of it.

    Of every kind: stock, create_shipment, cancel_shipment, void_label, create_fulfillment.
    """
    from shipsync.reverse import service

    if kind is not None:
        from shipsync.reverse.kinds import KINDS

        if kind not in KINDS:
            raise UsageError(f"There is no kind {kind!r} of write; it can be {', '.join(KINDS)}.")
    file = options.local(connection, database).database
    entries = service.outcomes(file, connection)
    if not entries:
        writes_view.say_other_connections(connection, service.connections_written_for(file))
    chosen = [
        entry for entry in entries if state in (None, entry.state) and kind in (None, entry.kind)
    ][:limit]
    locations = {} if as_json else service.location_names(file)
    writes_view.show_entries(chosen, locations, as_json=as_json)


@app.command("resolve", epilog=RESOLVE_EXAMPLE)
def resolve_command(
    key: Annotated[str, typer.Argument(metavar="KEY", help="The row's key, as status shows it.")],
    applied: Annotated[
        bool | None,
        typer.Option("--applied/--not-applied", help="Say whether the account was changed by it."),
    ] = None,
    because: Annotated[
        str, typer.Option("--because", metavar="TEXT", help="Say how you know; it is kept.")
    ] = "",
    kind: Annotated[
        str | None, typer.Option("--kind", help="Say which kind, if two have the key.")
    ] = None,
    connection: options.ConnectionName = "default",
    database: options.DatabaseFile = None,
    as_json: options.AsJson = False,
) -> None:
    """Settle a write whose outcome is unknown.

    Look at the account first. Nothing is sent; a row that was not applied can be planned again.
    """
    from shipsync.reverse import service

    if applied is None:
        raise UsageError("Say what became of the row: --applied or --not-applied.")
    file = options.local(connection, database).database
    entry = service.resolve(file, connection, key, applied=applied, because=because, kind=kind)
    if as_json:
        output.show_json(writes_view.entry_document(entry))
    else:
        writes_view.show_entries([entry], service.location_names(file), as_json=False)


@app.command("release", epilog=RELEASE_EXAMPLE)
def release_command(
    because: Annotated[
        str, typer.Option("--because", metavar="TEXT", help="Say how you know; it is kept.")
    ] = "",
    connection: options.ConnectionName = "default",
    database: options.DatabaseFile = None,
    as_json: options.AsJson = False,
) -> None:
    """Allow writes again after a restore.

    The ledger does not know what was sent between the backup and the restore. Say this once no file is left
    that was applied in that time and would be planned again: its keys are not known here.
    """
    from shipsync.reverse import service

    file = options.local(connection, database).database
    taken_at = service.release(file, because=because)
    if as_json:
        output.show_json({"released": [taken_at]})
    else:
        output.say(f"Writes go out again; the backup was of {output.cell(taken_at)}.")


@dataclass(frozen=True)
class WriteOptions:
    """What a command line asks for, whatever its rows are.

    ``is_set``: columns were given with ``--set``, so that one without a meaning is a slip. ``names_ignored``:
    columns without a meaning are named; a model has some that explain its rows to a reader.
    """

    connection: str
    database: Path | None
    as_json: bool
    one: bool = False
    verify: bool = False
    apply: bool = False
    out: Path | None = None
    max_rows: int | None = None
    is_set: bool = False
    names_ignored: bool = True

    def check(self) -> None:
        """Raise ``UsageError`` for options that mean nothing together."""
        if self.apply and self.out is not None:
            raise UsageError("--out keeps a plan for later and --apply sends it now; give one.")
        if (self.one or self.verify) and not self.apply:
            option = "--one" if self.one else "--verify"
            raise UsageError(f"{option} means something with --apply only.")


def carry_out(
    family: Family,
    command: str,
    make: Callable[[OrdersAccount, PlanProgress], MakePlan],
    asked: WriteOptions,
) -> None:
    """Plan as ``make`` says; then show the plan, keep it in a file, or send it, as was asked for."""
    from shipsync.reverse import service
    from shipsync.reverse.plan.progress import unwatched

    asked.check()
    if not asked.apply:
        local = options.local(asked.connection, asked.database)
        with writes_progress.planning() as progress:
            plan = service.planned(local.database, _checked(make(local, progress), asked))
            if asked.out is not None:
                service.save_plan(plan, asked.out, local.database, progress)
        _show(plan, local, asked)
        return
    account = options.account(asked.connection, asked.database)
    with _applying(account, family, asked) as how:
        planner = _checked(make(account, unwatched), asked)
        done = service.planned_and_applied(account, command, planner, how)
    if done.plan.stopped_by:
        _show(done.plan, account, asked)
        return
    unsent = [row for row in done.plan.rows if row.request is None]
    writes_view.show_applied(done, as_json=asked.as_json, unsent=unsent)
    plan_view.say_warnings(done.plan)
    writes_view.say_what_came_of_it(done, "run the command again", unsent=unsent)


def _checked(make: MakePlan, asked: WriteOptions) -> MakePlan:
    """The same, stopped by ``--max-rows``, and refused where ``--set`` names a column that is not there."""

    def checked(con: duckdb.DuckDBPyConnection) -> Plan:
        plan = make(con).limited_to(asked.max_rows)
        if asked.is_set and plan.ignored_columns:
            raise UsageError(f"There is no column {plan.ignored_columns[0]!r} to --set.")
        return plan

    return checked


def _show(plan: Plan, account: OrdersAccount, asked: WriteOptions) -> None:
    """Show a plan that is not carried out."""
    from shipsync.reverse import service

    if asked.as_json:
        kept = service.plan_document(plan, account)
        output.show_json({"applied": False, "plan": asked.out, **kept})
    else:
        plan_view.show_plan(plan)
    plan_view.say_what_the_plan_needs(plan, asked.out, names_ignored=asked.names_ignored)


def carry_out_plan(family: Family, file: Path, asked: WriteOptions) -> None:
    """Send what a plan in a file says."""
    from shipsync.reverse import service
    from shipsync.reverse.plan.row import Status

    account = options.account(asked.connection, asked.database)
    plan = service.load_plan(file, family, account.database)
    with _applying(account, family, asked) as how:
        done = service.applied(account, f"{family} apply", plan, how)
    writes_view.show_applied(done, as_json=asked.as_json, unsent=())
    plan_view.say_what_was_invalid(plan.count(Status.INVALID))
    try:
        if service.redact_plan(file, done, account):
            output.remark(f"Names and addresses were taken out of {file}: all of it is settled.")
    except UsageError as error:
        output.note(f"{file} still holds names and addresses: {error}")
    writes_view.say_what_came_of_it(done, f"apply {file} again", unsent=())


@contextmanager
def _applying(account: Connection, family: Family, asked: WriteOptions) -> Iterator[Applying]:
    from shipsync.api.session import Session
    from shipsync.reverse.applying import Applying

    with Session(account) as session, writes_progress.applying(family) as progress:
        yield Applying(session, progress=progress, only_first=asked.one, reads_back=asked.verify)
