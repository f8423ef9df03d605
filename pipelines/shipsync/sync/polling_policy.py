"""Which parcels are asked for, and when: calls are spent where they tell most.

A parcel is asked for at most as often as its state and its silence allow, the most overdue first, within
a budget. ``tracking_status`` of the label is no evidence of movement and isn't looked at.

=========================  ==========  ============  =============  ===================
state of the last answer   asked every silent 3 d    silent 10 d    finished, if silent
=========================  ==========  ============  =============  ===================
out_for_delivery           2 h         6 h           24 h           30 d
in_transit                 6 h         12 h          24 h           45 d
.. expected today, or due  3 h         12 h          24 h           45 d
.. not expected so soon    12 h        12 h          24 h           45 d
exception                  6 h         12 h          24 h           45 d
available_for_pickup       8 h         12 h          24 h           30 d
pre_transit                12 h        24 h          24 h           30 d
unknown                    12 h        24 h          24 h           20 d
return_to_sender           24 h        24 h          24 h           30 d
delivered, cancelled       never again
=========================  ==========  ============  =============  ===================

A parcel never asked for is due six hours after its label was made: sooner there is nothing to tell.
Silence is counted from the last change of the answer, or from the label's creation. Voided labels are
finished; so is what is silent for longer than the connection's ``tracking_finished_after_days``, if that
is sooner.

A parcel whose tracking the account does not give is asked for after 6 h, and each further time in vain
after twice as long, up to 7 days; one that it says it does not know likewise.

With a run each hour and budget enough, half of all deliveries are known of within ``PROMISED_DELAY``.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from shipsync.sync.parcel_state import ParcelState, state_of

PROMISED_DELAY: Final = timedelta(hours=2)
FIRST_LOOK: Final = timedelta(hours=6)
LONGEST_SILENCE: Final = timedelta(days=45)

_SILENT: Final = timedelta(days=3)
_LONG_SILENT: Final = timedelta(days=10)
_MONTH: Final = timedelta(days=30)
_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)
_FIRST_RETRY: Final = 6 * _HOUR
_LONGEST_RETRY: Final = 7 * _DAY
_NEAR_ITS_DAY: Final = 3 * _HOUR
_FAR_FROM_ITS_DAY: Final = 12 * _HOUR


@dataclass(frozen=True)
class PollInterval:
    """How often parcels of a state are asked for, by how long they are silent, and when no more."""

    at_first: timedelta
    silent: timedelta
    long_silent: timedelta
    finished_after: timedelta


POLL_INTERVALS: Final[dict[ParcelState, PollInterval]] = {
    ParcelState.OUT_FOR_DELIVERY: PollInterval(2 * _HOUR, 6 * _HOUR, _DAY, 30 * _DAY),
    ParcelState.IN_TRANSIT: PollInterval(6 * _HOUR, 12 * _HOUR, _DAY, LONGEST_SILENCE),
    ParcelState.EXCEPTION: PollInterval(6 * _HOUR, 12 * _HOUR, _DAY, LONGEST_SILENCE),
    ParcelState.AVAILABLE_FOR_PICKUP: PollInterval(8 * _HOUR, 12 * _HOUR, _DAY, 30 * _DAY),
    ParcelState.PRE_TRANSIT: PollInterval(12 * _HOUR, _DAY, _DAY, 30 * _DAY),
    ParcelState.UNKNOWN: PollInterval(12 * _HOUR, _DAY, _DAY, 20 * _DAY),
    ParcelState.RETURN_TO_SENDER: PollInterval(_DAY, _DAY, _DAY, 30 * _DAY),
}
FINISHED: Final = frozenset(ParcelState) - POLL_INTERVALS.keys()
DELIVERED: Final = "DE"


@dataclass(frozen=True, slots=True)
class PolledParcel:
    """A parcel as far as polling must know it; ``None`` times: never asked for, never changed.

    ``parcel_id`` is its label's id, or ``LABEL/NUMBER`` for a further box of a label; ``expected_on`` the
    day that the carrier wrote for its arrival.
    """

    parcel_id: str
    created_at: datetime
    status_code: str | None = None
    status_detail_code: str | None = None
    carrier_detail_code: str | None = None
    expected_on: date | None = None
    polled_at: datetime | None = None
    changed_at: datetime | None = None
    carrier_code: str | None = None
    failures: int = 0

    @property
    def state(self) -> ParcelState:
        """What its last answer tells."""
        return state_of(self.status_code, self.status_detail_code, self.carrier_detail_code)

    @property
    def silent_since(self) -> datetime:
        """When its answer last changed, or its label was made."""
        return self.changed_at or self.created_at


@dataclass(frozen=True, slots=True)
class PollPlan:
    """When a parcel may be asked for next, how long it waits between two calls, and why."""

    parcel: PolledParcel
    state: ParcelState
    next_poll_at: datetime
    every: timedelta
    why: str


@dataclass(frozen=True)
class PollChoice:
    """Who is asked in one run: ``chosen``, of ``due``, of all ``followed``, which aren't finished."""

    chosen: tuple[PolledParcel, ...]
    due: int
    followed: int

    @property
    def saved(self) -> int:
        """Calls that asking for every unfinished parcel would have made and the policy did not."""
        return self.followed - self.due

    @property
    def put_off(self) -> int:
        """Parcels that are due and that the budget has no call for."""
        return self.due - len(self.chosen)


def plan(parcel: PolledParcel, finished_after: timedelta) -> PollPlan | None:
    """When the parcel may be asked for again; None if it is finished.

    A parcel never asked for is asked for once however old it is: it may have been delivered long ago,
    and only an answer can say so.
    """
    state = parcel.state
    is_back = state is ParcelState.RETURN_TO_SENDER and parcel.status_code == DELIVERED
    if state in FINISHED or is_back:
        return None
    pace = POLL_INTERVALS[state]
    if parcel.polled_at is None:
        first = parcel.created_at + FIRST_LOOK
        return PollPlan(parcel, state, first, pace.at_first, "never asked for: 6 h after its label")
    every, why = _interval(parcel, parcel.polled_at, state, pace)
    if parcel.failures:
        every = max(every, _after_failures(parcel.failures))
        times = "" if parcel.failures == 1 else f" {parcel.failures} times running"
        why = f"asked for in vain{times}"
    due = parcel.polled_at + every
    if due - parcel.silent_since > min(pace.finished_after, finished_after):
        return None
    return PollPlan(parcel, state, due, every, f"{why}: every {every // _HOUR} h")


def _after_failures(failures: int) -> timedelta:
    """What a parcel waits that was asked for in vain so often running."""
    return min(_LONGEST_RETRY, _FIRST_RETRY * (1 << min(failures - 1, 16)))


def plans(parcels: Iterable[PolledParcel], finished_after: timedelta) -> Iterator[PollPlan]:
    """The plans of those that are not finished."""
    for parcel in parcels:
        planned = plan(parcel, finished_after)
        if planned is not None:
            yield planned


def choose(planned: Iterable[PollPlan], now: datetime, *, budget: int) -> PollChoice:
    """Whom to ask for now, at most ``budget`` of them.

    Parcels of the last 30 days come first, and among them the one that is overdue by most, measured in
    its own interval; months-old ones share what is left.
    """
    followed = 0
    waiting: list[tuple[bool, float, str, PolledParcel]] = []
    for one in planned:
        followed += 1
        parcel = one.parcel
        if one.next_poll_at <= now:
            overdue = (now - one.next_poll_at).total_seconds() / one.every.total_seconds()
            is_old = now - parcel.created_at > _MONTH
            waiting.append((is_old, -overdue, parcel.parcel_id, parcel))
    chosen = heapq.nsmallest(budget, waiting, key=lambda rank: rank[:3])
    return PollChoice(tuple(parcel for *_, parcel in chosen), len(waiting), followed)


def _interval(
    parcel: PolledParcel, polled_at: datetime, state: ParcelState, pace: PollInterval
) -> tuple[timedelta, str]:
    silence = polled_at - parcel.silent_since
    if silence > _LONG_SILENT:
        return pace.long_silent, f"{state}, silent for over 10 days"
    if silence > _SILENT:
        return pace.silent, f"{state}, silent for over 3 days"
    if state is ParcelState.IN_TRANSIT and parcel.expected_on is not None:
        days_left = (parcel.expected_on - polled_at.date()).days
        if days_left <= 0:
            return _NEAR_ITS_DAY, f"{state}, expected today or overdue"
        if days_left > 1:
            return _FAR_FROM_ITS_DAY, f"{state}, expected in {days_left} days"
    return pace.at_first, str(state)
