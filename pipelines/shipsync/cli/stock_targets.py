"""``shipsync stock targets``: how much stock is wanted where."""

from __future__ import annotations

from typing import Annotated

import typer

from shipsync.cli import options, output, row_source

app = typer.Typer()


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
    place = options.held(connection, database).database
    report = give_targets(place, source, replace=replace)
    figures = {
        "given": report.given,
        "changed": report.changed,
        "unchanged": report.unchanged,
        "withdrawn": report.withdrawn,
    }
    output.show(ResultRows(tuple(figures), [tuple(figures.values())]), as_json=as_json)
    output.remark("Next: shipsync stock plan --model reverse.stock_adjustments_due")
