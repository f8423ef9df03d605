"""Reading and writing points in time as the API and the carriers give them.

Times come as RFC 3339 with 0 to 7 fraction digits, with ``Z``, with an offset, or, from carriers,
with neither. They are compared as instants, never as text.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pendulum

# Python keeps microseconds; a seventh digit would make fromisoformat fail on 3.11's sake.
_LONG_FRACTION = re.compile(r"(\.\d{6})\d+")
MILLISECOND = timedelta(milliseconds=1)


def parse_instant(text: object) -> datetime | None:
    """The instant in UTC, or None when ``text`` is not a time. A missing offset is read as UTC."""
    moment = _parse(text)
    if moment is None:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def parse_wall_clock(text: object) -> datetime | None:
    """The time as the clock on the wall showed it: any offset, or a false Z, is cut off."""
    moment = _parse(text)
    return None if moment is None else moment.replace(tzinfo=None)


def _parse(text: object) -> datetime | None:
    if not isinstance(text, str) or len(text) < len("2026-01-01"):
        return None
    try:
        return datetime.fromisoformat(_LONG_FRACTION.sub(r"\1", text))
    except ValueError:
        return None


def as_parameter(moment: datetime) -> str:
    """The instant as a query parameter, to the microsecond where there is one, else millisecond."""
    utc = moment.astimezone(UTC)
    places = "microseconds" if utc.microsecond % 1000 else "milliseconds"
    return utc.replace(tzinfo=None).isoformat(timespec=places) + "Z"


def to_pendulum(moment: datetime) -> pendulum.DateTime:
    """The same instant as a pendulum DateTime in UTC, which dlt's cursor keeps."""
    return pendulum.instance(moment.astimezone(UTC))
