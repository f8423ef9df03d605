"""``shipsync warehouses`` and ``shipsync locations``: where parcels leave, where stock lies."""

from __future__ import annotations

from pathlib import Path

import typer

from shipsync.cli import options, output

app = typer.Typer()


@app.command(epilog="Example: shipsync warehouses --json")
def warehouses(
    connection: options.ConnectionName = "default",
    database: options.DatabaseFile = None,
    as_json: options.AsJson = False,
) -> None:
    """List the warehouses that parcels leave from."""
    _list("warehouses", connection, database, as_json)


@app.command(epilog="Example: shipsync locations --json")
def locations(
    connection: options.ConnectionName = "default",
    database: options.DatabaseFile = None,
    as_json: options.AsJson = False,
) -> None:
    """List the locations that stock is counted in.

    As last synced, with what lies there. Their ids are what `shipsync stock plan` takes.
    """
    _list("locations", connection, database, as_json)


def _list(query: str, connection: str, database: Path | None, as_json: bool) -> None:
    from shipsync import queries
    from shipsync.warehouse.copies import readable

    local = options.local(connection, database)
    with readable(local.database) as con:
        rows = queries.fetch(con, query)
    output.show(rows, as_json=as_json)
