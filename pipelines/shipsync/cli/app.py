"""The command tree; each command lives in the module of its group, which is imported when it is asked for."""

from __future__ import annotations

from collections import UserDict
from importlib import import_module
from typing import Annotated, Any, Final

import typer

from shipsync.version import __version__

# In the order of the help: a module, and the names of the commands that its `app` holds.
COMMANDS: Final[dict[str, tuple[str, ...]]] = {
    "init": ("init",),
    "demo": ("demo",),
    "runs": ("run", "sync", "build"),
    "changes": ("changes",),
    "inbox": ("inbox",),
    "stock": ("stock",),
    "shipments": ("shipments",),
    "fulfillments": ("fulfillments",),
    "writes": ("writes",),
    "track": ("track",),
    "locations": ("warehouses", "locations"),
    "status": ("status", "check", "reconcile"),
    "history": ("runs",),
    "quarantine": ("quarantine",),
    "backup": ("backup", "restore", "snapshot"),
    "export": ("export",),
    "publish": ("publish",),
    "models": ("models",),
    "fleet": ("fleet",),
    "dashboard": ("dashboard", "report"),
    "mcp": ("mcp",),
    "emulator": ("emulator",),
}
# Their `app` is a group, whose commands go by its name and one of their own.
_GROUPS: Final = frozenset(
    {"changes", "stock", "shipments", "fulfillments", "writes", "quarantine", "publish", "fleet"}
)

app = typer.Typer(
    name="shipsync",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Example: shipsync demo",
)


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(f"shipsync {__version__}")
        raise typer.Exit


@app.callback()
def shipsync(
    version: Annotated[
        bool,
        typer.Option("--version", is_eager=True, callback=_show_version, help="Print the version."),
    ] = False,
    debug: Annotated[
        bool, typer.Option("--debug", help="Show the trace of an error (as SHIPSYNC_DEBUG=1 does).")
    ] = False,
) -> None:
    """Keep a ShipStation account in DuckDB and write decisions made in SQL back to it."""


class _Commands(UserDict[str, Any]):
    """Commands by their names; the module of one is imported when it is looked up."""

    def __init__(self) -> None:
        super().__init__({name: module for module, names in COMMANDS.items() for name in names})

    def __getitem__(self, name: str) -> Any:
        held = super().__getitem__(name)
        if isinstance(held, str):
            self.update(commands_of(held))
        return super().__getitem__(name)


def commands_of(module: str) -> dict[str, Any]:
    """The commands of a module of this folder, by their names in the tree."""
    tree = typer.Typer(rich_markup_mode=None)
    name = module if module in _GROUPS else None
    tree.add_typer(import_module(f"shipsync.cli.{module}").app, name=name)
    return dict(typer.main.get_group(tree).commands)


def command() -> Any:
    """The command tree as the object that parses and runs a command line."""
    tree: Any = typer.main.get_command(app)
    tree.commands = _Commands()
    return tree
