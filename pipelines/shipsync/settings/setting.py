"""One setting: what it sets, and how a text or a TOML value of it is read."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from shipsync.connection import Secret


@dataclass(frozen=True)
class Setting:
    """How the value of a key becomes ``argument`` of ``Connection``; ``help`` says what it sets.

    ``convert`` raises ``ValueError``, ``TypeError`` or ``OverflowError`` for a value it cannot
    read; ``wanted`` then completes the sentence "must be".
    """

    argument: str
    wanted: str
    convert: Callable[[object], object]
    help: str

    @property
    def is_secret(self) -> bool:
        """Whether its value must neither be shown nor stand in a file that is shared."""
        return self.convert is as_secret

    @property
    def is_own(self) -> bool:
        """Whether it belongs to one connection and is never inherited by the others."""
        return self.argument in (
            "api_key",
            "database",
            "deliver_to",
            "deliver_secret",
            "publish_to",
        )


def as_text(value: object) -> str:
    """A text that is not empty, without space around it."""
    if not isinstance(value, str) or not value.strip():
        raise ValueError
    return value.strip()


def as_secret(value: object) -> Secret:
    """A text that is never shown."""
    return Secret(as_text(value))


def as_path(value: object) -> Path:
    """A path, with ``~`` for the home."""
    return Path(as_text(value)).expanduser()


def as_number(value: object) -> float:
    """A number, of a text too."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError
    return float(value)


def as_whole(value: object) -> int:
    """A number without a fraction."""
    number = as_number(value)
    if number != int(number):
        raise ValueError
    return int(number)


def as_yes_or_no(value: object) -> bool:
    """Whether it is true."""
    if isinstance(value, bool):
        return value
    word = as_text(value).lower()
    if word not in ("true", "false"):
        raise ValueError
    return word == "true"


def one_of(*words: str) -> Callable[[object], str]:
    """One of ``words``."""

    def convert(value: object) -> str:
        if (word := as_text(value)) not in words:
            raise ValueError
        return word

    return convert


def as_seconds(value: object) -> timedelta:
    """So many seconds."""
    return timedelta(seconds=as_number(value))


def as_hours(value: object) -> timedelta:
    """So many hours."""
    return timedelta(hours=as_number(value))


def as_texts(value: object) -> tuple[str, ...]:
    """Texts, of one with commas too."""
    given = value.split(",") if isinstance(value, str) else value
    if not isinstance(given, list):
        raise ValueError
    return tuple(as_text(text) for text in given)


def as_instant(value: object) -> object:
    """An instant in UTC, of a day its first."""
    import pendulum  # costs as much as all other settings together; few connections set this one

    moment = value
    if isinstance(value, str):
        moment = datetime.fromisoformat(value.strip())
        is_day = re.fullmatch(r"\d{4}-\d\d-\d\d", value.strip()) is not None
        if is_day:
            moment = moment.date()
    if isinstance(moment, datetime):
        if moment.tzinfo is None:
            raise ValueError
        return pendulum.instance(moment).in_timezone("UTC")
    if isinstance(moment, date):
        return pendulum.datetime(moment.year, moment.month, moment.day)
    raise ValueError
