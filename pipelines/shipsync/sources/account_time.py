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
_ENOUGH_ROWS: Final = 2
"""A single row may have a time that is as wrong as the header's."""


class AccountTime:
    """T0 of a run: the server's clock at the run's first answer; later answers don't move it.

    The Date header has whole seconds, cut off, so that no row of a second still going on is below it.
    A server that sends no date is met with this machine's clock, which ``machine`` gives. ``before`` is
    the account's time of an earlier run, if there was one, and ``believed`` that of the last one of which
    it was not doubtful.

    A cursor that is moved to a T0 too late passes over changes that are still to come. So T0 is doubtful
    if it lies ahead of this machine's clock and nothing else of the account's bears it out: neither rows
    that it shows nor ``believed`` lie more than half as far ahead. It is doubtful too if its own rows or
    an earlier run show that it lies behind. That this machine's clock says otherwise proves nothing by
    itself: it may be the one that is wrong.
    """

    def __init__(
        self,
        machine: Callable[[], datetime] = clock.now,
        before: datetime | None = None,
        believed: datetime | None = None,
    ) -> None:
        self._machine = machine
        self._before = before
        self._believed = believed
        self._rows_up_to_now = 0
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
            half_ahead = self._machine_time + (self._upper_bound - self._machine_time) / 2
            self._rows_up_to_now += half_ahead < changed_at <= self._upper_bound
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
        if self.is_ahead and not self._is_borne_out and self._machine_time >= self._before:
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
        if self.is_ahead and not self._is_borne_out:
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
    def hint(self) -> str | None:
        """What speaks against this machine's clock, while nothing does against the account's."""
        if self._upper_bound is None or self._machine_time is None or self.is_doubtful:
            return None
        if not self.is_ahead:
            return None
        return (
            f"This machine's clock is {_apart(self._upper_bound - self._machine_time)} behind the account's, "
            "as its rows or earlier runs show too. That does no harm to what is stored; set it all the same."
        )

    @property
    def is_ahead(self) -> bool:
        """Whether T0 lies further ahead of this machine's clock than clocks differ."""
        if self._upper_bound is None or self._machine_time is None:
            return False
        return self._upper_bound - self._machine_time > TOLERATED_DIFFERENCE

    @property
    def _is_borne_out(self) -> bool:
        """Whether something else than the header shows that the account's clock is that far ahead."""
        if self._upper_bound is None or self._machine_time is None:
            return False
        half_ahead = self._machine_time + (self._upper_bound - self._machine_time) / 2
        said_before = (
            self._believed is not None and half_ahead < self._believed <= self._upper_bound
        )
        return said_before or self._rows_up_to_now >= _ENOUGH_ROWS

    @property
    def _has_gone_back(self) -> bool:
        if self._before is None or self._upper_bound is None or self._machine_time is None:
            return False
        # The earlier time may be the wrong one: then this machine's clock does not bear it out.
        return self._upper_bound < min(self._before, self._machine_time) - TOLERATED_DIFFERENCE


def _shown(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _apart(difference: timedelta) -> str:
    # Instants of pendulum differ by one of its intervals, which a timedelta does not divide.
    minutes = int(difference.total_seconds()) // 60
    if minutes >= 2 * 24 * 60:
        return f"{minutes // (24 * 60)} days"
    return f"{minutes // 60} h {minutes % 60:02} min"
