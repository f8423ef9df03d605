"""``shipsync check``: does the account answer?"""

from __future__ import annotations

from dataclasses import astuple
from datetime import timedelta

import typer

from shipsync.cli import options, output

app = typer.Typer()

PATIENCE = timedelta(seconds=30)


@app.command(epilog="Example: shipsync check --connection west")
def check(
    connection: options.ConnectionName = "default",
    database: options.DatabaseFile = None,
    as_json: options.AsJson = False,
) -> None:
    """Ask the account whether each stream can be read.

    One small request per stream, nothing is written. Exit code 1 when a stream cannot be read.
    """
    from shipsync.api.session import Session
    from shipsync.queries import ResultRows
    from shipsync.sources.probe import probe

    account = options.account(connection, database)
    with Session(account, give_up_after=PATIENCE) as session:
        probes = list(probe(session))
    columns = ("stream", "reachable", "rows", "error")
    output.show(ResultRows(columns, [astuple(answer) for answer in probes]), as_json=as_json)
    failed = [answer.stream for answer in probes if answer.is_reachable is False]
    if failed:
        output.note(f"Cannot be read: {', '.join(failed)}.")
        raise typer.Exit(1)
    output.remark(f"{account.base_url} answers; every stream can be read.")
