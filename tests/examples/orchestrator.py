"""An environment of its own for an orchestrator, and an emulated account that its jobs read."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from shipsync.emulator import Account, serve
from shipsync.emulator.simulation.seed import seed_account

EXAMPLES = Path(__file__).parents[2] / "examples"
SQL = EXAMPLES.parent / "sql"
_LONGEST_INSTALL_SECONDS = 600
LONGEST_RUN_SECONDS = 600
ACCOUNTS = ("east", "west")


def environment(folder: Path, *packages: str) -> Path:
    """The Python of a new environment with ``packages``, or the one that the environment names.

    SHIPSYNC_DAGSTER_PYTHON and SHIPSYNC_AIRFLOW_PYTHON name one that is there already. Skips, and says so,
    where no package can be had.
    """
    given = os.environ.get(f"SHIPSYNC_{folder.name.upper()}_PYTHON")
    if given:
        return Path(given)
    python = folder / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    words = [str(python), "-m", "pip", "install", "-qq", *packages]
    done = subprocess.run(
        words, check=False, capture_output=True, text=True, timeout=_LONGEST_INSTALL_SECONDS
    )
    if done.returncode:
        pytest.skip(
            f"THE EXAMPLE WAS NOT RUN: {' '.join(packages)} could not be installed: {done.stderr[-500:]}"
        )
    return python


@contextmanager
def two_accounts(home: Path, orchestrator_home: str) -> Iterator[dict[str, str]]:
    """Variables for jobs that read accounts ``east`` and ``west`` into ``home``; nothing is reported home."""
    account = Account(seed=3)
    seed_account(account, shipments=20)
    with serve(account) as served:
        settings = {
            f"SOURCES__SHIPSTATION__{name.upper()}__{key}": value
            for name in ACCOUNTS
            for key, value in (("API_KEY", "emulator-key"), ("BASE_URL", served.url))
        }
        kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        yield (
            kept
            | settings
            | {
                "SOURCES__SHIPSTATION__REQUESTS_PER_MINUTE": "100000",
                "SOURCES__SHIPSTATION__TRACKING_CALLS_PER_RUN": "3",
                "HOME": str(home),
                orchestrator_home: str(home / "orchestrator"),
                "SHIPSYNC": str(Path(sys.executable).with_name("shipsync")),
                "SHIPSYNC_HOME": str(home),
                "SHIPSYNC_ACCOUNTS": ",".join(ACCOUNTS),
                "SHIPSYNC_SQL": str(SQL),
                "DO_NOT_TRACK": "1",
            }
        )
