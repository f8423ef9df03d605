"""A command begins with what it needs, and nothing heavy beside."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from shipsync.cli import app, unsupported
from shipsync.emulator import Account, serve
from shipsync.emulator.simulation.seed import seed_account

HEAVY = {
    "dbt",
    "dlt",
    "httpx",
    "openlineage",
    "pandas",
    "pendulum",
    "pyarrow",
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
        ["changes", "list"],
        ["quarantine", "list"],
        ["writes", "status"],
        ["stock", "plan", "none.csv"],
        ["shipments", "--help"],
    ],
    ids=" ".join,
)
def test_what_asks_no_account_loads_no_client_and_no_engine(
    words: list[str], synced: Path, tmp_path: Path
) -> None:
    is_help = words[-1].startswith("-")
    where = [] if is_help else ["--database", str(synced / "default.duckdb")]
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
    others = {
        f"shipsync.cli.{module}" for module in app.COMMANDS if words[0] not in app.COMMANDS[module]
    }
    if words != ["--help"]:
        # Groups share what they print with.
        assert others & loaded <= {"shipsync.cli.writes"}


@pytest.mark.parametrize("module", app.COMMANDS)
def test_the_tree_names_the_commands_that_a_module_has(module: str) -> None:
    assert tuple(app.commands_of(module)) == app.COMMANDS[module]


def test_every_module_that_has_commands_is_in_the_tree_or_in_a_group_of_it() -> None:
    folder = Path(app.__file__).parent
    having = {file.stem for file in folder.glob("*.py") if "\n@app.command(" in file.read_text()}
    in_groups = {"consumers", "deliver", "shipment_reads", "stock_change"}

    assert having - in_groups == set(app.COMMANDS)


SEARCHED = """
import sys
from importlib.abc import MetaPathFinder
from shipsync.cli.boundary import run

class Watching(MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == "pandas":
            sys.stderr.write("SEARCHED")

watching = Watching()
sys.meta_path.insert(0, watching)
code = run(sys.argv[1:])
assert sys.meta_path[0] is watching
sys.exit(code)
"""


def test_a_sync_looks_for_no_pandas(tmp_path: Path) -> None:
    account = Account(seed=1, api_keys=("a-key",))
    seed_account(account, shipments=5)
    with serve(account) as served:
        done = subprocess.run(
            [sys.executable, "-c", SEARCHED, "sync", "--database", str(tmp_path / "a.duckdb")],
            capture_output=True,
            text=True,
            check=True,
            cwd=tmp_path,
            env=os.environ
            | {
                "SOURCES__SHIPSTATION__API_KEY": "a-key",
                "SOURCES__SHIPSTATION__BASE_URL": served.url,
            },
        )
    assert "shipments" in done.stdout
    assert "SEARCHED" not in done.stderr


def test_windows_is_told_why_not() -> None:
    assert str(unsupported("win32")).startswith("shipsync does not run on Windows: its run lock")
    assert unsupported("linux") is None
    assert unsupported("darwin") is None
