"""Days and wall-clock times the way the production captures write them.

Instants are whole microseconds since 1970 here, as everywhere in the emulator.

===================  ==============================================================
``second``           ``2026-09-02T19:42:00Z``: an instant to the second
``day_start``        ``2026-08-12T00:00:00Z``: the days of a shipment
``carrier_day``      ``2026-08-12T07:00:00Z``: the same day on a label or fulfillment
``midnight_in``      ``2026-12-12T08:00:00Z``: the day's midnight in a zone, by the season
``false_z``          local wall time that claims to be UTC
``without_offset``   local wall time that claims nothing
===================  ==============================================================
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

PACIFIC_HOURS = -7

PACIFIC, CENTRAL = ZoneInfo("America/Los_Angeles"), ZoneInfo("America/Chicago")


def business_day(at: int) -> date:
    """The calendar day of an instant where the account lives, which is on Pacific time."""
    return _day((at + PACIFIC_HOURS * HOUR) // DAY)


def opening(day: date) -> int:
    """The instant at which :func:`business_day` begins to give ``day``."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return int(midnight.timestamp()) * SECOND - PACIFIC_HOURS * HOUR


def day_start(day: date) -> str:
    """A day as shipments write it."""
    return f"{day.isoformat()}T00:00:00Z"


def carrier_day(day: date) -> str:
    """A day as labels and fulfillments write it: its Pacific midnight, told in UTC."""
    return f"{day.isoformat()}T07:00:00Z"


def day_in(at: int, zone: ZoneInfo) -> date:
    """The calendar day of an instant in a zone."""
    return datetime.fromtimestamp(at // SECOND, zone).date()


def midnight_in(day: date, zone: ZoneInfo) -> str:
    """The instant at which a day begins in a zone, as a live account writes days."""
    start = datetime(day.year, day.month, day.day, tzinfo=zone)
    return second(int(start.timestamp()) * SECOND)


def day_of(text: str) -> date:
    """The day in a text that :func:`day_start`, :func:`carrier_day` or :func:`midnight_in` wrote."""
    return date.fromisoformat(text[:10])


def second(at: int) -> str:
    """An instant in UTC, cut to the second."""
    return without_offset(at, 0) + "Z"


def false_z(at: int, utc_hours: int) -> str:
    """What a clock on the wall shows, with a Z that is not true."""
    return without_offset(at, utc_hours) + "Z"


def without_offset(at: int, utc_hours: int) -> str:
    """What a clock on the wall shows, to the second; ``utc_hours`` is that clock less UTC."""
    day, rest = divmod(at + utc_hours * HOUR, DAY)
    minute, rest = divmod(rest, MINUTE)
    return f"{_day_text(day)}T{_CLOCK_FACE[minute]}:{rest // SECOND:02d}"


@lru_cache(maxsize=4096)
def _day(number: int) -> date:
    return date(1970, 1, 1) + timedelta(days=number)


@lru_cache(maxsize=4096)
def _day_text(number: int) -> str:
    return _day(number).isoformat()


_CLOCK_FACE = tuple(f"{minute // 60:02d}:{minute % 60:02d}" for minute in range(24 * 60))
