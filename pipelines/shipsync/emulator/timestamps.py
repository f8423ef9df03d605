"""Instants as the API writes and reads them, and as whole microseconds inside the emulator."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import formatdate

import pendulum

MILLISECOND = 1_000
"""The finest step of the API's times, in microseconds."""

_SECOND = 1_000_000


def to_micros(text: str) -> int:
    """Microseconds since 1970 of an ISO 8601 text; a text without an offset is read as UTC.

    Raises ValueError when it is no date or date-time.
    """
    moment = datetime.fromisoformat(text)
    return _exact(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def of_moment(at: datetime) -> int:
    """Microseconds since 1970 of an aware moment, cut to the API's whole milliseconds."""
    return _exact(at) // MILLISECOND * MILLISECOND


def _exact(at: datetime) -> int:
    return int(at.replace(microsecond=0).timestamp()) * _SECOND + at.microsecond


def to_moment(micros: int) -> pendulum.DateTime:
    """The UTC moment of that many microseconds since 1970."""
    seconds, rest = divmod(micros, _SECOND)
    at = datetime.fromtimestamp(seconds, UTC)
    return pendulum.DateTime(
        at.year, at.month, at.day, at.hour, at.minute, at.second, rest, tzinfo=pendulum.UTC
    )


def to_text(micros: int) -> str:
    """As the API writes it: UTC with ``Z``, at most three fraction digits, trailing zeros cut."""
    seconds, rest = divmod(micros, _SECOND)
    whole = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    fraction = f"{rest // MILLISECOND:03d}".rstrip("0")
    return f"{whole}.{fraction}Z" if fraction else f"{whole}Z"


def http_date(at: datetime) -> str:
    """As in a Date or Retry-After header; whole seconds, rounded down."""
    return formatdate(int(at.timestamp()), usegmt=True)
