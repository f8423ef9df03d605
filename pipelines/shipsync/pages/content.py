"""What a page says, before anything decides how it looks: numbers, charts and tables under their titles.

The same content is shown by the site (``shipsync dashboard``), in a file to mail (``shipsync report``), and
in a notebook.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from zoneinfo import ZoneInfo

from shipsync.metrics.definitions import MetricDefinition
from shipsync.queries import ResultRows

ENOUGH: Final = 10
"""A rate or percentile of fewer rows than this is shown greyed."""


class Tone(StrEnum):
    """Whether a number needs a person."""

    NEUTRAL = "neutral"
    GOOD = "good"
    WARNING = "warning"
    ALARM = "alarm"


class Kind(StrEnum):
    """How a value of a column is written."""

    TEXT = "text"
    CODE = "code"
    NUMBER = "number"
    DECIMAL = "decimal"
    MONEY = "money"
    RATE = "rate"
    INSTANT = "instant"


@dataclass(frozen=True)
class Column:
    """One column: its name in the rows, its heading, how it is written.

    ``beside`` names the column that belongs to it: of a rate its n, of money its currency.
    """

    name: str
    heading: str
    kind: Kind = Kind.TEXT
    beside: str | None = None


@dataclass(frozen=True)
class Tile:
    """One number. ``metric`` names its definition, ``rows`` is the table on the page that it counts."""

    label: str
    value: str
    metric: str
    detail: str = ""
    tone: Tone = Tone.NEUTRAL
    rows: str | None = None
    spark: tuple[float, ...] = ()
    is_thin: bool = False


@dataclass(frozen=True)
class Tiles:
    """Numbers beside each other."""

    tiles: tuple[Tile, ...]


@dataclass(frozen=True)
class Chart:
    """A picture; ``draw`` makes an altair chart of a width in pixels, of which the phone's is the smallest.

    ``summary`` says in a sentence what is to be seen, for those who can't see it; its rows are of ``mart``.
    """

    name: str
    title: str
    draw: Callable[[int], Any]
    summary: str
    mart: str


@dataclass(frozen=True)
class Table:
    """Rows to search through and to take as CSV, of ``mart``.

    ``limit`` is at how many the statement ended them.
    """

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: ResultRows
    mart: str
    empty: str = "None."
    limit: int = 500


@dataclass(frozen=True)
class Notice:
    """A sentence about the page itself: data that is old, set aside, or not there yet."""

    tone: Tone
    text: str


@dataclass(frozen=True)
class Search:
    """A field to look something up; ``text`` is what was asked for."""

    label: str
    text: str


Section = Tiles | Chart | Table | Notice | Search


@dataclass(frozen=True)
class Definition:
    """What a mart holds, with the meaning of each column."""

    mart: str
    meaning: str
    columns: Mapping[str, str]


@dataclass(frozen=True)
class Page:
    """One page. ``alarms`` is how many things on it need a person.

    ``numbers`` are what its tiles mean, ``definitions`` what the marts hold that it shows.
    """

    name: str
    title: str
    question: str
    notices: tuple[Notice, ...]
    sections: tuple[Section, ...]
    numbers: tuple[MetricDefinition, ...]
    definitions: tuple[Definition, ...]
    zone: ZoneInfo
    as_of: datetime | None
    alarms: int
