"""``shipsync fulfillments``: mark shipments as shipped without a label of ShipStation's."""

from __future__ import annotations

import typer

from shipsync.cli import options, row_source, stock_view, write_view

app = typer.Typer(no_args_is_help=True)


@app.callback()
def fulfillments() -> None:
    """Tell ShipStation what went out by other ways."""


@app.command("create", epilog="Example: shipsync fulfillments create shipped.csv --apply")
def create_command(
    file: row_source.File = None,
    sql: row_source.Sql = None,
    model: row_source.Model = None,
    max_rows: options.MaxRows = None,
    apply: options.Apply = False,
    one: options.One = False,
    connection: options.ConnectionName = "default",
    database: options.DatabaseFile = None,
    as_json: options.AsJson = False,
) -> None:
    """Mark shipments as shipped, under their tracking numbers.

    Without --apply nothing is sent: the plan is shown. FILE has the columns shipment_id (or
    external_shipment_id), tracking_number and carrier_code; optional are ship_date,
    notify_customer and notify_order_source. A shipment with a live label, or fulfilled already, is
    refused. Run it again after an interruption: what is done is not done twice. Exit code 3 when a
    row is invalid, was rejected, or its outcome is not known.
    """
    from shipsync.api.session import Session
    from shipsync.reverse import orders

    source = row_source.chosen(file, sql, model)
    if not apply:
        local = options.held(connection, database)
        plan = orders.planned(local.database, lambda con: orders.fulfillments(con, source, local))
        write_view.show_plans([plan], as_json=as_json)
        return
    account = options.account(connection, database)
    with Session(account) as session, stock_view.progress("fulfillments") as progress:
        how = orders.Applying(session, progress=progress, only_first=one, max_rows=max_rows)
        plan, reports = orders.applied(
            account,
            "fulfillments create",
            lambda con: orders.fulfillments(con, source, account),
            lambda con, made: orders.create_fulfillments(con, made, how),
        )
    write_view.show_outcomes([plan], reports, as_json=as_json)
