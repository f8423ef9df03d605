"""Libraries that only some commands need, and what to say where one is missing."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec

from shipsync.errors import MissingLibrary

POSTGRES: Mapping[str, str] = {
    "psycopg2": "psycopg2-binary",
    "adbc_driver_postgresql": "adbc-driver-postgresql",
}
DELTA: Mapping[str, str] = {"deltalake": "deltalake"}
ICEBERG: Mapping[str, str] = {"pyiceberg": "pyiceberg", "sqlalchemy": "sqlalchemy"}
EXCEL: Mapping[str, str] = {"openpyxl": "openpyxl"}
MCP: Mapping[str, str] = {"mcp": "mcp"}
OPENLINEAGE: Mapping[str, str] = {"openlineage": "openlineage-python"}
PROMETHEUS: Mapping[str, str] = {"prometheus_client": "prometheus-client"}
NOTEBOOKS: Mapping[str, str] = {
    "marimo": "marimo",
    "altair": "altair",
    "vl_convert": "vl-convert-python",
}


def require(what: str, modules: Mapping[str, str]) -> None:
    """Raise ``MissingLibrary`` when ``what`` needs a module that isn't installed.

    ``modules`` maps the name that is imported to the one that is installed.
    """
    missing = [package for module, package in modules.items() if find_spec(module) is None]
    if missing:
        names = " ".join(missing)
        raise MissingLibrary(
            f"{what} needs what is not installed: {' and '.join(missing)}. Install it with "
            f"`python -m pip install {names}` and run again."
        )
