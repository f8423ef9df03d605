"""The pages by name, and how one is read from the database."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import duckdb

from shipsync.errors import UsageError
from shipsync.metrics.definitions import MetricDefinition, metric_definition
from shipsync.pages import account, delivery, money, orders, stock
from shipsync.pages.content import Chart, Definition, Notice, Page, Section, Table, Tiles, Tone
from shipsync.pages.reading import Reader, reader
from shipsync.warehouse.copies import readable
from shipsync.warehouse.failures import explained


@dataclass(frozen=True)
class PageKind:
    """A page before it is read: its name in addresses, its title, what it answers, and what reads it."""

    name: str
    title: str
    question: str
    sections: Callable[[Reader, str], tuple[Section, ...]]


PAGES: Final = (
    PageKind(
        "morning-board",
        "Morning board",
        "What has to be done first today?",
        orders.morning_board,
    ),
    PageKind("carriers", "Carriers", "Which carrier is late, and where?", delivery.carriers),
    PageKind(
        "shipping-margin",
        "Shipping margin",
        "What does shipping cost us, against what buyers pay for it?",
        money.shipping_margin,
    ),
    PageKind("stock", "Stock", "What runs out, and when is it to be ordered?", stock.stock),
    PageKind(
        "where-is-it",
        "Where is it",
        "Which parcels are in trouble, and where is this one?",
        orders.where_is_it,
    ),
    PageKind(
        "label-money",
        "Labels and money",
        "What was paid for labels, and what can be claimed back?",
        money.label_money,
    ),
    PageKind("promise", "Promise", "How many days may be promised to a buyer?", delivery.promise),
    PageKind(
        "write-back",
        "Write-back review",
        "Does the account hold what was written to it?",
        account.write_back,
    ),
    PageKind("runs", "Runs", "Is the data fresh, and what went wrong?", account.runs),
)


def page_kind(name: str) -> PageKind:
    """The page of that name; raises ``UsageError`` for one that is not there."""
    for kind in PAGES:
        if kind.name == name:
            return kind
    raise UsageError(
        f"There is no page {name}. The pages are {', '.join(kind.name for kind in PAGES)}."
    )


def read(database: Path, name: str, now: datetime, *, asked: str = "") -> Page:
    """Page ``name`` of ``database``, as the last run left it; no run waits for it.

    ``asked`` is what the page's field for searching holds. Raises ``DatabaseError`` when the file can't be
    read, ``UsageError`` for a name that is no page's. What was not built yet is said on the page.
    """
    kind = page_kind(name)
    with explained(database), readable(database) as con:
        return page(con, kind, now, asked=asked)


@dataclass(frozen=True)
class Heading:
    """What holds for all pages of a database: how far its data goes, and what is to be known about it."""

    zone: ZoneInfo
    as_of: datetime | None
    notices: tuple[Notice, ...]


def heading(database: Path, now: datetime) -> Heading:
    """How far the data of ``database`` goes; raises ``DatabaseError`` when the file can't be read."""
    with explained(database), readable(database) as con:
        read_from = reader(con, now)
        return Heading(read_from.zone, read_from.state.as_of, read_from.notices())


def page(con: duckdb.DuckDBPyConnection, kind: PageKind, now: datetime, *, asked: str = "") -> Page:
    """The page read from an open database."""
    read_from = reader(con, now)
    sections = kind.sections(read_from, asked)
    return Page(
        kind.name,
        kind.title,
        kind.question,
        read_from.notices(),
        sections,
        _numbers(sections),
        _definitions(read_from, sections),
        read_from.zone,
        read_from.state.as_of,
        _alarms(sections),
    )


def _alarms(sections: tuple[Section, ...]) -> int:
    """How many numbers of the page are in the alarm colour."""
    tiles = [tile for part in sections if isinstance(part, Tiles) for tile in part.tiles]
    return sum(tile.tone is Tone.ALARM for tile in tiles)


def _numbers(sections: tuple[Section, ...]) -> tuple[MetricDefinition, ...]:
    """What the tiles mean, each once, in their order."""
    tiles = [tile for part in sections if isinstance(part, Tiles) for tile in part.tiles]
    return tuple(metric_definition(name) for name in dict.fromkeys(tile.metric for tile in tiles))


def _definitions(read_from: Reader, sections: tuple[Section, ...]) -> tuple[Definition, ...]:
    """What the marts hold that are shown."""
    marts = [number.mart for number in _numbers(sections)]
    marts += [part.mart for part in sections if isinstance(part, Chart | Table)]
    found = [read_from.definition(mart) for mart in dict.fromkeys(marts)]
    return tuple(definition for definition in found if definition)
