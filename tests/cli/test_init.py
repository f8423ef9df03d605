"""``shipsync init``: from a terminal, from a pipe, and what it leaves."""

from __future__ import annotations

import os
import pty
import select
import stat
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest

from shipsync import settings
from shipsync.cli.schedule import Schedule, Scheduler, install, unit_folder
from shipsync.connection import LEAST_SALT_BYTES, Connection, Secret
from shipsync.emulator import Account, serve
from shipsync.emulator.simulation.seed import seed_account
from shipsync.sources.first_read import first_read
from shipsync.sources.probe import Probe

from .conftest import KEY, Run

MAIN = "from shipsync.cli import main; main()"


@pytest.fixture
def url(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An account on loopback that takes ``KEY``; its address is set, its key is not."""
    account = Account(seed=3, api_keys=(KEY,))
    seed_account(account, shipments=30)
    with serve(account) as served:
        monkeypatch.setenv("SOURCES__SHIPSTATION__BASE_URL", served.url)
        monkeypatch.setenv("SOURCES__SHIPSTATION__REQUESTS_PER_MINUTE", "100000")
        yield served.url


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> StringIO:
    """Standard input, which is a pipe."""
    text = StringIO()
    monkeypatch.setattr(sys, "stdin", text)
    return text


def type_key(text: StringIO, key: str) -> None:
    text.write(f"{key}\n")
    text.seek(0)


def test_a_key_is_typed_without_echo_and_everything_follows(url: str, folder: Path) -> None:
    controller, terminal = pty.openpty()
    words = [sys.executable, "-c", MAIN, "init", "--schedule", "cron"]
    # A session of its own, so that the terminal that the key is read from is this one.
    with subprocess.Popen(
        words, stdin=terminal, stdout=terminal, stderr=terminal, start_new_session=True
    ) as init:
        os.close(terminal)
        seen = read_until(controller, "it is not shown): ")
        os.write(controller, f"{KEY}\n".encode())
        seen += read_until(controller, None)
    os.close(controller)

    assert init.returncode == 0, seen
    assert KEY not in seen
    assert "answers. The key is in .dlt/secrets.toml" in seen
    assert "The first `shipsync run` reads" in seen
    assert "*/5 * * * * cd" in seen
    path = folder / ".dlt" / "secrets.toml"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    found = settings.load(config_dir=folder / ".dlt")
    assert found.api_key == Secret(KEY)
    assert found.personal_data_salt is not None
    assert len(found.personal_data_salt.reveal()) >= 2 * LEAST_SALT_BYTES


def read_until(terminal: int, words: str | None) -> str:
    """What a terminal shows up to ``words``, or to its end."""
    seen = b""
    while words is None or words.encode() not in seen:
        assert select.select([terminal], [], [], 60)[0], f"nothing more came after {seen!r}"
        try:
            piece = os.read(terminal, 4096)
        except OSError:
            # Linux: nobody has the other side open any more.
            piece = b""
        if not piece:
            assert words is None, seen
            break
        seen += piece
    return seen.decode()


def test_a_key_may_come_through_a_pipe(run: Run, url: str, typed: StringIO, folder: Path) -> None:
    type_key(typed, KEY)
    made = run("init", "--schedule", "systemd", "--json")

    assert made.code == 0
    assert made.json["secrets_file"] == ".dlt/secrets.toml"
    assert made.json["first_run"]["requests"] > 10
    assert list(made.json["schedule"]["units"]) == ["shipsync.service", "shipsync.timer"]
    assert run("check").code == 0


def test_a_key_that_the_account_refuses_is_not_kept(
    run: Run, url: str, typed: StringIO, folder: Path
) -> None:
    type_key(typed, "another-key")
    refused = run("init")

    assert refused.code == 1
    assert "another-key" not in refused.out + refused.err
    assert not (folder / ".dlt").exists()


def test_without_a_key_it_says_where_to_find_one(run: Run, url: str, typed: StringIO) -> None:
    empty = run("init")
    assert empty.code == 2
    assert empty.err.startswith("No key was given. ShipStation shows it under Settings")


def test_what_is_in_the_file_stays_and_a_second_key_has_to_be_meant(
    run: Run, url: str, typed: StringIO, folder: Path
) -> None:
    path = folder / ".dlt" / "secrets.toml"
    path.parent.mkdir()
    path.write_text(
        '# ours\n[sources.shipstation]\napi_key = "old"\npersonal_data_salt = "sixteen bytes..."\n'
        '[destination.reports]\ncredentials = "postgresql://x"\n'
    )
    type_key(typed, KEY)
    refused = run("init")
    typed.seek(0)
    replaced = run("init", "--replace-key")
    typed.seek(0)
    west = run("init", "--connection", "west")

    assert (refused.code, replaced.code, west.code) == (2, 0, 0)
    assert "--replace-key puts this one in its place" in refused.err
    text = path.read_text()
    assert text.startswith("# ours\n")
    found = tomllib.loads(text)
    assert found["destination"]["reports"] == {"credentials": "postgresql://x"}
    section = found["sources"]["shipstation"]
    assert (section["api_key"], section["personal_data_salt"]) == (KEY, "sixteen bytes...")
    assert section["west"]["api_key"] == KEY
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_file_that_is_no_toml_is_left_as_it_is(
    run: Run, url: str, typed: StringIO, folder: Path
) -> None:
    path = folder / ".dlt" / "secrets.toml"
    path.parent.mkdir()
    path.write_text("api_key = not quoted")
    type_key(typed, KEY)

    assert run("init").code == 2
    assert path.read_text() == "api_key = not quoted"


def test_units_are_written_where_systemd_finds_those_of_a_user(folder: Path) -> None:
    environ = {"XDG_CONFIG_HOME": str(folder / "config"), "PATH": ""}
    job = Schedule("west", Path("/opt/my tools/shipsync"), Path("/srv/100% ours"), 5)
    done = install(job, Scheduler.SYSTEMD, environ)

    service = (unit_folder(environ) / "shipsync-west.service").read_text()
    assert 'ExecStart="/opt/my tools/shipsync" run --connection west\n' in service
    assert "WorkingDirectory=/srv/100%% ours\n" in service
    assert "OnCalendar=*:0/5\n" in (unit_folder(environ) / "shipsync-west.timer").read_text()
    assert done[-1].startswith("Start it: systemctl --user daemon-reload && systemctl")


def test_a_crontab_keeps_its_lines_and_gets_ours_once(folder: Path) -> None:
    crontab = folder / "crontab"
    crontab.write_text(
        f'#!/bin/sh\nif [ "$1" = -l ]; then cat {folder}/tab; else cat > {folder}/new; '
        f"mv {folder}/new {folder}/tab; fi\n"
    )
    crontab.chmod(0o755)
    (folder / "tab").write_text("0 4 * * * backup\n")
    environ = {"PATH": f"{folder}:{os.environ['PATH']}"}
    job = Schedule("default", Path("/opt/shipsync"), Path("/srv/shop"), 5)
    install(job, Scheduler.CRON, environ)
    install(Schedule("default", job.program, job.folder, 10), Scheduler.CRON, environ)

    assert (folder / "tab").read_text() == (
        "0 4 * * * backup\n*/10 * * * * cd /srv/shop && /opt/shipsync run >/dev/null\n"
    )


@pytest.mark.parametrize(
    ("rows", "per_minute", "requests", "seconds"),
    [(0, 200, 1, 0.3), (500, 200, 1, 0.3), (501, 200, 2, 0.6), (1_000_000, 200, 2000, 600)],
)
def test_the_first_read_takes_what_the_rate_allows(
    rows: int, per_minute: int, requests: int, seconds: float
) -> None:
    account = Connection("default", Secret("k"), Path("x"), requests_per_minute=per_minute)
    expected = first_read([Probe("shipments", True, rows, None)], account)
    assert (expected.requests, expected.takes.total_seconds()) == (requests, seconds)


def test_tracking_of_the_first_read_is_bounded_by_its_budget() -> None:
    account = Connection("default", Secret("k"), Path("x"), tracking_calls_per_run=300)
    expected = first_read([Probe("tracking", True, 1000, None)], account)
    assert (expected.requests, expected.parcels_later) == (300, 700)
