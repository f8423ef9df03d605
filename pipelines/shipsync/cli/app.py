"""The command tree; each command lives in the module of its group."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from shipsync.cli import (
    backup,
    changes,
    dashboard,
    demo,
    emulator,
    export,
    fulfillments,
    history,
    inbox,
    init,
    locations,
    mcp,
    publish,
    quarantine,
    runs,
    shipments,
    status,
    stock,
    track,
    writes,
)
from shipsync.version import __version__

app = typer.Typer(
    name="shipsync",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Example: shipsync demo",
)


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(f"shipsync {__version__}")
        raise typer.Exit


@app.callback()
def shipsync(
    version: Annotated[
        bool,
        typer.Option("--version", is_eager=True, callback=_show_version, help="Print the version."),
    ] = False,
    debug: Annotated[
        bool, typer.Option("--debug", help="Show the trace of an error (as SHIPSYNC_DEBUG=1 does).")
    ] = False,
) -> None:
    """Keep a ShipStation account in DuckDB and write decisions made in SQL back to it."""


app.add_typer(init.app)
app.add_typer(demo.app)
app.add_typer(runs.app)
app.add_typer(changes.app, name="changes")
app.add_typer(inbox.app)
app.add_typer(stock.app, name="stock")
app.add_typer(shipments.app, name="shipments")
app.add_typer(fulfillments.app, name="fulfillments")
app.add_typer(writes.app, name="writes")
app.add_typer(track.app)
app.add_typer(locations.app)
app.add_typer(status.app)
app.add_typer(history.app)
app.add_typer(quarantine.app, name="quarantine")
app.add_typer(backup.app)
app.add_typer(export.app)
app.add_typer(publish.app)
app.add_typer(dashboard.app)
app.add_typer(mcp.app)
app.add_typer(emulator.app)


def command() -> Any:
    """The command tree as the object that parses and runs a command line."""
    return typer.main.get_command(app)
