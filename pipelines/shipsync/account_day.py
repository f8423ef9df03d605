"""Days of the account: a ship date, a due date and a hold come as instants and mean a day.

ShipStation writes midnight UTC for some of them, midnight in Los Angeles, in Chicago or where somebody sits
for others, and noon UTC now and then. The models do the same with their macro ``written_date``.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Final
from zoneinfo import ZoneInfo

ZONE: Final = "America/Los_Angeles"
"""The zone whose midnight ShipStation writes on labels; what the setting ``timezone`` is by default."""
PACIFIC: Final = ZoneInfo(ZONE)


def local_day(moment: datetime, zone: ZoneInfo) -> date:
    """The day in ``zone`` on which something happened; a moment without an offset is read as UTC."""
    return _aware(moment).astimezone(zone).date()


def written_day(moment: datetime, zone: ZoneInfo) -> date:
    """The day that ``moment`` stands for: a whole hour is somebody's midnight, of the later of two days."""
    utc = _aware(moment).astimezone(UTC)
    here = local_day(utc, zone)
    is_whole_hour = not (utc.minute or utc.second or utc.microsecond)
    return max(here, utc.date()) if is_whole_hour else here


def start_of(day: date, zone: ZoneInfo) -> datetime:
    """The moment at which ``day`` begins in ``zone``."""
    return datetime(day.year, day.month, day.day, tzinfo=zone)


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
