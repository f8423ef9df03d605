"""The account's own time: the upper bound of everything one run reads."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from shipsync import clock

FAR_AHEAD: Final = timedelta(days=1)
"""A row that changes while a run reads shows a time a little after T0; one further ahead is wrong."""


class AccountTime:
    """T0 of a run: the server's clock at the run's first answer; later answers don't move it.

    The Date header has whole seconds, cut off, so that no row of a second still going on is below it.
    A server that sends no date is met with this machine's clock.
    """

    def __init__(self) -> None:
        self._upper_bound: datetime | None = None

    def observe(self, server_time: datetime | None) -> None:
        """Take the time of an answer; only the first counts."""
        if self._upper_bound is None:
            self._upper_bound = server_time or clock.now()

    @property
    def known(self) -> datetime | None:
        """T0, or None before the first answer."""
        return self._upper_bound

    @property
    def upper_bound(self) -> datetime:
        """T0; before the first answer this machine's clock."""
        return self._upper_bound or clock.now()
