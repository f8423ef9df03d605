"""Commands at work at once keep an account's rate together, and who waits for an answer goes first."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.conftest import KEY
from shipsync.emulator import Account, Options, serve
from shipsync.emulator.simulation.seed import seed_account

pytestmark = pytest.mark.slow
COMMAND = (sys.executable, "-c", "import shipsync.cli; shipsync.cli.main()")


def test_nine_commands_at_once_are_never_refused(
    set_connection: Callable[..., None], folder: Path
) -> None:
    account = Account(
        seed=3,
        api_keys=(KEY,),
        options=Options(requests_per_minute=60),
        rate_clock=time.monotonic,
    )
    seed_account(account, shipments=30)
    with serve(account) as served:
        set_connection(api_key=KEY, base_url=served.url, requests_per_minute=60)
        commands = [
            subprocess.Popen([*COMMAND, "check"], cwd=folder, stdout=subprocess.DEVNULL)
            for _ in range(9)
        ]
        assert [command.wait() for command in commands] == [0] * 9
    assert len(account.requests) > 60, "so few are within the limit anyway"
    assert {logged.status for logged in account.requests} == {200}
