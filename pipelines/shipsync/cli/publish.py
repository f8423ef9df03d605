"""``shipsync publish``: another database kept equal to this one."""

from __future__ import annotations

from typing import Annotated

import typer

from shipsync.cli import options, output
from shipsync.plurals import counted

app = typer.Typer()


@app.command(epilog="Example: shipsync publish --to destination:reports")
def publish(
    to: Annotated[
        str,
        typer.Option(
            "--to",
            metavar="TARGET",
            help="Write to destination:NAME or postgresql://USER@HOST/DATABASE.",
        ),
    ],
    schema: Annotated[
        list[str] | None,
        typer.Option("--schema", metavar="NAME", help="Publish this schema; repeat for several."),
    ] = None,
    table: Annotated[
        list[str] | None,
        typer.Option(
            "--table", metavar="SCHEMA.NAME", help="Publish this table; repeat for several."
        ),
    ] = None,
    connection: options.ConnectionName = "default",
    database: options.DatabaseFile = None,
    as_json: options.AsJson = False,
) -> None:
    """Bring rows that differ into Postgres, as one batch.

    Publishes core and changes by default. A batch is seen whole or not at all, and can be
    repeated. Reads the copy for readers, so no run waits.
    """
    from shipsync.publish.run import publish as carry_out
    from shipsync.publish.targets import target
    from shipsync.queries import ResultRows

    goal = target(to)
    options.keep_out_of_traces(goal.secrets)
    local = options.local(connection, database)
    report = carry_out(local.database, goal, schemas=schema or (), tables=table or ())
    if as_json:
        output.show_json(report)
        return
    cells = [(done.table, done.rows, done.deleted, done.inserted) for done in report.tables]
    output.show_table(ResultRows(("table", "rows", "deleted", "inserted"), cells))
    if report.batch is None:
        output.remark(f"Nothing differed in {report.target}.")
        return
    tables = counted(len(report.tables), "table")
    output.remark(f"Batch {report.batch} is in {report.target}: {tables} are equal to these.")
