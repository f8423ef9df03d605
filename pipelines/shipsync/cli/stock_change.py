"""``shipsync stock adjust|increment|decrement|modify``: one change, without a file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shipsync.cli import options, output, row_source, writes
from shipsync.cli.writes import WriteOptions
from shipsync.errors import UsageError
from shipsync.reverse.stock.change import Change

if TYPE_CHECKING:
    from datetime import timedelta

app = typer.Typer()

Sku = Annotated[str, typer.Argument(metavar="SKU", help="The product.")]
Location = Annotated[
    str, typer.Argument(metavar="LOCATION", help="Where it lies: the location's id or name.")
]
Quantity = Annotated[str, typer.Argument(metavar="QUANTITY", help="Units.")]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="COLUMN=VALUE",
        help="Set any other column of `stock plan`, such as cost_amount=4.50 or reason=recount.",
    ),
]
Key = Annotated[
    str | None, typer.Option("--key", help="Name the change; the same key is applied once only.")
]
Apply = Annotated[bool, typer.Option("--apply", help="Send it; without it nothing is sent.")]
Reread = Annotated[
    bool, typer.Option("--reread", help="Read the stock of the account again first.")
]


@app.command(epilog="Example: shipsync stock adjust MUG-BLUE Main 48 --apply")
def adjust(
    sku: Sku,
    location: Location,
    quantity: Quantity,
    settings: Settings = None,
    key: Key = None,
    apply: Apply = False,
    reread: Reread = False,
    connection: options.ConnectionName = "default",
    database: options.DatabaseFile = None,
    as_json: options.AsJson = False,
) -> None:
    """Make what is on hand at a location so many units.

    Shows what would happen; --apply does it.
    """
    cells = _cells(Change.ADJUST, sku, location, quantity, settings, key)
    _carry_out(cells, apply, reread, connection, database, as_json)


@app.command(epilog="Example: shipsync stock increment TEE-M Main 24 --set reason=delivery")
def increment(
    sku: Sku,
    location: Location,
    quantity: Quantity,
    settings: Settings = None,
    key: Key = None,
    apply: Apply = False,
    reread: Reread = False,
    connection: options.ConnectionName = "default",
    database: options.DatabaseFile = None,
    as_json: options.AsJson = False,
) -> None:
    """Add units to what is on hand at a location.

    Shows what would happen; --apply does it. The same change is made once only, so give a
    second delivery of as many units a --key of its own.
    """
    cells = _cells(Change.INCREMENT, sku, location, quantity, settings, key)
    _carry_out(cells, apply, reread, connection, database, as_json)


@app.command(epilog="Example: shipsync stock decrement TEE-M Main 2 --set reason=damaged")
def decrement(
    sku: Sku,
    location: Location,
    quantity: Quantity,
    settings: Settings = None,
    key: Key = None,
    apply: Apply = False,
    reread: Reread = False,
    connection: options.ConnectionName = "default",
    database: options.DatabaseFile = None,
    as_json: options.AsJson = False,
) -> None:
    """Take units from what is on hand at a location.

    Shows what would happen; --apply does it. The same change is made once only, so give a
    second withdrawal of as many units a --key of its own.
    """
    cells = _cells(Change.DECREMENT, sku, location, quantity, settings, key)
    _carry_out(cells, apply, reread, connection, database, as_json)


@app.command(epilog='Example: shipsync stock modify TEE-M Main 6 --to "Back room"')
def modify(
    sku: Sku,
    location: Location,
    quantity: Quantity,
    to: Annotated[
        str | None,
        typer.Option("--to", metavar="LOCATION", help="Move the units there; an id or a name."),
    ] = None,
    settings: Settings = None,
    key: Key = None,
    apply: Apply = False,
    reread: Reread = False,
    connection: options.ConnectionName = "default",
    database: options.DatabaseFile = None,
    as_json: options.AsJson = False,
) -> None:
    """Move units, or give them another cost or condition.

    For cost and condition, --set new_cost_amount, new_cost_currency or new_condition. Shows
    what would happen; --apply does it.
    """
    moved = {} if to is None else {"new_inventory_location_id": to}
    cells = _cells(Change.MODIFY, sku, location, quantity, settings, key, moved)
    _carry_out(cells, apply, reread, connection, database, as_json)


def _cells(
    change: Change,
    sku: str,
    location: str,
    quantity: str,
    settings: list[str] | None,
    key: str | None,
    others: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """The change as a row."""
    given = {"sku": sku, "location": location, "quantity": quantity, "action": change.value}
    given |= others or {}
    if key is not None:
        if not key.strip():
            raise UsageError("--key is empty; name the change, or leave --key out.")
        given["key"] = key
    return row_source.cells(settings, given)


def _carry_out(
    cells: dict[str, str],
    apply: bool,
    reread: bool,
    connection: str,
    database: Path | None,
    as_json: bool,
) -> None:
    """Plan the one row, and send it if that was asked for."""
    from datetime import timedelta

    from shipsync.reverse import planners
    from shipsync.reverse.plan.input_files import one_row
    from shipsync.reverse.stock.guards import Guards

    if reread:
        read_if_older(connection, database, timedelta(0))
    guards = Guards(max_observation_age=None if reread else timedelta(hours=24))
    row = one_row("The command line", cells)
    writes.carry_out(
        "stock",
        f"stock {cells['action']}",
        lambda account, progress: planners.stock(row, account, guards=guards, progress=progress),
        WriteOptions(connection, database, as_json, apply=apply, is_set=True),
    )


def read_if_older(connection: str, database: Path | None, age: timedelta) -> None:
    """Read levels and locations of the account if they were last read longer ago than ``age``."""
    from shipsync.api.session import Session
    from shipsync.reverse.stock import freshness

    account = options.account(connection, database)
    if not freshness.is_older(account.database, age):
        return
    with Session(account) as session:
        freshness.reread(account, session)
        output.remark(f"The stock was read again, in {session.requests_sent} requests.")
