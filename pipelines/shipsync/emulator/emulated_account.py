"""The emulated account as tests and commands hold it: its state, and its HTTP face in front."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pendulum

from shipsync.emulator.account.account import Account
from shipsync.emulator.account.state import START
from shipsync.emulator.http.app import App
from shipsync.emulator.http.faults import Faults
from shipsync.emulator.http.request import IncomingRequest, Logged, Response
from shipsync.emulator.options import Options
from shipsync.emulator.routes import TABLE


class EmulatedAccount(Account):
    """An account together with its HTTP face, for whoever needs both in one hand.

    The account's own operations are those of ``Account``; ``faults``, ``requests`` and ``handle`` are
    those of ``App``.
    """

    def __init__(
        self,
        *,
        seed: int = 0,
        options: Options | None = None,
        start: pendulum.DateTime = START,
        api_keys: Iterable[str] = ("emulator-key",),
        denied_keys: Iterable[str] = (),
        elapsed: Callable[[], float] | None = None,
        rate_clock: Callable[[], float] | None = None,
        seconds_per_write: float = 0,
    ) -> None:
        super().__init__(seed=seed, options=options, start=start, elapsed=elapsed)
        self.app = App(
            self,
            TABLE,
            api_keys=api_keys,
            denied_keys=denied_keys,
            rate_clock=rate_clock,
            seconds_per_write=seconds_per_write,
        )

    @property
    def faults(self) -> Faults:
        """The faults that are still to come."""
        return self.app.faults

    @property
    def requests(self) -> list[Logged]:
        """The log of the requests that were answered."""
        return self.app.requests

    def handle(self, request: IncomingRequest) -> Response:
        """Answer one request."""
        return self.app.handle(request)
