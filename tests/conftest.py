"""What holds for every test: no socket leaves this machine, and shared facts are found or missed aloud."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Generator, Iterator
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest

from played_demo import Demo
from shipsync.api.budget_state import FOLDER_VARIABLE

SHARED = Path(os.environ.get("SHIPSYNC_SHARED") or Path(__file__).parents[2] / "shared")

MADE_ONCE = frozenset({"demo", "story"})
"""Fixtures that dbt takes seconds to make: who asks for one goes to the worker that builds models."""

_HAS_FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed:
        item.stash[_HAS_FAILED] = True
    return report


@pytest.fixture
def tmp_path(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    """pytest's own, emptied after a test that passed: those of a whole run would take 12 GB.

    The folder itself stays, so that no later test gets its name: DuckDB takes a path that is open for the
    same database, whatever became of the file.
    """
    yield tmp_path
    if request.node.stash.get(_HAS_FAILED, False):
        return
    # What a test made unreadable may stay.
    with suppress(OSError):
        for path in tmp_path.iterdir():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if MADE_ONCE.intersection(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.xdist_group("dbt"))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say at the end, where nobody can miss it, what was not checked against the vendor's facts."""
    if not (SHARED / "api").is_dir():
        terminalreporter.section("NOT CHECKED AGAINST THE API'S DOCUMENT AND CAPTURES", red=True)
        terminalreporter.line(
            f"{SHARED / 'api'} is missing; set SHIPSYNC_SHARED to the folder above api/"
        )


@pytest.fixture(autouse=True)
def own_rates(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """What processes share of an account's rate is shared within one run of the tests."""
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path_factory.getbasetemp() / "rates"))


@pytest.fixture(autouse=True)
def loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every connection that isn't to this machine."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family != socket.AF_UNIX and not _is_loopback(str(address[0])):
            raise AssertionError(f"a test tried to reach {address[0]}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """The demo, played once.

    It begins at the present instant, and of fewer shipments some days none waits that is then changed.
    """
    from shipsync.demo import play

    database = tmp_path_factory.mktemp("demo") / "demo.duckdb"
    return Demo(database, list(play(database)))


@pytest.fixture(scope="session")
def captures() -> Path:
    """The folder of production captures; the test is skipped, and says so, where it isn't there."""
    folder = SHARED / "api" / "captures"
    if not folder.is_dir():
        pytest.skip(f"no production captures at {folder}: this test proves nothing here")
    return folder
