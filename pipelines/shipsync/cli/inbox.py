"""``shipsync inbox``: webhooks that a receiver has dropped into a folder."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from shipsync.cli import options, output
from shipsync.cli.consumers import open_ledger

app = typer.Typer()


@app.command(epilog="Example: shipsync inbox webhooks/ --keys jwks.json")
def inbox(
    folder: Annotated[Path, typer.Argument(help="Take in the *.json and *.jsonl files here.")],
    keys: Annotated[
        Path | None,
        typer.Option(
            "--keys", metavar="FILE", help="Verify signatures by ShipStation's keys (JWKS) here."
        ),
    ] = None,
    connection: options.ConnectionName = "default",
    database: options.DatabaseFile = None,
    as_json: options.AsJson = False,
) -> None:
    """Take in webhooks as hints for the next sync.

    It reads first what they name. Files are left alone and may be taken in again.
    """
    from shipsync.feed.inbox import take_in
    from shipsync.feed.webhook_keys import WebhookKeys
    from shipsync.queries import ResultRows

    trusted = None if keys is None else WebhookKeys(keys)
    with open_ledger(options.held(connection, database).database) as con:
        report = asdict(take_in(con, folder, trusted))
    if as_json:
        output.show_json(report)
    else:
        output.show_table(ResultRows(tuple(report), [tuple(report.values())]))
    if report["refused"]:
        output.note(
            f"Webhooks refused, as their signature does not hold: {report['refused']}. If they are "
            "ShipStation's, fetch its keys anew: https://api.shipengine.com/jwks"
        )
