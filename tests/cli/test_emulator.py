"""``shipsync emulator``: an account on loopback, its options, its clock."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import httpx
import orjson
import pytest

from shipsync.cli.emulator import run_until_stopped
from shipsync.emulator import Account, Options
from shipsync.emulator.simulation.seed import seed_account
from shipsync.emulator.simulation.simulation import Simulation

from .conftest import KEY, Run


def test_the_emulator_answers_on_loopback_until_it_is_interrupted(folder: Path) -> None:
    words = ["emulator", "--port", "0", "--shipments", "3", "--json"]
    words += ["--option", "requests_per_minute=1", "--observed", "--option", "old_shipments=4"]
    script = "from shipsync.cli import main; main()"
    with subprocess.Popen(
        [sys.executable, "-c", script, *words], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        told = orjson.loads("".join(process.stdout.readline() for _ in range(5)))
        answer = httpx.get(f"{told['url']}/v2/shipments", headers={"api-key": told["api_key"]})
        refused = httpx.get(f"{told['url']}/v2/shipments", headers={"api-key": KEY})
        second = httpx.get(f"{told['url']}/v2/tags", headers={"api-key": told["api_key"]})
        process.send_signal(signal.SIGINT)

    assert told["url"].startswith("http://127.0.0.1:")
    assert answer.json()["total"] == 3 + 4
    assert refused.status_code == 401
    assert second.status_code == 429
    assert process.returncode == 0


def test_time_passes_in_an_account_that_is_served() -> None:
    account = Account(seed=3)
    seed_account(account, shipments=20)
    before = len(account.journal)
    hours = iter(range(48))

    def an_hour_passes(_: float) -> bool:
        account.clock.advance(hours=1)
        return next(hours, None) is None

    run_until_stopped(Simulation(account, orders_per_day=10), an_hour_passes)

    kinds = {entry.kind for entry in account.journal[before:]}
    assert {"shipments", "labels", "inventory_levels"} <= kinds
    assert len(account.ids("shipments")) >= 30


def test_the_emulator_says_when_its_port_is_taken(run: Run, account: Account) -> None:
    url = os.environ["SOURCES__SHIPSTATION__BASE_URL"]

    started = run("emulator", "--port", url.rsplit(":", 1)[1], "--shipments", "0")

    assert started.code == 2
    assert "cannot be listened on" in started.err


def test_every_option_is_shown_with_what_is_known_of_it(run: Run) -> None:
    shown = run("emulator", "--options", "--json").json

    assert [row["option"] for row in shown] == [field.name for field in fields(Options)]
    assert all(row["mark"].startswith("[") and row["values"] for row in shown)
    (pages,) = (row for row in shown if row["option"] == "oversized_page")
    assert (pages["default"], pages["values"]) == ("clamp", "clamp or refuse")


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("ties", "An option is written NAME=VALUE; 'ties' has no '='."),
        ("tie=reversed", "The emulator has no option 'tie'."),
        ("ties=sorted", "'sorted' is no value of the option ties, which may be insertion or "),
        ("retry_after=yes", "'yes' is no value of the option retry_after, which may be true or "),
        ("deepest_row=deep", "which may be a whole number or none."),
    ],
)
def test_an_option_that_does_not_exist_is_refused(run: Run, word: str, said: str) -> None:
    refused = run("emulator", "--option", word)

    assert refused.code == 2
    assert said in refused.err
    assert "`shipsync emulator --options` shows them all." in refused.err
