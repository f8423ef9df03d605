"""``shipsync shipments``: create shipments, look at one, cancel some, compare their rates."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from shipsync.cli import options, output, row_source, stock_view, write_view
from shipsync.errors import UsageError

app = typer.Typer(no_args_is_help=True)


class Order(StrEnum):
    """What rates are sorted by."""

    PRICE = "price"
    DAYS = "days"


@app.callback()
def shipments() -> None:
    """Create, look at, cancel and rate shipments."""


@app.command("create", epilog="Example: shipsync shipments create orders.csv --apply")
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
    """Create shipments from a file, each once.

    Without --apply nothing is sent: the plan is shown. A flat FILE has a line for each item; lines
    with one external_shipment_id are one shipment. Needed are ship_to_name, ship_to_address_line1,
    ship_to_city_locality, ship_to_state_province, ship_to_postal_code, ship_to_country_code, and
    warehouse_id or the same for ship_from. Of items: item_sku or item_name, item_quantity,
    item_unit_price, item_external_order_item_id, item_product_id. Of packages: package_weight,
    package_weight_unit, package_length, package_width, package_height, package_length_unit,
    package_code, package_insured_value, package_content_description; package_number tells boxes
    apart. Optional: carrier_id, service_code, shipment_number, tags (a;b), ship_date, ship_by_date,
    hold_until_date, confirmation, insurance_provider, amount_paid, shipping_paid, tax_paid (each
    with its _currency), notes_from_buyer, notes_for_gift, is_gift, external_order_id, store_id,
    assigned_user, ship_to_phone, ship_to_email, ship_to_company_name, ship_to_address_line2, and
    the columns of return_to. JSON Lines may hold ShipStation's own object instead, with ship_to,
    items, packages and tags in it.

    ShipStation keeps one shipment for each external_shipment_id, so a lost answer is settled by
    looking it up, and the same file again makes nothing twice. Exit code 3 when a row is invalid,
    was rejected, or its outcome is not known.
    """
    from shipsync.api.session import Session
    from shipsync.reverse import orders

    source = row_source.chosen(file, sql, model)
    if not apply:
        local = options.held(connection, database)
        plan = orders.planned(local.database, lambda con: orders.new_shipments(con, source, local))
        write_view.show_plans([plan], as_json=as_json)
        return
    account = options.account(connection, database)
    with Session(account) as session, stock_view.progress("shipments") as progress:
        how = orders.Applying(session, progress=progress, only_first=one, max_rows=max_rows)
        plan, reports = orders.applied(
            account,
            "shipments create",
            lambda con: orders.new_shipments(con, source, account),
            lambda con, made: orders.create_shipments(con, made, how),
        )
    write_view.show_outcomes([plan], reports, as_json=as_json)


@app.command("cancel", epilog="Example: shipsync shipments cancel se-10077 --apply")
def cancel_command(
    ids: Annotated[
        list[str] | None,
        typer.Argument(metavar="ID", help="Ids of shipments, ShipStation's or your own."),
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option(
            "--from", metavar="FILE", help="Take the ids from a file's shipment_id column."
        ),
    ] = None,
    void_labels: Annotated[
        bool, typer.Option("--void-labels", help="Void the live labels of the shipments first.")
    ] = False,
    max_rows: options.MaxRows = None,
    apply: options.Apply = False,
    one: options.One = False,
    connection: options.ConnectionName = "default",
    database: options.DatabaseFile = None,
    as_json: options.AsJson = False,
) -> None:
    """Cancel shipments.

    Without --apply nothing is sent: the plan is shown. A shipment with a live label is refused,
    unless --void-labels voids it first; where the carrier does not approve that, the shipment stays
    as it is. Exit code 3 when a row is invalid, was rejected, or its outcome is not known.
    """
    from shipsync.api.session import Session
    from shipsync.reverse import orders

    if bool(ids) == (file is not None):
        raise UsageError("Say which shipments: give their ids, or a file of them with --from.")
    source = file if file is not None else tuple(ids or ())
    if not apply:
        local = options.held(connection, database)
        plan = orders.planned(
            local.database,
            lambda con: orders.cancels(con, source, local, void_labels=void_labels),
        )
        write_view.show_plans([plan.voids, plan.cancels], as_json=as_json)
        return
    account = options.account(connection, database)
    with Session(account) as session, stock_view.progress("shipments") as progress:
        how = orders.Applying(session, progress=progress, only_first=one, max_rows=max_rows)
        plan, reports = orders.applied(
            account,
            "shipments cancel",
            lambda con: orders.cancels(con, source, account, void_labels=void_labels),
            lambda con, made: orders.cancel_shipments(con, made, how),
        )
    write_view.show_outcomes([plan.voids, plan.cancels], reports, as_json=as_json)


@app.command("get", epilog="Example: shipsync shipments get se-10077 --json")
def get_command(
    identifier: Annotated[
        str, typer.Argument(metavar="ID", help="The shipment's id, ShipStation's or your own.")
    ],
    connection: options.ConnectionName = "default",
    database: options.DatabaseFile = None,
    as_json: options.AsJson = False,
) -> None:
    """Show a shipment as the account has it now.

    It is read from ShipStation, not from the database; --json gives the whole object.
    """
    from shipsync.api.session import Session
    from shipsync.cli import shipment_view
    from shipsync.reverse.live import Live

    with Session(options.account(connection, database)) as session:
        found = Live(session).find(identifier)
    if as_json:
        output.show_json(found)
        return
    shipment_view.show(found)


@app.command("rates", epilog="Example: shipsync shipments rates se-10077 --by days")
def rates_command(
    ids: Annotated[
        list[str] | None,
        typer.Argument(metavar="ID", help="Ids of shipments, ShipStation's or your own."),
    ] = None,
    pending: Annotated[
        bool, typer.Option("--pending", help="Ask for all shipments that wait for a label.")
    ] = False,
    by: Annotated[Order, typer.Option("--by", help="Sort by this first.")] = Order.PRICE,
    top: Annotated[
        int | None,
        typer.Option("--top", min=1, help="Show so many for each shipment; all are kept."),
    ] = None,
    carrier: Annotated[
        list[str] | None,
        typer.Option(
            "--carrier", metavar="CARRIER", help="Ask this one, by id or code; repeat it."
        ),
    ] = None,
    connection: options.ConnectionName = "default",
    database: options.DatabaseFile = None,
    as_json: options.AsJson = False,
) -> None:
    """Compare what carriers would charge, by price and days.

    Nothing is bought. The rates are kept in ledger.rates, and ledger.rates_latest ranks those asked
    for last. Exit code 3 when a shipment got none.
    """
    from shipsync.api.session import Session
    from shipsync.cli import rates_view
    from shipsync.reverse.rate_round import compare_rates

    if bool(ids) == pending:
        raise UsageError("Say which shipments: give their ids, or --pending for all that wait.")
    account = options.account(connection, database)
    with Session(account) as session, stock_view.progress("rates") as progress:
        answers = compare_rates(
            account, session, ids or (), carriers=carrier or (), progress=progress
        )
    rates_view.show(answers, by_days=by is Order.DAYS, top=top, as_json=as_json)
