"""``shipsync shipments``: create shipments, cancel some, apply a plan, look at one, compare their rates."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from shipsync.cli import options, row_source, shipment_reads, writes
from shipsync.cli.writes import WriteOptions
from shipsync.errors import UsageError

app = typer.Typer(no_args_is_help=True)


@app.callback()
def shipments() -> None:
    """Create, look at, cancel and rate shipments."""


@app.command("create", epilog="Example: shipsync shipments create orders.csv --apply")
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
    """Create shipments from a file, each once.

    Without --apply nothing is sent: the plan is shown, and with --out it is kept, to be read,
    signed off and sent by `shipsync shipments apply`. A flat FILE has a line for each item; lines
    with one external_shipment_id are one shipment. --set gives a shipment of one item here. Needed
    are ship_to_name, ship_to_address_line1, ship_to_city_locality, ship_to_state_province,
    ship_to_postal_code, ship_to_country_code, and warehouse_id or the same for ship_from. Of items:
    item_sku or item_name, item_quantity, item_unit_price, item_external_order_item_id,
    item_product_id. Of packages: package_weight, package_weight_unit, package_length,
    package_width, package_height, package_length_unit, package_code, package_insured_value,
    package_content_description; package_number tells boxes apart. Optional: carrier_id,
    service_code, shipment_number, tags (a;b), ship_date, ship_by_date, hold_until_date,
    confirmation, insurance_provider, amount_paid, shipping_paid, tax_paid (each with its
    _currency), notes_from_buyer, notes_for_gift, is_gift, external_order_id, store_id,
    assigned_user, ship_to_phone, ship_to_email, ship_to_company_name, ship_to_address_line2, and
    the columns of return_to. JSON Lines may hold ShipStation's own object instead, with ship_to,
    items, packages and tags in it.

    ShipStation keeps one shipment for each external_shipment_id, so a lost answer is settled by
    looking it up, and the same file again makes nothing twice. Exit code 3 when a row is invalid,
    was rejected, or its outcome is not known.
    """
    from shipsync.reverse import planners

    source = row_source.chosen_or_set(file, sql, model, settings)
    writes.carry_out(
        "shipments",
        "shipments create",
        lambda account, progress: planners.new_shipments(source, account, progress=progress),
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


@app.command("cancel", epilog="Example: shipsync shipments cancel se-10077 --apply")
def cancel_command(
    ids: Annotated[
        list[str] | None,
        typer.Argument(metavar="ID", help="Ids of shipments, ShipStation's or your own."),
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option(
            "--from", metavar="FILE", help="Take the ids from the shipment_id column of a file."
        ),
    ] = None,
    sql: row_source.Sql = None,
    model: row_source.Model = None,
    void_labels: Annotated[
        bool, typer.Option("--void-labels", help="Void the live labels of the shipments first.")
    ] = False,
    out: options.Out = None,
    max_rows: options.MaxRows = None,
    apply: options.Apply = False,
    one: options.One = False,
    verify: options.Verify = False,
    connection: options.ConnectionName = "default",
    database: options.DatabaseFile = None,
    as_json: options.AsJson = False,
) -> None:
    """Cancel shipments.

    Without --apply nothing is sent: the plan is shown, and with --out it is kept, to be read, signed
    off and sent by `shipsync shipments apply`. Rows have the column shipment_id or
    external_shipment_id, and may have a key. A shipment that was marked as shipped is refused, and
    so is one with a live label, unless --void-labels voids it first; where the carrier does not
    approve that, the shipment stays as it is. Exit code 3 when a row is invalid, was rejected, or its
    outcome is not known.
    """
    from shipsync.reverse import planners

    sources = row_source.among(file, sql, model)
    if len(sources) + bool(ids) != 1:
        raise UsageError(
            "Say which shipments: give their ids, or one of --from, --sql and --model."
        )
    source = tuple(ids) if ids else sources[0]
    writes.carry_out(
        "shipments",
        "shipments cancel",
        lambda account, progress: planners.cancels(
            source, account, void_labels=void_labels, progress=progress
        ),
        WriteOptions(
            connection,
            database,
            as_json,
            one=one,
            verify=verify,
            apply=apply,
            out=out,
            max_rows=max_rows,
        ),
    )


@app.command("apply", epilog="Example: shipsync shipments apply orders.plan.json --verify")
def apply_command(
    file: options.PlanFile,
    one: options.One = False,
    verify: options.Verify = False,
    connection: options.ConnectionName = "default",
    database: options.DatabaseFile = None,
    as_json: options.AsJson = False,
) -> None:
    """Carry out a plan of shipments: its ready rows, each once.

    Each shipment is looked at again before it is sent, and what no longer fits is rejected. Apply it
    again after an interruption: what is done is not done twice. Exit code 3 when a row was rejected,
    when its outcome is not known, or when --verify finds something else than was sent.
    """
    writes.carry_out_plan(
        "shipments",
        file,
        WriteOptions(connection, database, as_json, one=one, verify=verify, apply=True),
    )


app.add_typer(shipment_reads.app)
