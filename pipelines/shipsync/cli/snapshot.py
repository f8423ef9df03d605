"""``shipsync snapshot``: the database in one file, to take away."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from shipsync.cli import options, output

app = typer.Typer()


@app.command(epilog="Example: shipsync snapshot monday.duckdb")
def snapshot(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="Where to write it; must not exist.")
    ],
    connection: options.ConnectionName = "default",
    database: options.DatabaseFile = None,
    as_json: options.AsJson = False,
) -> None:
    """Copy the database into a file, even during a run.

    It holds what personal_data lets be stored, and no later setting changes it.
    """
    from shipsync.warehouse.copies import take

    size = take(options.local(connection, database).database, file)
    if as_json:
        output.show_json({"file": file, "bytes": size})
    else:
        output.remark(f"{file} holds the database as of its last run, in {size / 1e6:,.1f} MB.")
