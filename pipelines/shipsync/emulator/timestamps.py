"""Instants as the API writes and reads them, and as whole microseconds inside the emulator."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import formatdate

import pendulum

from shipsync.emulator.wallclock import without_offset

MILLISECOND = 1_000
"""The finest step of the API's times, in microseconds."""

_SECOND = 1_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_GIVEN = re.compile(
    r"(19|2\d)\d{2}-\d{2}-\d{2}"
    r"([Tt ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?([Zz]|[+-]\d{2}:\d{2})?)?",
    re.ASCII,
)


def to_micros(text: str) -> int:
    """Microseconds since 1970 of an ISO 8601 text; a text without an offset is read as UTC.

    Raises ValueError when it is no date or date-time.
    """
    moment = datetime.fromisoformat(text)
    since = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - _EPOCH
    return (since.days * 86_400 + since.seconds) * _SECOND + since.microseconds


def given_micros(text: str) -> int:
    """The same for a text from outside, which must be spelled as RFC 3339 or be a date.

    Years are 1900 to 2999, so that days can be added. Raises ValueError for anything else.
    """
    if not _GIVEN.fullmatch(text):
        raise ValueError("an ISO 8601 date-time is expected")
    return to_micros(text)


def of_moment(at: datetime) -> int:
    """Microseconds since 1970 of an aware moment, cut to the API's whole milliseconds."""
    seconds = int(at.replace(microsecond=0).timestamp())
    return seconds * _SECOND + at.microsecond // MILLISECOND * MILLISECOND


def to_moment(micros: int) -> pendulum.DateTime:
    """The UTC moment of that many microseconds since 1970."""
    seconds, rest = divmod(micros, _SECOND)
    at = datetime.fromtimestamp(seconds, UTC)
    return pendulum.DateTime(
        at.year, at.month, at.day, at.hour, at.minute, at.second, rest, tzinfo=pendulum.UTC
    )


def to_text(micros: int) -> str:
    """As the API writes it: UTC with ``Z``, at most three fraction digits, trailing zeros cut."""
    whole = without_offset(micros, 0)
    fraction = f"{micros % _SECOND // MILLISECOND:03d}".rstrip("0")
    return f"{whole}.{fraction}Z" if fraction else f"{whole}Z"


def http_date(at: datetime) -> str:
    """As in a Date or Retry-After header; whole seconds, rounded down."""
    return formatdate(int(at.timestamp()), usegmt=True)
