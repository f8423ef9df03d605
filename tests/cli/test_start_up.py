"""A command begins with what it needs, and nothing heavy beside."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from shipsync.cli import unsupported

HEAVY = {
    "dbt",
    "dlt",
    "httpx",
    "pyrate_limiter",
    "requests",
    "rich",
    "sqlglot",
    "starlette",
    "tenacity",
}
PROGRAM = """
import sys
from shipsync.cli.boundary import run
run(sys.argv[1:])
sys.stderr.write("LOADED " + " ".join(sys.modules))
"""


@pytest.mark.parametrize(
    "words",
    [
        ["--version"],
        ["--help"],
        ["status"],
        ["runs"],
        ["locations"],
        ["track", "1"],
        ["changes", "consumers"],
        ["quarantine", "list"],
    ],
    ids=" ".join,
)
def test_what_asks_no_account_loads_no_client_and_no_engine(
    words: list[str], synced: Path, tmp_path: Path
) -> None:
    where = [] if words[0].startswith("-") else ["--database", str(synced / "default.duckdb")]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *words, *where],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    loaded = set(done.stderr.split("LOADED ")[1].split())
    assert "typer" in loaded
    assert HEAVY & loaded == set()


def test_windows_is_told_why_not() -> None:
    assert str(unsupported("win32")).startswith("shipsync does not run on Windows: its run lock")
    assert unsupported("linux") is None
    assert unsupported("darwin") is None
