"""Instants as the API writes and reads them, and as whole microseconds inside the emulator."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime

import pendulum

_MILLISECOND = 1_000
_SECOND = 1_000_000


def to_micros(text: str) -> int:
    """Microseconds since 1970 of an ISO 8601 text; a text without an offset is read as UTC.

    Raises ValueError when it is no date or date-time.
    """
    moment = datetime.fromisoformat(text)
    return of_moment(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def of_moment(at: datetime) -> int:
    """Microseconds since 1970 of an aware moment, cut to the API's whole milliseconds."""
    seconds = int(at.replace(microsecond=0).timestamp())
    return seconds * _SECOND + at.microsecond // _MILLISECOND * _MILLISECOND


def to_moment(micros: int) -> pendulum.DateTime:
    """The UTC moment of that many microseconds since 1970."""
    seconds, rest = divmod(micros, _SECOND)
    return pendulum.from_timestamp(seconds).set(microsecond=rest)


def to_text(micros: int) -> str:
    """As the API writes it: UTC with ``Z``, at most three fraction digits, trailing zeros cut."""
    seconds, rest = divmod(micros, _SECOND)
    whole = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    fraction = f"{rest // _MILLISECOND:03d}".rstrip("0")
    return f"{whole}.{fraction}Z" if fraction else f"{whole}Z"


def http_date(at: datetime) -> str:
    """As in a Date or Retry-After header; whole seconds, rounded down."""
    return format_datetime(at.astimezone(UTC).replace(microsecond=0), usegmt=True)
