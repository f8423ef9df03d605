"""``shipsync fulfillments``: mark shipments as shipped without a label of ShipStation's."""

from __future__ import annotations

import typer

from shipsync.cli import options, row_source, writes
from shipsync.cli.writes import WriteOptions

app = typer.Typer(no_args_is_help=True)


@app.callback()
def fulfillments() -> None:
    """Tell ShipStation what went out by other ways."""


@app.command("create", epilog="Example: shipsync fulfillments create shipped.csv --apply")
def create_command(
    file: row_source.File = None,
    sql: row_source.Sql = None,
    model: row_source.Model = None,
    settings: row_source.Settings = None,
    out: options.Out = None,
    max_rows: options.MaxRows = None,
    apply: options.Apply = False,
    one: options.One = False,
    verify: options.Verify = False,
    connection: options.ConnectionName = "default",
    database: options.DatabaseFile = None,
    as_json: options.AsJson = False,
) -> None:
    """Mark shipments as shipped, under their tracking numbers.

    Without --apply nothing is sent: the plan is shown, and with --out it is kept, to be read, signed
    off and sent by `shipsync fulfillments apply`. The rows have the columns shipment_id (or
    external_shipment_id), tracking_number and carrier_code; optional are ship_date,
    notify_customer, notify_order_source and key; --set gives a single row here. A shipment with a
    live label, or fulfilled already, is refused. Run it again after an interruption: what is done is
    not done twice. Exit code 3 when a row is invalid, was rejected, or its outcome is not known.
    """
    from shipsync.reverse import planners

    source = row_source.chosen_or_set(file, sql, model, settings)
    writes.carry_out(
        "fulfillments",
        "fulfillments create",
        lambda account, progress: planners.fulfillments(source, account, progress=progress),
        WriteOptions(
            connection,
            database,
            as_json,
            one=one,
            verify=verify,
            apply=apply,
            out=out,
            max_rows=max_rows,
            is_set=bool(settings),
        ),
    )


@app.command("apply", epilog="Example: shipsync fulfillments apply shipped.plan.json --one")
def apply_command(
    file: options.PlanFile,
    one: options.One = False,
    verify: options.Verify = False,
    connection: options.ConnectionName = "default",
    database: options.DatabaseFile = None,
    as_json: options.AsJson = False,
) -> None:
    """Carry out a plan of fulfillments: its ready rows, each once.

    Each shipment is looked at again before it is sent, and what no longer fits is rejected. Apply it
    again after an interruption: what is done is not done twice. Exit code 3 when a row was rejected,
    when its outcome is not known, or when --verify finds something else than was sent.
    """
    writes.carry_out_plan(
        "fulfillments",
        file,
        WriteOptions(connection, database, as_json, one=one, verify=verify, apply=True),
    )
