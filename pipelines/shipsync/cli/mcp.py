"""``shipsync mcp``: an assistant asks."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from shipsync.cli import options, output

app = typer.Typer()


@app.command(epilog="Example: shipsync mcp --connection west")
def mcp(
    connection: options.ConnectionName = "default",
    database: options.DatabaseFile = None,
    as_json: Annotated[
        bool,
        typer.Option("--json", help="Print the configuration for an assistant, and serve nothing."),
    ] = False,
) -> None:
    """Let an assistant ask, over the Model Context Protocol.

    Speaks on standard input and output, as assistants start it. Its tools read the database and
    nothing else: track an order, look up a shipment, stock of a SKU, latest changes, a
    metric with its definition, a SELECT.
    """
    from shipsync import extras, settings

    local = settings.local(connection, database=database)
    file = Path(os.path.realpath(local.database))
    if as_json:
        # Assistants start it from a folder of theirs: neither path may depend on where we are.
        program = Path(sys.executable).with_name("shipsync")
        arguments = ["mcp", "--database", str(file)]
        output.show_json({"mcpServers": {"shipsync": {"command": program, "args": arguments}}})
        return
    extras.require("An assistant's access", extras.MCP)
    from shipsync.assistant.server import serve
    from shipsync.tracking import OwnAffixes, load_wording

    if sys.stdin.isatty():
        output.note("An assistant is meant to start this; it waits for one. Stop it with Ctrl-C.")
    words = load_wording(
        local.tracking_language, local.tracking_wording, promises=local.tracking_promises
    )
    own = OwnAffixes(local.order_prefixes, local.order_suffixes, local.merchant.zone)
    serve(file, own, words)
