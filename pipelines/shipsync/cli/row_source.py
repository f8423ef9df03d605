"""Where a command takes its rows from: a file, a query, or a model."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shipsync.errors import UsageError

if TYPE_CHECKING:
    from shipsync.reverse.plan.input_files import InputRows
    from shipsync.reverse.plan.row_sources import ModelName, SqlQuery

File = Annotated[
    Path | None,
    typer.Argument(metavar="FILE", help="Rows to take: .csv, .xlsx, .jsonl, .parquet or .sql."),
]
Sql = Annotated[
    str | None,
    typer.Option("--sql", metavar="SELECT", help="Take the rows of this query instead."),
]
Model = Annotated[
    str | None,
    typer.Option("--model", metavar="SCHEMA.NAME", help="Take the rows of this model instead."),
]

Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="COLUMN=VALUE", help="Give a single row here, column by column; repeat it."
    ),
]


def chosen(file: Path | None, sql: str | None, model: str | None) -> Path | SqlQuery | ModelName:
    """The one source that was given; raises ``UsageError`` when none or several were."""
    found = among(file, sql, model)
    if len(found) != 1:
        raise UsageError("Say where the rows are: give one of FILE, --sql and --model.")
    return found[0]


def chosen_or_set(
    file: Path | None, sql: str | None, model: str | None, settings: list[str] | None
) -> Path | SqlQuery | ModelName | InputRows:
    """The same, or the row that ``--set`` gives; raises ``UsageError`` when none or several were."""
    from shipsync.reverse.plan.input_files import one_row

    found = among(file, sql, model)
    if len(found) + bool(settings) != 1:
        raise UsageError("Say where the rows are: give one of FILE, --sql, --model and --set.")
    return one_row("The command line", cells(settings)) if settings else found[0]


def among(
    file: Path | None, sql: str | None, model: str | None
) -> list[Path | SqlQuery | ModelName]:
    """Every source that was given."""
    from shipsync.reverse.plan.row_sources import ModelName, SqlQuery

    return [
        *([file] if file is not None else []),
        *([SqlQuery(sql)] if sql is not None else []),
        *([ModelName(model)] if model is not None else []),
    ]


def cells(settings: list[str] | None, given: Mapping[str, str] | None = None) -> dict[str, str]:
    """The cells of one row: those ``given``, and those that ``--set`` adds.

    Raises ``UsageError`` for what is no COLUMN=VALUE, and for a column that is given twice.
    """
    from shipsync.reverse.plan.csv_file import SKU_COLUMNS

    found = dict(given or {})
    for setting in settings or ():
        column, sign, value = setting.partition("=")
        if not sign:
            raise UsageError(f"--set is {setting!r}; write COLUMN=VALUE, such as reason=recount.")
        if column in found:
            raise UsageError(f"--set {column} is given already; say it once.")
        found[column] = value
    return {
        column: value if column in SKU_COLUMNS else value.strip()
        for column, value in found.items()
        if value.strip()
    }


def plan_beside(source: Path | SqlQuery | ModelName) -> Path:
    """Where the plan of a source goes if nothing else is said."""
    from shipsync.reverse.plan.row_sources import SqlQuery

    if isinstance(source, Path):
        return source.with_suffix(".plan.json")
    name = "query" if isinstance(source, SqlQuery) else source.name.rpartition(".")[2]
    return Path(f"{name}.plan.json")
