"""``shipsync models``: the models in the SQL of another engine."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from shipsync.cli import options, output
from shipsync.plurals import counted

app = typer.Typer()


class Dialect(StrEnum):
    """The engines that models are written for."""

    SPARK = "spark"
    POSTGRES = "postgres"
    SNOWFLAKE = "snowflake"
    BIGQUERY = "bigquery"


@app.command(epilog="Example: shipsync models --dialect spark shipsync_spark")
def models(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="Write the dbt package into this folder.")
    ],
    dialect: Annotated[
        Dialect,
        typer.Option("--dialect", help="Write for this engine; spark serves Databricks too."),
    ],
    connection: options.ConnectionName = "default",
    database: options.DatabaseFile = None,
    as_json: options.AsJson = False,
) -> None:
    """Write the models as a dbt package for another engine.

    They read tables as publish writes them, and have the settings of the connection in their SQL. Needs no
    database. What stays beside the account is left out, and named.
    """
    from shipsync import settings
    from shipsync.dialects.engines import DIALECTS
    from shipsync.dialects.package import write_package
    from shipsync.queries import ResultRows

    merchant = settings.local(connection, database=database).merchant
    report = write_package(folder, merchant, DIALECTS[dialect])
    if as_json:
        output.show_json(report)
        return
    output.show_table(ResultRows(("left out", "because it"), list(report.left_out.items())))
    made, read = counted(len(report.models), "model"), counted(len(report.sources), "table")
    output.remark(f"{made} for {dialect.value} are in {report.folder}; they read {read}.")
