"""Loading through dlt: what goes wrong on the way comes out as what it was."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from shipsync import job
from shipsync.api.session import Session
from shipsync.connection import Connection, Secret
from shipsync.emulator import Account, Transport
from shipsync.emulator.simulation.seed import seed_account


class Interrupted(httpx.BaseTransport):
    """The way to an account on which somebody presses Ctrl-C when one list is asked for."""

    def __init__(self, account: Account, path: str) -> None:
        self._inner = Transport(account)
        self._path = path

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == self._path:
            raise KeyboardInterrupt
        return self._inner.handle_request(request)


@pytest.mark.parametrize("path", ["/v2/shipments", "/v2/fulfillments", "/v2/tags"])
def test_an_interrupt_stays_one_whatever_is_read(tmp_path: Path, path: str) -> None:
    account = Account()
    seed_account(account, shipments=5)
    connection = Connection("default", Secret("emulator-key"), tmp_path / "default.duckdb")

    with (
        Session(connection, transport=Interrupted(account, path)) as session,
        pytest.raises(KeyboardInterrupt),
    ):
        job.sync(connection, session, job.Scope())
