"""Where a command takes its rows from: a file, a query, or a model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shipsync.errors import UsageError

if TYPE_CHECKING:
    from shipsync.reverse.row_source import ModelName, SqlQuery

File = Annotated[
    Path | None,
    typer.Argument(metavar="FILE", help="Rows to take: .csv, .jsonl, .parquet or .sql."),
]
Sql = Annotated[
    str | None,
    typer.Option("--sql", metavar="SELECT", help="Take the rows of this query instead."),
]
Model = Annotated[
    str | None,
    typer.Option("--model", metavar="SCHEMA.NAME", help="Take the rows of this model instead."),
]


def chosen(file: Path | None, sql: str | None, model: str | None) -> Path | SqlQuery | ModelName:
    """The one source that was given; raises ``UsageError`` when none or several were."""
    from shipsync.reverse.row_source import ModelName, SqlQuery

    given: list[Path | SqlQuery | ModelName] = [
        *([file] if file is not None else []),
        *([SqlQuery(sql)] if sql is not None else []),
        *([ModelName(model)] if model is not None else []),
    ]
    if len(given) != 1:
        raise UsageError("Say where the rows are: give one of FILE, --sql and --model.")
    return given[0]


def plan_beside(source: Path | SqlQuery | ModelName) -> Path:
    """Where the plan of a source goes if nothing else is said."""
    from shipsync.reverse.row_source import SqlQuery

    if isinstance(source, Path):
        return source.with_suffix(".plan.json")
    name = "query" if isinstance(source, SqlQuery) else source.name.rpartition(".")[2]
    return Path(f"{name}.plan.json")
