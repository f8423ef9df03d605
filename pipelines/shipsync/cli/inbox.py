"""``shipsync inbox``: webhooks that a receiver has dropped into a folder."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from shipsync.cli import options, output
from shipsync.cli.consumers import open_ledger
from shipsync.plurals import counted

app = typer.Typer()

SHOWN_PROBLEMS = 20


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

    The next sync reads first what they name. Files are left alone and may be taken in again. A body
    that became no hint is named with the reason on standard error.
    """
    from shipsync.connection import MEGABYTE
    from shipsync.feed.inbox import take_in
    from shipsync.feed.webhook_keys import WebhookKeys
    from shipsync.queries import ResultRows

    trusted = None if keys is None else WebhookKeys(keys)
    local = options.local(connection, database)
    most_bytes = local.largest_webhook_mb * MEGABYTE
    with open_ledger(local.database) as con:
        keeps_data = local.personal_data == "keep"
        report = take_in(con, folder, trusted, keeps_data=keeps_data, most_bytes=most_bytes)
    if as_json:
        output.show_json(report)
    else:
        counts = {name: count for name, count in asdict(report).items() if isinstance(count, int)}
        output.show_table(ResultRows(tuple(counts), [tuple(counts.values())]))
    for problem in report.problems[:SHOWN_PROBLEMS]:
        output.note(f"{problem.place}: {problem.reason}")
    for remark in report.remarks:
        output.note(remark)
    more = report.not_understood + report.refused - min(len(report.problems), SHOWN_PROBLEMS)
    if more > 0:
        output.note(
            f"{counted(more, 'more body', 'more bodies')} became no hint; --json lists up to a thousand."
        )
    if report.refused:
        output.note(
            f"{counted(report.refused, 'webhook was', 'webhooks were')} refused, as the signature does "
            "not hold. If ShipStation sent them, fetch its keys again: https://api.shipengine.com/jwks"
        )
