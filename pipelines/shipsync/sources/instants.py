"""Reading and writing points in time as the API and the carriers give them.

Times come as RFC 3339 with 0 to 7 fraction digits, with ``Z``, with an offset, or, from carriers,
with neither. They are compared as instants, never as text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import pendulum

# Python keeps microseconds; a seventh digit would make fromisoformat fail on 3.11's sake.
_LONG_FRACTION = re.compile(r"(\.\d{6})\d+")
_END_OF_DAY = re.compile(r"[T ]24\b", re.ASCII)
_LONGEST: Final = 64
MILLISECOND = timedelta(milliseconds=1)

EARLIEST: Final = datetime(1, 1, 2, tzinfo=UTC)
LATEST: Final = datetime(9999, 12, 30, 23, 59, 59, 999999, tzinfo=UTC)
"""What lies outside is no instant but a mark for "never", as systems write it at both ends of their
calendars; a day is left on either side, so that every zone can show every instant."""


@dataclass(frozen=True)
class Window:
    """A stretch of time; None is an open side."""

    start: datetime | None
    end: datetime | None


def parse_instant(text: object) -> datetime | None:
    """The instant in UTC, or None when ``text`` is not a time. A missing offset is read as UTC.

    Never raises: what lies outside of ``EARLIEST`` to ``LATEST`` is no time either.
    """
    moment = _parse(text)
    if moment is None:
        return None
    try:
        utc = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (OverflowError, ValueError):
        return None
    return utc if EARLIEST <= utc <= LATEST else None


def parse_wall_clock(text: object) -> datetime | None:
    """The time as the clock on the wall showed it: any offset, or a false Z, is cut off.

    Never raises; bounds as for ``parse_instant``.
    """
    moment = _parse(text)
    if moment is None:
        return None
    shown = moment.replace(tzinfo=None)
    return shown if EARLIEST <= shown.replace(tzinfo=UTC) <= LATEST else None


def _parse(text: object) -> datetime | None:
    if not isinstance(text, str) or not len("2026-01-01") <= len(text) <= _LONGEST:
        return None
    # Whether Python takes the end of a day for the next day's beginning depends on its version.
    if _END_OF_DAY.search(text):
        return None
    try:
        return datetime.fromisoformat(_LONG_FRACTION.sub(r"\1", text))
    except (ValueError, OverflowError):
        return None


def as_parameter(moment: datetime) -> str:
    """The instant as a query parameter, to the microsecond where there is one, else millisecond."""
    utc = moment.astimezone(UTC)
    places = "microseconds" if utc.microsecond % 1000 else "milliseconds"
    return utc.replace(tzinfo=None).isoformat(timespec=places) + "Z"


def to_pendulum(moment: datetime) -> pendulum.DateTime:
    """The same instant as a pendulum DateTime in UTC, which dlt's cursor keeps."""
    # Imported here, for commands that only read begin quickly without it.
    import pendulum

    return pendulum.instance(moment.astimezone(UTC))
