"""The border: what docs/python.md says may be imported, and the examples of every page, run."""

from __future__ import annotations

import inspect
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import shipsync
from played_demo import Demo
from shipsync.emulator import Account, serve
from shipsync.emulator.simulation.seed import seed_account

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
PAGES = {
    path.name: path.read_text(encoding="utf-8")
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
}
KEY = "a-key-that-nobody-may-see"
# What a program may import beside shipsync in an example.
NEIGHBOURS = {"dlt"}


def examples(page: str) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", page, flags=re.MULTILINE | re.DOTALL)


@pytest.fixture
def folder(demo: Demo, tmp_path: Path) -> Path:
    """A working folder with the demo's database, also as that of the default connection."""
    (tmp_path / "data").mkdir()
    for name in ("demo", "default"):
        shutil.copy(demo.database, tmp_path / "data" / f"{name}.duckdb")
    return tmp_path


@pytest.fixture
def address() -> Iterator[str]:
    """An account on loopback."""
    account = Account(seed=3, api_keys=(KEY,))
    seed_account(account, shipments=10)
    with serve(account) as served:
        yield served.url


@pytest.mark.parametrize("example", [found for page in PAGES.values() for found in examples(page)])
def test_an_example_runs(example: str, folder: Path, address: str) -> None:
    if ".run()" in example:
        # It reads another account than the demo's.
        (folder / "data" / "default.duckdb").unlink()
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "DLT_DATA_DIR": str(folder / "dlt"),
        "RUNTIME__DLTHUB_TELEMETRY": "false",
        "SOURCES__SHIPSTATION__API_KEY": KEY,
        "SOURCES__SHIPSTATION__BASE_URL": address,
        "SOURCES__SHIPSTATION__TRACKING_CALLS_PER_RUN": "2",
        "SOURCES__SHIPSTATION__REQUESTS_PER_MINUTE": "100000",
    }

    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", example],
        cwd=folder,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (ran.returncode, ran.stderr) == (0, "")


@pytest.mark.parametrize("page", PAGES.values(), ids=list(PAGES))
def test_examples_import_nothing_but_the_face(page: str) -> None:
    imported = {
        name
        for example in examples(page)
        for name in re.findall(r"^(?:import|from) (\S+)", example, flags=re.MULTILINE)
    }

    assert imported <= {"shipsync", *NEIGHBOURS}


def test_the_page_names_what_is_exported_and_what_is_exported_is_there() -> None:
    named = set(re.findall(r"`(?:shipsync\.)?(\w+)", PAGE))

    assert set(shipsync.__all__) - {"__version__", "errors"} <= named
    assert all(getattr(shipsync, name) is not None for name in shipsync.__all__)
    assert set(shipsync.__all__) <= set(dir(shipsync))


def test_the_page_names_every_error() -> None:
    kinds = {
        name
        for name, kind in vars(shipsync.errors).items()
        if inspect.isclass(kind) and issubclass(kind, Exception) and not name.startswith("_")
    }

    section = PAGE.split("## Errors")[1]
    assert kinds == {name for name in re.findall(r"`(\w+)`", section) if name[0].isupper()}


def test_the_page_names_every_public_method_of_an_account() -> None:
    methods = {name for name in vars(shipsync.SyncedAccount) if not name.startswith("_")}

    assert methods - {"name", "database"} <= set(re.findall(r"`(\w+)\(", PAGE))


def test_a_name_that_is_not_exported_is_no_attribute() -> None:
    with pytest.raises(AttributeError, match="module 'shipsync' has no attribute 'nothing'"):
        _ = shipsync.nothing


def test_importing_it_loads_nothing_that_is_heavy() -> None:
    code = (
        "import sys, shipsync; "
        "print(sorted({name.split('.')[0] for name in sys.modules} "
        "& {'dlt', 'duckdb', 'dbt', 'pyarrow', 'httpx', 'pydantic', 'pendulum', 'tenacity'}))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert ran.stdout.strip() == "[]"
