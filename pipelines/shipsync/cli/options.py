"""The options that every command has, and the connection they stand for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from shipsync.connection import Connection, Secret
    from shipsync.settings import Local

ConnectionName = Annotated[
    str,
    typer.Option("--connection", metavar="NAME", help="Work with the account of this name."),
]
DatabaseFile = Annotated[
    Path | None,
    typer.Option(
        "--database", metavar="FILE", help="Keep to this DuckDB file, not data/NAME.duckdb."
    ),
]
Apply = Annotated[bool, typer.Option("--apply", help="Send it; without this, only show the plan.")]
MaxRows = Annotated[
    int | None, typer.Option("--max-rows", min=1, help="Stop a plan that would send more.")
]
Out = Annotated[
    Path | None,
    typer.Option("--out", metavar="PLAN", help="Write the plan to this file, to be applied later."),
]
Verify = Annotated[
    bool, typer.Option("--verify", help="Look at the end whether the account holds what was sent.")
]
PlanFile = Annotated[Path, typer.Argument(metavar="PLAN", help="The plan that --out wrote.")]
One = Annotated[bool, typer.Option("--one", help="Send a single row, as a trial.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]

_opened: list[Secret] = []


def account(name: str, database: Path | None) -> Connection:
    """The settings of a connection; raises ``ConfigurationError``, also when it has no key."""
    from shipsync import settings

    connection = settings.load(name, database=database)
    _opened.append(connection.api_key)
    _remember(connection.deliver_secret)
    return connection


def held(name: str, database: Path | None) -> Local:
    """What a connection has on this machine, for commands that leave the account alone.

    Needs no key. Raises ``UsageError`` when there is no database yet.
    """
    from shipsync import settings
    from shipsync.errors import UsageError

    local = settings.local(name, database=database)
    _remember(local.deliver_secret)
    _remember(local.personal_data_salt)
    if not local.database.exists():
        raise UsageError(
            f"There is no database {local.database} yet. `shipsync sync` makes it; --connection "
            "and --database choose another."
        )
    return local


def _remember(secret: Secret | None) -> None:
    if secret is not None:
        _opened.append(secret)


def keep_out_of_traces(secrets: Iterable[Secret]) -> None:
    """Have these taken out of any trace that is shown, as the keys of connections are."""
    _opened.extend(secrets)


def opened_secrets() -> Iterator[Secret]:
    """The keys and secrets of all connections opened so far, so that a trace can be cleaned of them."""
    yield from _opened
