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
    typer.Option("--connection", metavar="NAME", help="Use the account of this name."),
]
DatabaseFile = Annotated[
    Path | None,
    typer.Option(
        "--database", metavar="FILE", help="Use this DuckDB file instead of data/NAME.duckdb."
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
Only = Annotated[
    list[str] | None,
    typer.Option("--only", metavar="STREAM", help="Read this stream only; repeat it for several."),
]
MOST_ROWS = 2**31 - 1
"""The largest number of rows that can be asked for."""

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]

_opened: list[Secret] = []


def account(name: str, database: Path | None) -> Connection:
    """The settings of a connection; raises ``ConfigurationError``, also when it has no key."""
    from shipsync import settings

    connection = settings.load(name, database=database)
    _opened.extend(connection.secrets)
    return connection


def local(name: str, database: Path | None) -> Local:
    """The settings of a connection that matter on this machine, for commands that ask no account.

    Needs no key. Raises ``UsageError`` when there is no database yet.
    """
    from shipsync.errors import UsageError

    found = local_settings(name, database)
    if not found.database.exists():
        raise UsageError(
            f"There is no database {found.database} yet. `shipsync sync` makes it; --connection "
            "and --database choose another."
        )
    return found


def local_settings(name: str, database: Path | None) -> Local:
    """The same for commands that ask no database either."""
    from shipsync import settings

    found = settings.local(name, database=database)
    _remember(found.deliver_secret)
    _remember(found.personal_data_salt)
    _remember(found.alerts.url)
    return found


def _remember(secret: Secret | None) -> None:
    if secret is not None:
        _opened.append(secret)


def keep_out_of_traces(secrets: Iterable[Secret]) -> None:
    """Remove these from any trace that is shown, as the keys of connections are."""
    _opened.extend(secrets)


def keep_publishing_out_of_traces(place: str | None) -> None:
    """The same for the target of ``publish_to``. Raises ``UsageError`` for one that there is not."""
    if place is None:
        return
    from shipsync.publish.targets import target

    keep_out_of_traces(target(place).secrets)


def opened_secrets() -> Iterator[Secret]:
    """The keys and secrets of all connections opened so far, so that a trace can be cleaned of them."""
    yield from _opened
