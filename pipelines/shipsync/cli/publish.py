"""``shipsync publish``: a database, a folder or a lake kept equal to this database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from shipsync.cli import options, output
from shipsync.errors import NeedsPerson, UsageError
from shipsync.plurals import counted

if TYPE_CHECKING:
    from shipsync.publish.writer import PublishTarget
    from shipsync.settings import Local

app = typer.Typer(invoke_without_command=True, subcommand_metavar="[COMMAND]")

To = Annotated[
    str | None,
    typer.Option(
        "--to",
        metavar="TARGET",
        help="Write to destination:NAME, postgresql://USER@HOST/DATABASE, parquet:FOLDER, delta:FOLDER, "
        "iceberg:FOLDER or ducklake:FOLDER; left out: publish_to.",
    ),
]
Schemas = Annotated[
    list[str] | None,
    typer.Option("--schema", metavar="NAME", help="Choose this schema; repeat for several."),
]
Tables = Annotated[
    list[str] | None,
    typer.Option("--table", metavar="SCHEMA.NAME", help="Choose this table; repeat for several."),
]


@app.callback(epilog="Example: shipsync publish --to destination:reports")
def publish(
    context: typer.Context,
    to: To = None,
    schema: Schemas = None,
    table: Tables = None,
    whole: Annotated[
        bool, typer.Option("--whole", help="Compare every row, as once a day.")
    ] = False,
    connection: options.ConnectionName = "default",
    database: options.DatabaseFile = None,
    as_json: options.AsJson = False,
) -> None:
    """Bring what differs into a database or lake, as one batch.

    Publishes core and changes by default. A batch is seen whole or not at all, and can be
    repeated. Looks at what loads and builds changed; every row is compared once a day.
    Reads the copy for readers, so no run waits.
    """
    if context.invoked_subcommand is not None:
        if to or schema or table or whole or database or as_json or connection != "default":
            word = context.invoked_subcommand
            raise UsageError(f"Options stand behind {word}: shipsync publish {word} --to ...")
        return
    from shipsync.alerts.publishing import publish_went_well
    from shipsync.publish.run import publish as carry_out
    from shipsync.queries import ResultRows

    local = options.local(connection, database)
    goal = _target(to, local)
    report = carry_out(
        local.database,
        goal,
        schemas=schema or (),
        tables=table or (),
        is_compared_whole=whole,
        removed_rows=local.publish_removed_rows,
    )
    if to in (None, local.publish_to):
        publish_went_well(local.database)
    if as_json:
        output.show_json(report)
        return
    cells = [(done.table, done.rows, done.deleted, done.inserted) for done in report.tables]
    output.show_table(ResultRows(("table", "rows", "deleted", "inserted"), cells))
    output.remark(str(report))


@app.command(epilog="Example: shipsync publish verify --to delta:lake")
def verify(
    to: To = None,
    schema: Schemas = None,
    table: Tables = None,
    connection: options.ConnectionName = "default",
    database: options.DatabaseFile = None,
    as_json: options.AsJson = False,
) -> None:
    """Compare what was published with what is here.

    Reads every value at the target and compares rows and checksums, by table and month. Exit code 3 when any
    differ, as they do when a run was not published yet.
    """
    from shipsync.publish.verify import verify as carry_out
    from shipsync.queries import ResultRows

    local = options.local(connection, database)
    goal = _target(to, local)
    report = carry_out(local.database, goal, schemas=schema or (), tables=table or ())
    if as_json:
        output.show_json(report)
    else:
        cells = [(done.table, done.rows, done.parts, done.equal) for done in report.tables]
        output.show_table(ResultRows(("table", "rows", "parts", "equal"), cells))
    for difference in report.differences:
        output.note(str(difference))
    if report.differences:
        parts = counted(len(report.differences), "part differs", "parts differ")
        raise NeedsPerson(
            f"{parts} between {report.target} and {local.database}. `shipsync publish` brings what is new, "
            "`--whole` what was changed here by hand; where these find nothing, `shipsync publish reset` and "
            "a publish after it fill the target anew."
        )
    tables = counted(len(report.tables), "table is", "tables are")
    output.remark(f"{tables} the same in {report.target}.")


@app.command(epilog="Example: shipsync publish reset --to delta:lake --yes")
def reset(
    to: To = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="Remove it; without this, only say what would be.")
    ] = False,
    connection: options.ConnectionName = "default",
    database: options.DatabaseFile = None,
    as_json: options.AsJson = False,
) -> None:
    """Remove what was published, so that a target starts anew.

    What something else made there stays. The next publish fills the target again.
    """
    from shipsync.publish.run import reset as carry_out

    goal = _target(to, options.local_settings(connection, database))
    if not yes:
        raise UsageError(
            f"All that was published into {goal.place} would be removed. Give --yes if that is right."
        )
    removed = carry_out(goal)
    if as_json:
        output.show_json({"target": goal.place, "removed": removed})
        return
    tables = counted(len(removed), "table was", "tables were")
    output.say(f"{tables} removed from {goal.place}.")


def _target(to: str | None, local: Local) -> PublishTarget:
    from shipsync.publish.targets import target

    place = to or local.publish_to
    if place is None:
        raise UsageError("No target is named. Give --to, or set publish_to in the settings.")
    goal = target(place)
    options.keep_out_of_traces(goal.secrets)
    return goal
