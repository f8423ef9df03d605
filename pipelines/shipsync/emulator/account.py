"""A ShipStation v2 account in a process: its state, its clock, its journal and its HTTP face.

::

    account.handle(request) -> response
      faults that come first ─▶ checks: key ─▶ rate ─▶ route ─▶ shape ─▶ the route: state ─▶ faults
                                                                   on the answer ─▶ Date, log
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pendulum

from shipsync.emulator.options import Options
from shipsync.emulator.orders import Orders
from shipsync.emulator.state import START
from shipsync.emulator.stockroom import Stockroom


class Account(Orders, Stockroom):
    """One account. ``options`` choose behaviours that nobody has established."""

    def __init__(
        self,
        *,
        seed: int = 0,
        options: Options | None = None,
        start: pendulum.DateTime = START,
        api_keys: Iterable[str] = ("emulator-key",),
        elapsed: Callable[[], float] | None = None,
    ) -> None:
        super().__init__(seed=seed, options=options, start=start, elapsed=elapsed)
        self.api_keys = frozenset(api_keys)
