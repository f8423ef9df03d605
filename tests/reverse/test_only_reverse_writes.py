"""No code outside ``reverse`` changes the account."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import shipsync
from shipsync.api import endpoints

PACKAGE = Path(shipsync.__file__).parent
# What serves an account, instead of calling one.
OTHER_SIDE = "emulator"


def modules() -> Iterator[tuple[str, ast.Module]]:
    """Every module of the client, by its path in the package."""
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE).as_posix()
        if not name.startswith(OTHER_SIDE):
            yield name, ast.parse(path.read_text(encoding="utf-8"))


def calls_of_write(tree: ast.Module) -> int:
    """Calls of ``Session.write``: among all methods called write it alone takes a ``stream``."""
    return sum(
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "write"
        and any(keyword.arg == "stream" for keyword in node.keywords)
        for node in ast.walk(tree)
    )


def names(tree: ast.Module) -> set[str]:
    """Every name that a module uses."""
    found = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    found |= {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return found | {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def test_only_reverse_calls_the_session_to_write() -> None:
    calling = {name for name, tree in modules() if calls_of_write(tree)}
    assert "reverse/stock/kind.py" in calling
    assert {name for name in calling if not name.startswith("reverse/")} == set()


def test_only_reverse_knows_the_endpoints_that_write() -> None:
    writing = {
        name
        for name, value in vars(endpoints).items()
        if isinstance(value, endpoints.WriteEndpoint)
    }
    assert "CHANGE_STOCK" in writing
    knowing = {name for name, tree in modules() if writing & names(tree)} - {"api/endpoints.py"}
    assert {name for name in knowing if not name.startswith("reverse/")} == set()
