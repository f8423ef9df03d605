"""How values read: numbers with separators, shares in percent, money with its currency, times in the zone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from shipsync.pages.content import ENOUGH, Column, Kind, Table, Tile, Tone

NOTHING = "–"  # noqa: RUF001 - the dash that tables use for an empty cell


def number(value: object) -> str:
    """``1,234``; a dash for None."""
    return NOTHING if value is None else f"{value:,.0f}"


def decimal(value: object) -> str:
    """One decimal place."""
    return NOTHING if value is None else f"{value:,.1f}"


def share(value: float | None) -> str:
    """A share of one in percent; a dash for None."""
    return NOTHING if value is None else f"{100 * value:.1f} %"


def money(value: Decimal | float | None, currency: str | None) -> str:
    """An amount with its currency behind it."""
    return NOTHING if value is None else f"{value:,.2f} {(currency or '').upper()}".rstrip()


def words(code: str) -> str:
    """A code of the API as words."""
    return code.replace("_", " ")


def instant(value: datetime, zone: ZoneInfo) -> str:
    """To the minute, in the account's zone."""
    return f"{value.astimezone(zone):%Y-%m-%d %H:%M}"


def utc(value: datetime) -> str:
    """To the second, in UTC, which is shown on hovering."""
    return f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def written(value: object, kind: Kind, beside: object, zone: ZoneInfo) -> str:
    """A value as a cell shows it; ``beside`` is the currency of money."""
    if value is None or value == "":
        return NOTHING
    if isinstance(value, datetime):
        return instant(value, zone)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bool):
        return "yes" if value else "no"
    return _of_kind(value, kind, beside)


def cells(table: Table, zone: ZoneInfo) -> Iterator[list[str]]:
    """The rows of a table as its cells show them, in the order of its columns."""
    for row in table.rows.objects():
        yield [written(row.get(c.name), c.kind, beside(row, c), zone) for c in table.columns]


def beside(row: Mapping[str, Any], column: Column) -> Any:
    """What belongs to a value: the currency of money, the n of a rate; None where nothing does."""
    return row.get(column.beside) if column.beside else None


def _of_kind(value: object, kind: Kind, beside: object) -> str:
    if kind is Kind.CODE:
        return words(str(value))
    if isinstance(value, int | float | Decimal):
        if kind is Kind.MONEY:
            return money(value, str(beside) if beside else None)
        if kind is Kind.RATE:
            return share(float(value))
        if kind is Kind.NUMBER:
            return number(value)
        if kind is Kind.DECIMAL:
            return decimal(value)
    return str(value)


def told(n: int | None, coverage: float | None) -> str:
    """What stands under a rate: of how many rows, and how much of all they are."""
    covered = "" if coverage is None else f", coverage {share(coverage)}"
    return f"n = {number(n or 0)}{covered}"


def alarming(count: int | None, tone: Tone = Tone.ALARM) -> Tone:
    """``tone`` for any, good for none."""
    return tone if count else Tone.GOOD


def is_thin(n: int | None) -> bool:
    """Whether a rate of ``n`` rows is shown greyed."""
    return (n or 0) < ENOUGH


def spark(values: Iterable[float | int | None]) -> tuple[float, ...]:
    """The points of a spark line; what is unknown is left out."""
    return tuple(float(value) for value in values if value is not None)


def count_tile(
    label: str,
    count: int | None,
    metric: str,
    *,
    tone: Tone | None = None,
    detail: str = "",
    rows: str | None = None,
    points: tuple[float, ...] = (),
) -> Tile:
    """A tile that counts what needs a person; it is quiet at none."""
    shown = alarming(count) if tone is None else (tone if count else Tone.NEUTRAL)
    if count is None:
        shown = Tone.NEUTRAL
    return Tile(label, number(count), metric, detail, shown, rows, points)
