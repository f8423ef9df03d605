"""``shipsync changes``: what changed in the account."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from shipsync.cli import consumers, deliver, options, output, times
from shipsync.cli.consumers import Trigger

app = typer.Typer(no_args_is_help=True)
app.add_typer(consumers.app)
app.add_typer(deliver.app)


@app.callback()
def changes() -> None:
    """List what changed in the account, and build on it."""


@app.command("list", epilog="Example: shipsync changes list --trigger shipment_modified --since 2d")
def list_changes(
    trigger: Annotated[
        Trigger | None, typer.Option("--trigger", help="List one kind of change only.")
    ] = None,
    since: Annotated[
        datetime | None,
        typer.Option(
            "--since",
            metavar="TIME",
            parser=times.instant,
            help="List changes detected since then: 2026-01-31, 2026-01-31T08:00Z, 36h or 7d.",
        ),
    ] = None,
    limit: Annotated[
        int,
        typer.Option(
            "--limit", min=1, max=options.MOST_ROWS, help="Show at most this many, the latest ones."
        ),
    ] = 100,
    connection: options.ConnectionName = "default",
    database: options.DatabaseFile = None,
    as_json: options.AsJson = False,
) -> None:
    """List changes as the models recorded them, oldest first."""
    from shipsync import queries
    from shipsync.feed.events import summary
    from shipsync.warehouse.copies import readable

    values = {"trigger": trigger and trigger.value, "since": since, "limit": limit}
    local = options.local(connection, database)
    with readable(local.database) as con:
        events = queries.fetch(con, "changes_list", values)
    if as_json:
        output.show_json(events.objects())
        return
    rows = [
        (e["sequence"], e["trigger"], e["entity_id"], e["occurred_at"], summary(e))
        for e in events.objects()
    ]
    output.show_table(queries.ResultRows(("sequence", "trigger", "id", "at", "change"), rows))
