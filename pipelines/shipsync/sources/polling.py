"""Which labels are asked for their tracking, and when: calls are spent where they tell most.

A label is asked at most as often as its state and age allow, the most overdue first, within the run's
budget. ``tracking_status`` of the label is no evidence of movement and isn't looked at.

==================================  =====================  ==================
state of the last answer            while younger than     asked every
==================================  =====================  ==================
never asked                         finished_after         at once
AT attempted, SP at a pick-up point  10 days of silence     2 h
out for delivery                    10 days of silence     2 h
IT in transit, EX exception         10 days of silence     6 h
AC, NY, UN not moving yet           10 days of silence     12 h
any of these                        finished_after         20 h
DE delivered, or voided             -                      never again
==================================  =====================  ==================

Silence is counted from the last change of the answer, or from the label's creation. A label silent for
longer than ``finished_after`` is finished.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

_LONG_SILENCE: Final = timedelta(days=10)
_SLOW: Final = timedelta(hours=20)
_MONTH: Final = timedelta(days=30)
_BY_STATE: Final = {
    "AT": timedelta(hours=2),
    "SP": timedelta(hours=2),
    "IT": timedelta(hours=6),
    "EX": timedelta(hours=6),
}
_NOT_MOVING: Final = timedelta(hours=12)
_OUT_FOR_DELIVERY: Final = frozenset({"OUT_FOR_DELIVERY"})
DELIVERED: Final = "DE"


@dataclass(frozen=True)
class Parcel:
    """A label as far as polling must know it; ``None`` times: never asked, never changed."""

    label_id: str
    created_at: datetime
    status_code: str | None = None
    status_detail_code: str | None = None
    polled_at: datetime | None = None
    changed_at: datetime | None = None


def next_poll_at(parcel: Parcel, finished_after: timedelta) -> datetime | None:
    """The instant from which the label may be asked again; None if it is finished.

    A label never asked is asked once however old it is: it may have been delivered long ago, and only
    an answer can say so.
    """
    if parcel.status_code == DELIVERED:
        return None
    if parcel.polled_at is None:
        return parcel.created_at
    due = parcel.polled_at + interval(parcel)
    return due if due - _silent_since(parcel) <= finished_after else None


def interval(parcel: Parcel) -> timedelta:
    """The least time between two calls for the label in its present state."""
    if (parcel.polled_at or parcel.created_at) - _silent_since(parcel) > _LONG_SILENCE:
        return _SLOW
    if parcel.status_detail_code in _OUT_FOR_DELIVERY:
        return _BY_STATE["AT"]
    return _BY_STATE.get(parcel.status_code or "", _NOT_MOVING)


def _silent_since(parcel: Parcel) -> datetime:
    return parcel.changed_at or parcel.created_at


def due_labels(
    parcels: Iterable[Parcel], now: datetime, *, finished_after: timedelta, budget: int
) -> list[str]:
    """Labels to ask now, at most ``budget``.

    Labels of the last 30 days come first, and among them the one that is overdue by most, measured in
    its own interval; months-old ones share what is left.
    """
    waiting: list[tuple[bool, float, str]] = []
    for parcel in parcels:
        due = next_poll_at(parcel, finished_after)
        if due is not None and due <= now:
            overdue = (now - due).total_seconds() / interval(parcel).total_seconds()
            waiting.append((now - parcel.created_at > _MONTH, -overdue, parcel.label_id))
    return [label_id for *_, label_id in sorted(waiting)[:budget]]
