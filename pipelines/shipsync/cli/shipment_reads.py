"""``shipsync shipments get`` and ``rates``: a shipment as it is, and what carriers would charge for it."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from shipsync.cli import options, output, writes_progress
from shipsync.errors import UsageError

app = typer.Typer()


class RateOrder(StrEnum):
    """What rates are sorted by."""

    PRICE = "price"
    DAYS = "days"


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

    It is read from ShipStation, not from the database; --json gives the whole object. Where
    personal_data is hash or drop, what may not be stored is not shown either.
    """
    from shipsync.api.session import Session
    from shipsync.cli import shipment_view
    from shipsync.reverse.orders.live import Live
    from shipsync.sources.redaction import redaction_for
    from shipsync.sources.streams import SHIPMENTS

    account = options.account(connection, database)
    with Session(account, urgent=True) as session:
        found = redaction_for(account).apply(SHIPMENTS, Live(session).find(identifier))
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
    by: Annotated[RateOrder, typer.Option("--by", help="Sort by this first.")] = RateOrder.PRICE,
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
    from shipsync.reverse.rates.compare import compare_rates

    if bool(ids) == pending:
        raise UsageError("Say which shipments: give their ids, or --pending for all that wait.")
    account = options.account(connection, database)
    with Session(account) as session, writes_progress.applying("rates") as progress:
        answers = compare_rates(
            account, session, ids or (), carriers=carrier or (), progress=progress
        )
    rates_view.show(answers, by_days=by is RateOrder.DAYS, top=top, as_json=as_json)
