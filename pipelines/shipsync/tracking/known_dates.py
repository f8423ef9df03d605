"""Dates that are none: systems write the first or the last day they know where they know no day.

0001-01-01, 1900-01-01, 1970-01-01, 2000-01-01, 2099-12-31, 9999-12-31 and their neighbours in other zones
are unknown; the models leave the same out (macro ``known_date``).
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Final, TypeVar

FIRST: Final = date(2001, 1, 1)
LAST: Final = date(2098, 12, 31)
"""No parcel of a ShipStation account was ever dated before, and none will be dated later."""

Moment = TypeVar("Moment", datetime, date)


def known(moment: Moment | None) -> Moment | None:
    """``moment``, or None where it stands for an unknown one."""
    if moment is None:
        return None
    day = _day_in_utc(moment) if isinstance(moment, datetime) else moment
    return moment if FIRST <= day <= LAST else None


def _day_in_utc(moment: datetime) -> date:
    # Python cannot move the first and the last of its days into another zone.
    is_movable = date.min.year < moment.year < date.max.year
    return (moment.astimezone(UTC) if moment.tzinfo and is_movable else moment).date()
