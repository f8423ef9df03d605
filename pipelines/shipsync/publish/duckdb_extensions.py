"""Extensions of DuckDB: those installed, those that a package of Python carries, and those DuckDB fetches."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import duckdb

from shipsync.errors import MissingLibrary


def load(con: duckdb.DuckDBPyConnection, name: str) -> None:
    """Load the extension ``name`` into ``con``; only one that is nowhere on this machine is fetched.

    Raises ``MissingLibrary``.
    """
    try:
        con.load_extension(name)
    except duckdb.Error:
        _load_carried(con, name)


def _load_carried(con: duckdb.DuckDBPyConnection, name: str) -> None:
    file = carried(name)
    try:
        if file is None:
            con.install_extension(name)
        con.load_extension(name if file is None else str(file))
    except duckdb.Error as failure:
        package = f"duckdb-extension-{name.replace('_', '-')}"
        raise MissingLibrary(
            f"DuckDB's extension {name} is not on this machine, and could not be fetched from the network "
            f"either. Install it with `python -m pip install {package}=={duckdb.__version__}`, or let DuckDB "
            f"{duckdb.__version__} install it where there is a network, and run again."
        ) from failure


def carried(name: str) -> Path | None:
    """The extension as the package ``duckdb-extension-NAME`` has it for this DuckDB; None without one."""
    found = find_spec(f"duckdb_extension_{name}")
    if found is None or not found.origin:
        return None
    folder = Path(found.origin).parent / "extensions" / f"v{duckdb.__version__}"
    file = folder / f"{name}.duckdb_extension"
    return file if file.is_file() else None
