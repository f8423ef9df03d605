"""The options that every command has, and the connection they stand for."""

from __future__ import annotations

from collections.abc import Iterator
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
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]

_opened: list[Secret] = []


def account(name: str, database: Path | None) -> Connection:
    """The settings of a connection; raises ``ConfigurationError``, also when it has no key."""
    from shipsync import settings

    connection = settings.load(name, database=database)
    _opened.append(connection.api_key)
    return connection


def held(name: str, database: Path | None) -> Local:
    """What a connection has on this machine, for commands that leave the account alone.

    Needs no key. Raises ``UsageError`` when there is no database yet.
    """
    from shipsync import settings
    from shipsync.errors import UsageError

    local = settings.local(name, database=database)
    if not local.database.exists():
        raise UsageError(
            f"There is no database {local.database} yet. `shipsync sync` makes it; --connection "
            "and --database choose another."
        )
    return local


def opened_secrets() -> Iterator[Secret]:
    """The keys of all connections opened so far, so that a trace can be cleaned of them."""
    yield from _opened
