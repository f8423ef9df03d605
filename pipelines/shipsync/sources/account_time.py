"""The account's own time: the upper bound of everything one run reads, and what its versions begin with."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from shipsync import clock

FAR_AHEAD: Final = timedelta(days=1)
"""A row that changes while a run reads shows a time a little after T0; one further ahead is wrong."""
TOLERATED_DIFFERENCE: Final = timedelta(hours=1)
"""So far apart may the account's clock and this machine's be before one of them is called wrong."""


class AccountTime:
    """T0 of a run: the server's clock at the run's first answer; later answers don't move it.

    The Date header has whole seconds, cut off, so that no row of a second still going on is below it.
    A server that sends no date is met with this machine's clock, which ``machine`` gives. ``before`` is
    the account's time of an earlier run, if there was one.

    T0 is doubtful if it lies ahead of this machine's clock, for a cursor would be moved past changes
    that are still to come; and if the account's own rows or an earlier run show that it lies behind. That
    this machine alone says so proves nothing against the account.
    """

    def __init__(
        self, machine: Callable[[], datetime] = clock.now, before: datetime | None = None
    ) -> None:
        self._machine = machine
        self._before = before
        self._upper_bound: datetime | None = None
        self._machine_time: datetime | None = None
        self._rows_are_ahead = False

    def observe(self, server_time: datetime | None) -> None:
        """Take the time of an answer; only the first counts."""
        if self._upper_bound is None:
            self._machine_time = self._machine()
            self._upper_bound = server_time or self._machine_time

    def observe_row(self, changed_at: datetime) -> None:
        """Take the time of a row that the account shows: it lies in the past, if it can be believed."""
        if self._upper_bound is not None and self._machine_time is not None:
            is_past = changed_at <= self._machine_time + TOLERATED_DIFFERENCE
            is_ahead = changed_at > self._upper_bound + TOLERATED_DIFFERENCE
            self._rows_are_ahead = self._rows_are_ahead or (is_past and is_ahead)

    @property
    def known(self) -> datetime | None:
        """T0, or None before the first answer."""
        return self._upper_bound

    @property
    def upper_bound(self) -> datetime:
        """T0; before the first answer this machine's clock."""
        return self._upper_bound or self._machine()

    @property
    def valid_from(self) -> datetime:
        """When versions read in this run begin: T0, as far as it can be believed.

        A Date header ahead of a clock that has not itself gone back since an earlier run is not.
        """
        if self._upper_bound is None or self._machine_time is None or self._before is None:
            return self.upper_bound
        is_ahead = self._upper_bound - self._machine_time > TOLERATED_DIFFERENCE
        if is_ahead and self._machine_time >= self._before:
            return self._machine_time
        return self._upper_bound

    @property
    def is_doubtful(self) -> bool:
        """Whether T0 is so likely wrong that it must not move a cursor."""
        return self.complaint is not None

    @property
    def complaint(self) -> str | None:
        """What a person should know of T0; None if nothing speaks against it."""
        if self._upper_bound is None or self._machine_time is None:
            return None
        difference = self._upper_bound - self._machine_time
        says = (
            f"The account's clock (the Date header of its first answer) says {_shown(self._upper_bound)}, "
            f"this machine's {_shown(self._machine_time)}"
        )
        if difference > TOLERATED_DIFFERENCE:
            return (
                f"{says}: the account is {_apart(difference)} ahead. Rows were read all the same, and the "
                "cursor went no further than to the last of them. Set this machine's clock, or tell "
                "ShipStation if it is right."
            )
        if self._rows_are_ahead or self._has_gone_back:
            evidence = (
                "its own rows are later than that"
                if self._rows_are_ahead
                else "it was later before"
            )
            return (
                f"{says}: the account's is behind, for {evidence}. Rows that it shows up to a day ahead of "
                "its clock are left for the next run. Run again later, and tell ShipStation if it stays so."
            )
        return None

    @property
    def _has_gone_back(self) -> bool:
        if self._before is None or self._upper_bound is None or self._machine_time is None:
            return False
        # The earlier time may be the wrong one: then this machine's clock does not bear it out.
        return self._upper_bound < min(self._before, self._machine_time) - TOLERATED_DIFFERENCE


def _shown(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _apart(difference: timedelta) -> str:
    if difference >= timedelta(days=2):
        return f"{difference.days} days"
    return f"{difference // timedelta(hours=1)} h {difference // timedelta(minutes=1) % 60:02} min"
