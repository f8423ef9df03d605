"""``shipsync stock``: plan changes of stock, apply a plan, say how much is wanted where."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from shipsync.cli import options, output, row_source, stock_change, writes
from shipsync.cli.writes import WriteOptions
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
        float,
        typer.Option(
            "--max-age", min=0, max=87_600, metavar="HOURS", help="Stop if the stock is older."
        ),
    ] = 24,
    reread: Annotated[
        bool,
        typer.Option("--reread", help="Read the stock again where --max-age would stop the plan."),
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

    from shipsync.reverse import planners
    from shipsync.reverse.stock.guards import Guards

    guards = Guards(
        max_rows=max_rows,
        max_change_percent=max_change_percent,
        max_zeroed=max_zeroed,
        # What was just read again, or needed not be, is fresh enough.
        max_observation_age=None if reread else timedelta(hours=max_age),
        stop_below_allocated=stop_below_allocated,
    )
    source = row_source.chosen(file, sql, model)
    if reread:
        stock_change.read_if_older(connection, database, timedelta(hours=max_age))
    writes.carry_out(
        "stock",
        "stock plan",
        lambda account, progress: planners.stock(
            source, account, guards=guards, default_change=action, progress=progress
        ),
        WriteOptions(
            connection,
            database,
            as_json,
            out=out or row_source.plan_beside(source),
            names_ignored=model is None,
        ),
    )


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
    writes.carry_out_plan(
        "stock",
        file,
        WriteOptions(connection, database, as_json, one=one, verify=verify, apply=True),
    )


@app.command("targets", epilog="Example: shipsync stock targets targets.csv")
def targets_command(
    file: row_source.File = None,
    sql: row_source.Sql = None,
    model: row_source.Model = None,
    replace: Annotated[
        bool,
        typer.Option("--replace", help="Take back every earlier target that is not among them."),
    ] = False,
    connection: options.ConnectionName = "default",
    database: options.DatabaseFile = None,
    as_json: options.AsJson = False,
) -> None:
    """Say how much stock is wanted where.

    The rows have the columns sku, location (by name) or inventory_location_id, and target, in
    units on hand. Nothing is sent: the model reverse.stock_adjustments_due shows what the
    targets lack, and `shipsync stock plan --model reverse.stock_adjustments_due` plans it.
    """
    from shipsync.queries import ResultRows
    from shipsync.reverse.stock.targets import give_targets

    source = row_source.chosen(file, sql, model)
    place = options.local(connection, database).database
    report = give_targets(place, source, replace=replace)
    figures = {
        "given": report.given,
        "changed": report.changed,
        "unchanged": report.unchanged,
        "withdrawn": report.withdrawn,
    }
    output.show(ResultRows(tuple(figures), [tuple(figures.values())]), as_json=as_json)
    output.remark("Next: shipsync stock plan --model reverse.stock_adjustments_due")


# Where these were before other writes than stock had them too.
_STATUS = writes.STATUS_EXAMPLE.replace("writes", "stock")
_RESOLVE = writes.RESOLVE_EXAMPLE.replace("writes", "stock")
app.command("status", hidden=True, epilog=_STATUS)(writes.status_command)
app.command("resolve", hidden=True, epilog=_RESOLVE)(writes.resolve_command)
app.add_typer(stock_change.app)
