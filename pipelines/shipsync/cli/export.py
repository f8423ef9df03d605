"""``shipsync export``: tables to other places."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from shipsync.cli import options, output
from shipsync.plurals import counted

if TYPE_CHECKING:
    from shipsync.export.target import Exported, Told

app = typer.Typer()


@app.command(epilog="Example: shipsync export --to parquet:exports --schema core")
def export(
    to: Annotated[
        str,
        typer.Option(
            "--to",
            metavar="TARGET",
            help="Write to parquet:FOLDER (or FOLDER), csv:FOLDER, "
            "postgresql://USER:PASSWORD@HOST/DATABASE.",
        ),
    ],
    schema: Annotated[
        list[str] | None,
        typer.Option("--schema", metavar="NAME", help="Copy this schema; repeat it for several."),
    ] = None,
    table: Annotated[
        list[str] | None,
        typer.Option(
            "--table", metavar="SCHEMA.NAME", help="Copy this table; repeat it for several."
        ),
    ] = None,
    allow_empty: Annotated[
        bool,
        typer.Option("--allow-empty", help="Export even if that empties tables of the target."),
    ] = False,
    connection: options.ConnectionName = "default",
    database: options.DatabaseFile = None,
    as_json: options.AsJson = False,
) -> None:
    """Copy tables into a folder or another database.

    Copies core and changes by default. All tables are of one state; what the target has
    under their names is replaced. Runs wait meanwhile.
    """
    from shipsync.export.run import export as carry_out
    from shipsync.export.targets import target
    from shipsync.queries import ResultRows

    goal = target(to)
    options.keep_out_of_traces(goal.secrets)
    local = options.local(connection, database)
    with _progress() as told:
        report = carry_out(
            local.database,
            goal,
            schemas=schema or (),
            tables=table or (),
            allow_empty=allow_empty,
            told=told,
        )
    if as_json:
        output.show_json({"target": report.target, "rows": report.rows, "tables": report.tables})
        return
    cells = [(done.table, done.rows, done.place) for done in report.tables]
    output.show_table(ResultRows(("table", "rows", "place"), cells))
    tables, rows = counted(len(report.tables), "table"), counted(report.rows, "row")
    output.remark(f"{tables} with {rows} are now in {report.target}.")
    for done in report.tables:
        if done.without_nul:
            texts = counted(done.without_nul, "text")
            output.note(f"{texts} of {done.table} contained a NUL, which became U+FFFD there.")


@contextmanager
def _progress() -> Iterator[Told]:
    """What to tell of each table that was read; a line on standard error when there is a terminal."""
    if not output.is_watched():
        yield lambda _: None
        return
    from rich.console import Console

    with Console(stderr=True).status("Reading") as status:

        def show(done: Exported) -> None:
            status.update(f"{done.table}: {counted(done.rows, 'row')}")

        yield show
