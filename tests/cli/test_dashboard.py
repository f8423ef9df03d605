"""The page: as a script, as a server that asks for its token, and never in the way of a run."""

from __future__ import annotations

import json
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from shipsync import overview
from shipsync.cli.dashboard import notebook
from shipsync.warehouse.database import connect

from .conftest import Demo, Run

pytest.importorskip("marimo", reason="no marimo: the dashboard is not proven here")
pytest.importorskip("altair", reason="no altair: the dashboard is not proven here")
pytest.importorskip("vl_convert", reason="no vl-convert: the dashboard is not proven here")


@pytest.fixture
def copy(demo: Demo, folder: Path) -> Path:
    """The demo's database as one that a test may do anything to."""
    return Path(shutil.copyfile(demo.database, folder / "held.duckdb"))


def test_the_notebook_is_a_script_too(demo: Demo, tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, str(notebook()), "--database", str(demo.database)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (ran.returncode, ran.stderr) == (0, "")
    for section in overview.read(demo.database).sections:
        assert section.missing is None
        assert f"{section.title}\n" in ran.stdout
    assert list(tmp_path.iterdir()) == []


def test_check_says_what_the_page_shows(run: Run, demo: Demo) -> None:
    ran = run("dashboard", "--check", "--database", demo.database)
    told = run("dashboard", "--check", "--json", "--database", demo.database)

    assert (ran.code, ran.err) == (0, "")
    assert "Waiting orders that stock does not cover\n" in ran.out
    assert "\nshipments\t" in ran.out
    assert told.json == {
        "database": str(demo.database),
        "notebook": str(notebook()),
        "ok": True,
    }


def test_check_fails_in_one_sentence(run: Run, folder: Path) -> None:
    (folder / "bad.duckdb").write_text("this is no database")
    ran = run("dashboard", "--check", "--database", "bad.duckdb")

    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("The page can't be made: bad.duckdb is not a DuckDB database, or it")
    assert ran.err.count("\n") == 1


def test_a_taken_port_is_told(run: Run, demo: Demo) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ran = run("dashboard", "--port", str(port), "--database", demo.database)

    assert ran.code == 2
    assert ran.err.startswith(f"Port {port} cannot be listened on (Address already in use). Name ")


def test_without_a_database_there_is_no_page(run: Run) -> None:
    ran = run("dashboard", "--database", "none.duckdb")

    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("There is no database none.duckdb yet.")


@dataclass(frozen=True)
class Page:
    """A server under way."""

    url: str
    process: subprocess.Popen[str]


@pytest.fixture
def page(copy: Path, folder: Path) -> Iterator[Page]:
    """The dashboard of ``copy``, served until the test ends."""
    process = subprocess.Popen(
        [
            *(sys.executable, "-c", "from shipsync.cli import main; main()"),
            *("dashboard", "--port", "0", "--json", "--database", str(copy)),
        ],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(4)]
        yield Page(json.loads("".join(lines))["url"], process)
    finally:
        process.terminate()
        process.communicate(timeout=30)


def test_the_page_is_served_to_who_has_its_address(page: Page, copy: Path) -> None:
    # The address is told before the server listens.
    transport = httpx.HTTPTransport(retries=8)
    with httpx.Client(transport=transport, timeout=30, follow_redirects=True) as browser:
        shown = browser.get(page.url)
        links = re.findall(r'href="(/[a-z-]+)"', shown.text)
        loaded = [browser.get(httpx.URL(page.url).join(link)) for link in dict.fromkeys(links)]
    stranger = httpx.get(page.url.split("?")[0], timeout=30)

    assert shown.status_code == 200
    assert "Morning board" in shown.text
    assert re.findall(r'(?:src|href)="(?!/|#|data:)[^"]*"', shown.text) == []
    assert len(loaded) == 9
    assert {answer.status_code for answer in loaded} == {200}
    assert stranger.status_code != 200
    with connect(copy) as con:
        assert con.execute("select count(*) from core.shipments").fetchone() != (0,)


def test_an_interrupt_ends_the_page_calmly(page: Page) -> None:
    # The address is told before the server listens.
    with httpx.Client(transport=httpx.HTTPTransport(retries=8), timeout=30) as browser:
        browser.get(page.url.split("?")[0])
        page.process.send_signal(signal.SIGINT)
        _, said = page.process.communicate(timeout=30)

    assert (page.process.returncode, said) == (130, "The dashboard is stopped.\n")
