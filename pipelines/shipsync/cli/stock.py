"""``shipsync stock``: plan changes of stock, apply a plan, see and resolve what became of it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from shipsync.cli import (
    fresh_stock,
    options,
    output,
    row_source,
    stock_change,
    stock_targets,
    stock_view,
)
from shipsync.errors import UsageError
from shipsync.reverse.outbox.states import WriteState
from shipsync.reverse.stock.change import Change

app = typer.Typer(no_args_is_help=True)


@app.callback()
def stock() -> None:
    """Change stock levels: plan, then apply."""


@app.command("plan", epilog="Example: shipsync stock plan counts.csv --max-change-percent 50")
def plan_command(
    file: row_source.File = None,
    sql: row_source.Sql = None,
    model: row_source.Model = None,
    action: Annotated[
        Change, typer.Option("--action", help="Do this where a row has no action of its own.")
    ] = Change.ADJUST,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="PLAN", help="Write the plan here, not beside FILE."),
    ] = None,
    max_rows: Annotated[
        int | None, typer.Option("--max-rows", min=1, help="Stop a plan that would send more.")
    ] = None,
    max_change_percent: Annotated[
        float | None,
        typer.Option("--max-change-percent", min=0, help="Stop a plan with a larger change."),
    ] = None,
    max_zeroed: Annotated[
        int, typer.Option("--max-zeroed", min=0, help="Stop a plan that empties more levels.")
    ] = 25,
    max_age: Annotated[
        float, typer.Option("--max-age", min=0, metavar="HOURS", help="Stop if the stock is older.")
    ] = 24,
    reread: Annotated[
        bool,
        typer.Option("--reread", help="Read the stock anew where --max-age would stop the plan."),
    ] = False,
    stop_below_allocated: Annotated[
        bool,
        typer.Option(
            "--stop-below-allocated", help="Stop if a single row is below what orders claimed."
        ),
    ] = False,
    connection: options.ConnectionName = "default",
    database: options.DatabaseFile = None,
    as_json: options.AsJson = False,
) -> None:
    """Compare rows with the stock last synced and write a plan.

    Nothing is sent, and no key is needed but for --reread. The rows have the columns sku,
    inventory_location_id (or location, by name) and quantity; optional are action, key,
    cost_amount, cost_currency, condition, lot, usable_start_date, usable_end_date, reason,
    notes, effective_at, and for modify new_inventory_location_id, new_cost_amount,
    new_cost_currency, new_condition. Exit code 3 when a row is invalid or the plan was stopped.
    """
    from datetime import timedelta

    from shipsync.reverse.plan import file as plan_file
    from shipsync.reverse.plan.guards import Guards
    from shipsync.reverse.stock import stock_service

    guards = Guards(
        max_rows=max_rows,
        max_change_percent=max_change_percent,
        max_zeroed=max_zeroed,
        # What was just read anew, or needed not be, is fresh enough.
        max_observation_age=None if reread else timedelta(hours=max_age),
        stop_below_allocated=stop_below_allocated,
    )
    source = row_source.chosen(file, sql, model)
    if reread:
        fresh_stock.read_if_older(connection, database, timedelta(hours=max_age))
    local = options.held(connection, database)
    plan = stock_service.plan(local, local.database, source, guards=guards, default_change=action)
    place = out or row_source.plan_beside(source)
    plan_file.save(plan, place)
    if as_json:
        output.show_json({"plan": place, **plan_file.document(plan)})
    else:
        stock_view.show_plan(plan)
    # A model has columns that explain its rows to a reader.
    stock_view.say_what_the_plan_needs(plan, place, names_ignored=model is None)


@app.command("apply", epilog="Example: shipsync stock apply counts.plan.json")
def apply_command(
    file: Annotated[Path, typer.Argument(metavar="PLAN", help="The plan that `stock plan` wrote.")],
    one: Annotated[bool, typer.Option("--one", help="Send a single row, as a trial.")] = False,
    verify: Annotated[
        bool, typer.Option("--verify", help="Read every level back at the end, and compare.")
    ] = False,
    connection: options.ConnectionName = "default",
    database: options.DatabaseFile = None,
    as_json: options.AsJson = False,
) -> None:
    """Carry out a plan: its ready rows, each once.

    Each is recorded before it is sent and after. Apply it again after an interruption: what is done
    is not done twice. Exit code 3 when a row was rejected, when its outcome is not known, or
    when --verify finds a level that is not what the plan made it.
    """
    from shipsync.api.session import Session
    from shipsync.reverse.plan import file as plan_file
    from shipsync.reverse.plan.row import Status
    from shipsync.reverse.stock import stock_service

    plan = plan_file.load(file)
    account = options.account(connection, database)
    with Session(account) as session, stock_view.progress() as progress:
        report, verification = stock_service.apply(
            account, session, plan, progress=progress, only_first=one, reads_back=verify
        )
    stock_view.show_applied(report, verification, as_json=as_json)
    stock_view.tell_of_invalid(plan.count(Status.INVALID))
    stock_view.say_what_came_of_it([report], f"apply {file} again", reasons=stock_view.REASONS)
    if verification is not None:
        stock_view.say_what_was_read_back(verification)


@app.command("status", epilog="Example: shipsync stock status --state unknown")
def status_command(
    state: Annotated[
        WriteState | None, typer.Option("--state", help="Keep to rows in this state.")
    ] = None,
    kind: Annotated[
        str | None,
        typer.Option("--kind", help="Keep to this kind: stock, create_shipment and the like."),
    ] = None,
    limit: Annotated[
        int, typer.Option("--limit", min=1, help="Show at most so many, the latest ones.")
    ] = 100,
    connection: options.ConnectionName = "default",
    database: options.DatabaseFile = None,
    as_json: options.AsJson = False,
) -> None:
    """Show every write that was taken up, and what became of it.

    Of every kind: stock, create_shipment, cancel_shipment, void_label, create_fulfillment.
    """
    from shipsync.reverse.stock import stock_service

    file = options.held(connection, database).database
    entries = stock_service.outcomes(file, connection)
    if not entries:
        stock_view.tell_of_others(connection, stock_service.connections_written_for(file))
    chosen = [
        entry for entry in entries if state in (None, entry.state) and kind in (None, entry.kind)
    ][:limit]
    stock_view.show_entries(chosen, as_json=as_json)


@app.command(
    "resolve",
    epilog='Example: shipsync stock resolve recount-17 --applied --because "counted the shelf"',
)
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
    from shipsync.reverse.stock import stock_service

    if applied is None:
        raise UsageError("Say what became of the row: --applied or --not-applied.")
    file = options.held(connection, database).database
    entry = stock_service.resolve(
        file, connection, key, applied=applied, because=because, kind=kind
    )
    if as_json:
        output.show_json(stock_view.entry_document(entry))
    else:
        stock_view.show_entries([entry], as_json=False)


app.add_typer(stock_change.app)
app.add_typer(stock_targets.app)
