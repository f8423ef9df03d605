"""When a parcel is asked for, and why: calls are spent where they tell most.

A list of labels tells "delivered" for 500 parcels in one request, ``/track`` all that the carrier said of
one. So there are two paces: one beside lists that are known to tell of deliveries (``sync.list_trust``
measures that, carrier by carrier), and one where ``/track`` alone has to notice them.

=========================  =====================  ==================  ===================
state of the last answer   alone                  beside the lists    finished, if silent
=========================  =====================  ==================  ===================
out_for_delivery           1 h, after 12 h 6 h    8 h                 30 d
in_transit                 8 h                    22 h                45 d
.. at the last depot       3 h, after 12 h 6 h    22 h                45 d
.. expected today, or due  8 h                    22 h                45 d
.. expected later          on its day, or 22 h    22 h                45 d
exception                  16 h                   16 h                45 d
available_for_pickup       8 h                    22 h                30 d
pre_transit, unknown       22 h                   22 h                30 d, 20 d
return_to_sender           24 h                   24 h                30 d
delivered                  4 and 10 days after    4 and 10 days       10 d
cancelled                  never again            never again
=========================  =====================  ==================  ===================

What is silent for three days waits 22 hours. Silence is counted from the last change of the answer, or from
the label's creation. Beside the lists a parcel still waits less than a day, for a list that tells of most
deliveries may not tell of this one.

A parcel never asked for is due 22 hours after its label was made: the next day shows whether the carrier
took it. Once its label says delivered it is due at once, and again after 3 hours while the carrier does
not say so: what it says has the instant and the last scans. "in_transit" of a label is no evidence.

A delivered parcel is looked at again, for it may come back; also when its label changed and no longer
says delivered. Voided labels are finished; so is what is silent for longer than the connection's
``tracking_finished_after_days``, if that is sooner.

A parcel whose tracking the account does not give is asked for after 6 h, and each further time in vain
after twice as long, up to 7 days; one that it says it does not know likewise.

With a run each hour and budget enough, half of all deliveries are known of within ``PROMISED_DELAY``, and
each within a day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from shipsync.sync.list_trust import ListTrust
from shipsync.sync.parcel_state import ParcelState, state_of

PROMISED_DELAY: Final = timedelta(hours=1)
FIRST_LOOK: Final = timedelta(hours=22)
LONGEST_SILENCE: Final = timedelta(days=45)
LOOKS_AFTER_DELIVERY: Final = (timedelta(days=4), timedelta(days=10))

_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)
_FRESH: Final = 12 * _HOUR
_SILENT: Final = 3 * _DAY
_FIRST_RETRY: Final = 6 * _HOUR
_LONGEST_RETRY: Final = 7 * _DAY
_UNCONFIRMED: Final = 3 * _HOUR
_ON_ITS_DAY: Final = 8 * _HOUR
_SHORTEST: Final = 2 * _HOUR
# Less than a day by more than an hour: a job that runs hourly comes up to an hour late.
_NEARLY_A_DAY: Final = 22 * _HOUR
# When vans leave in America; nearly nothing is delivered on its day before.
_DAY_BEGINS: Final = time(12, tzinfo=UTC)


@dataclass(frozen=True)
class PollInterval:
    """How often parcels of a state are asked for, by how long they are silent, and when no more.

    ``fresh`` is for the first twelve hours.
    """

    fresh: timedelta
    at_first: timedelta
    silent: timedelta
    finished_after: timedelta


def _every(hours: int, finished_after_days: int, *, fresh: int | None = None) -> PollInterval:
    return PollInterval(
        (fresh or hours) * _HOUR,
        hours * _HOUR,
        _NEARLY_A_DAY,
        finished_after_days * _DAY,
    )


_RETURN: Final = PollInterval(_DAY, _DAY, _DAY, 30 * _DAY)
_AT_THE_LAST_DEPOT: Final = _every(6, 45, fresh=3)
POLL_INTERVALS: Final[dict[ParcelState, PollInterval]] = {
    ParcelState.OUT_FOR_DELIVERY: _every(6, 30, fresh=1),
    ParcelState.IN_TRANSIT: _every(8, 45),
    ParcelState.EXCEPTION: _every(16, 45),
    ParcelState.AVAILABLE_FOR_PICKUP: _every(8, 30),
    ParcelState.PRE_TRANSIT: _every(22, 30),
    ParcelState.UNKNOWN: _every(22, 20),
    ParcelState.RETURN_TO_SENDER: _RETURN,
}
BESIDE_LISTS: Final[dict[ParcelState, PollInterval]] = {
    **POLL_INTERVALS,
    ParcelState.OUT_FOR_DELIVERY: _every(8, 30),
    ParcelState.IN_TRANSIT: _every(22, 45),
    ParcelState.AVAILABLE_FOR_PICKUP: _every(22, 30),
}
FINISHED: Final = frozenset(ParcelState) - POLL_INTERVALS.keys()
DELIVERED: Final = "DE"
NO_TRUST: Final = ListTrust()
# A parcel in transit that is where the van starts: its next scans are the last ones.
_LAST_DEPOT: Final = frozenset({"RECEIVED_LOCAL_DELIVERY_DEPOT"})
_LAST_DEPOT_OF_CARRIER: Final = frozenset({"YP"})


@dataclass(frozen=True, slots=True)
class PolledParcel:
    """A parcel as far as polling must know it; ``None`` times: never asked for, never changed.

    ``parcel_id`` is its label's id, or ``LABEL/NUMBER`` for a further box of a label; ``expected_on`` the
    day that the carrier wrote for its arrival; ``delivered_at`` when it arrived, also if it then came
    back. ``says_delivered``: its label's tracking_status; ``label_changed_at``: since when the label reads
    as it does, None if it was never seen otherwise.
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
    says_delivered: bool = False
    label_changed_at: datetime | None = None
    delivered_at: datetime | None = None

    @property
    def state(self) -> ParcelState:
        """What its last answer tells."""
        return state_of(self.status_code, self.status_detail_code, self.carrier_detail_code)

    @property
    def silent_since(self) -> datetime:
        """When its answer last changed, or its label was made."""
        return self.changed_at or self.created_at

    @property
    def label_news_at(self) -> datetime | None:
        """When its label changed, if that was after the last call."""
        changed = self.label_changed_at
        if changed is None or (self.polled_at is not None and changed <= self.polled_at):
            return None
        return changed

    @property
    def is_at_the_last_depot(self) -> bool:
        """Whether its last scan was at the depot that delivers it."""
        return (
            self.status_detail_code in _LAST_DEPOT
            or self.carrier_detail_code in _LAST_DEPOT_OF_CARRIER
        )


@dataclass(frozen=True)
class PollRules:
    """What decides of all parcels of an account, beside their state.

    After ``finished_after`` without news a parcel is finished; ``returns_noticed_for`` is how long a
    delivered one is looked at again; ``trust`` says whose deliveries lists of labels tell.
    """

    finished_after: timedelta
    returns_noticed_for: timedelta = LOOKS_AFTER_DELIVERY[-1]
    trust: ListTrust = NO_TRUST


@dataclass(frozen=True, slots=True)
class PollPlan:
    """When a parcel may be asked for next, how long it waits between two calls, and why.

    ``is_urgent``: its label has come to say delivered, and what the carrier says of it isn't known.
    """

    parcel: PolledParcel
    state: ParcelState
    next_poll_at: datetime
    every: timedelta
    why: str
    is_urgent: bool = False


def plan(parcel: PolledParcel, rules: PollRules) -> PollPlan | None:
    """When the parcel may be asked for again; None if it is finished.

    A parcel never asked for is asked for once however old it is: it may have been delivered long ago,
    and only an answer can say so.
    """
    state = parcel.state
    is_back = state is ParcelState.RETURN_TO_SENDER and parcel.status_code == DELIVERED
    if state is ParcelState.DELIVERED and not is_back:
        return _after_delivery(parcel, rules)
    if state in FINISHED or is_back:
        return None
    has_lists = rules.trust.has_lists_for(parcel.carrier_code)
    pace = (BESIDE_LISTS if has_lists else POLL_INTERVALS)[state]
    news = parcel.label_news_at
    is_told = parcel.says_delivered and rules.trust.is_believed
    if news is not None and is_told and not parcel.failures:
        return PollPlan(parcel, state, news, _HOUR, "its label says delivered", is_urgent=True)
    if parcel.polled_at is None:
        first = parcel.created_at + FIRST_LOOK
        why = f"never asked for: {FIRST_LOOK // _HOUR} h after its label"
        return PollPlan(parcel, state, first, pace.at_first, why)
    every, why = _interval(parcel, parcel.polled_at, state, pace, has_lists=has_lists)
    if is_told and _is_within_a_day(parcel.polled_at, parcel.label_changed_at):
        every, why = min(every, _UNCONFIRMED), "its label says delivered, its carrier does not"
    if parcel.failures:
        every = max(every, _after_failures(parcel.failures))
        times = "" if parcel.failures == 1 else f" {parcel.failures} times running"
        why = f"asked for in vain{times}"
    due = parcel.polled_at + every
    if due - parcel.silent_since > min(pace.finished_after, rules.finished_after):
        return None
    return PollPlan(parcel, state, due, every, f"{why}: every {every // _HOUR} h")


def _after_delivery(parcel: PolledParcel, rules: PollRules) -> PollPlan | None:
    """The next look at a parcel that was delivered: by then it may be on its way back."""
    asked, delivered = parcel.polled_at, parcel.delivered_at
    if asked is None or delivered is None:
        return None
    period = rules.returns_noticed_for
    news = parcel.label_news_at
    if news is not None and not parcel.says_delivered and news <= delivered + period:
        why = "delivered, but its label changed"
        return PollPlan(parcel, ParcelState.DELIVERED, news, _DAY, why)
    for look in LOOKS_AFTER_DELIVERY:
        if look <= period and asked < delivered + look:
            due = max(delivered + look, asked + _after_failures(parcel.failures))
            why = f"delivered: looked at again after {look.days} days"
            return PollPlan(parcel, ParcelState.DELIVERED, due, _DAY, why)
    return None


def _after_failures(failures: int) -> timedelta:
    """What a parcel waits that was asked for in vain so often running."""
    if not failures:
        return timedelta(0)
    return min(_LONGEST_RETRY, _FIRST_RETRY * (1 << min(failures - 1, 16)))


def _is_within_a_day(polled_at: datetime, label_changed_at: datetime | None) -> bool:
    return label_changed_at is not None and polled_at - label_changed_at < _DAY


def _interval(
    parcel: PolledParcel,
    polled_at: datetime,
    state: ParcelState,
    pace: PollInterval,
    *,
    has_lists: bool,
) -> tuple[timedelta, str]:
    silence = polled_at - parcel.silent_since
    if silence > _SILENT:
        return pace.silent, f"{state}, silent for over 3 days"
    why = str(state)
    if state is ParcelState.IN_TRANSIT and not has_lists:
        if parcel.is_at_the_last_depot:
            pace, why = _AT_THE_LAST_DEPOT, f"{state}, at the last depot"
        elif parcel.expected_on is not None:
            return _until_expected(parcel.expected_on, polled_at, state)
    return (pace.fresh if silence <= _FRESH else pace.at_first), why


def _until_expected(
    expected_on: date, polled_at: datetime, state: ParcelState
) -> tuple[timedelta, str]:
    days_left = (expected_on - polled_at.date()).days
    if days_left <= 0:
        return _ON_ITS_DAY, f"{state}, expected today or overdue"
    left = datetime.combine(expected_on, _DAY_BEGINS) - polled_at
    why = (
        f"{state}, expected in {days_left} days" if days_left > 1 else f"{state}, expected tomorrow"
    )
    return max(_SHORTEST, min(_NEARLY_A_DAY, left)), why
