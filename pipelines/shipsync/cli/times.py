"""Instants and ranges of time as people write them on a command line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import typer

_UNITS = {"h": "hours", "d": "days"}
_PERIODS = {"m": "minutes"} | _UNITS


@dataclass(frozen=True)
class Span:
    """A range of time; None is an open side."""

    start: datetime | None
    end: datetime | None


def instant(text: str) -> datetime:
    """``2026-01-31``, ``2026-01-31T08:00Z``, ``36h``, ``7d``: a point in time, in UTC.

    A day means its beginning in UTC, hours and days mean that long ago. Raises
    ``typer.BadParameter``.
    """
    from shipsync import clock

    number, unit = text[:-1], text[-1:]
    if number.isdecimal() and unit in _UNITS and len(number) <= 5:
        return clock.now() - timedelta(**{_UNITS[unit]: int(number)})
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(
            f"{text!r} is no time; write a day (2026-01-31), an instant (2026-01-31T08:00Z), or "
            "how long ago (36h, 7d)."
        ) from None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def period(text: str) -> timedelta:
    """``90m``, ``2h``, ``1d``: how long. Raises ``typer.BadParameter``."""
    number, unit = text[:-1], text[-1:]
    if number.isdecimal() and unit in _PERIODS and len(number) <= 5 and int(number):
        return timedelta(**{_PERIODS[unit]: int(number)})
    raise typer.BadParameter(f"{text!r} is no length of time; write 90m, 2h or 1d.")


def span(text: str) -> Span:
    """``FROM:TO``, either of them as ``instant`` reads it or left out; TO itself is not part of it.

    Raises ``typer.BadParameter``.
    """
    # An instant may hold colons of its own, so every colon is tried as the one between the two.
    for position, character in enumerate(text):
        if character == ":":
            try:
                return Span(_side(text[:position]), _side(text[position + 1 :]))
            except typer.BadParameter:
                continue
    raise typer.BadParameter(
        f"{text!r} is no range of time; write FROM:TO, such as 2026-01-01:2026-02-01."
    )


def _side(text: str) -> datetime | None:
    return instant(text) if text else None
