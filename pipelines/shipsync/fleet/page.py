"""The accounts of a fleet as a page: which fail, which are behind, what they cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from shipsync.fleet.record import AccountStatus
from shipsync.metrics.definitions import MetricDefinition
from shipsync.pages.content import Column, Definition, Kind, Page, Table, Tile, Tiles, Tone
from shipsync.pages.figures import count_tile, number
from shipsync.queries import ResultRows

BEHIND: Final = timedelta(hours=2)
"""An account of which nothing newer than this was read counts as behind."""
_MART: Final = "account_runs"
_COLUMNS: Final = (
    Column("account", "Account"),
    Column("outcome", "Last run", Kind.CODE),
    Column("failed_since", "Failed since", Kind.NUMBER),
    Column("said", "What it said"),
    Column("finished_at", "Ended", Kind.INSTANT),
    Column("seconds", "Seconds", Kind.DECIMAL),
    Column("lag_minutes", "Minutes behind", Kind.NUMBER),
    Column("good_at", "Last good", Kind.INSTANT),
    Column("requests", "Calls", Kind.NUMBER),
    Column("rows", "Rows", Kind.NUMBER),
    Column("day_runs", "Runs in 24 h", Kind.NUMBER),
    Column("day_requests", "Calls in 24 h", Kind.NUMBER),
    Column("day_seconds", "Seconds in 24 h", Kind.NUMBER),
)
_MEANING: Final = {
    "account": "The account's name in the table of accounts",
    "outcome": "How its last run ended",
    "failed_since": "Runs that failed since one went well; one that met another at work does not count",
    "finished_at": "When its last run ended",
    "seconds": "How long the last run took",
    "lag_minutes": "How old the newest that was read is; empty where nothing ever was",
    "good_at": "When a run last went well",
    "requests": "Calls to the account in the last run",
    "rows": "Rows that the last run loaded",
    "day_runs": "Runs that ended in the last 24 hours",
    "day_requests": "Calls in those runs",
    "day_seconds": "Seconds that those runs took together",
    "said": "The last thing that the last run said",
}


def fleet_page(accounts: Sequence[AccountStatus], now: datetime, zone: ZoneInfo) -> Page:
    """The page of ``accounts`` as they stand at ``now``, times in ``zone``."""
    failing = sum(one.failed_since > 0 for one in accounts)
    behind = sum(_is_behind(one) for one in accounts)
    lags = [one.lag_seconds for one in accounts if one.lag_seconds is not None]
    tiles = (
        Tile("Accounts", number(len(accounts)), "accounts", rows="accounts"),
        count_tile("Failing", failing, "accounts_failing", rows="accounts"),
        count_tile("Behind", behind, "accounts_behind", tone=Tone.WARNING, rows="accounts"),
        Tile(
            "Furthest behind",
            f"{number(round(max(lags) / 60))} min" if lags else "-",
            "furthest_behind",
            rows="accounts",
        ),
        Tile(
            "Calls in 24 h",
            number(sum(one.day_requests or 0 for one in accounts)),
            "fleet_calls",
            f"in {number(sum(one.day_runs for one in accounts))} runs",
            rows="accounts",
        ),
    )
    rows = ResultRows(
        tuple(column.name for column in _COLUMNS), [_row(account) for account in accounts]
    )
    table = Table(
        "accounts",
        "Accounts",
        _COLUMNS,
        rows,
        _MART,
        "No account has run yet.",
        limit=len(rows.rows) + 1,
    )
    return Page(
        name="fleet",
        title="Fleet",
        question="Which accounts fail, which are behind, and what do they cost?",
        notices=(),
        sections=(Tiles(tiles), table),
        numbers=_NUMBERS,
        definitions=(
            Definition(_MART, "One row per account of the fleet, as it stands.", _MEANING),
        ),
        zone=zone,
        as_of=now,
        alarms=failing,
    )


def _is_behind(account: AccountStatus) -> bool:
    return account.lag_seconds is None or account.lag_seconds > BEHIND.total_seconds()


def _row(account: AccountStatus) -> tuple[object, ...]:
    held = {field.name: getattr(account, field.name) for field in fields(account)}
    held["lag_minutes"] = None if account.lag_seconds is None else round(account.lag_seconds / 60)
    held["day_seconds"] = None if account.day_seconds is None else round(account.day_seconds)
    held["said"] = account.said.rpartition("\n")[2]
    return tuple(held[column.name] for column in _COLUMNS)


def _number(
    name: str, label: str, formula: str, unit: str, where: str | None = None
) -> MetricDefinition:
    return MetricDefinition(
        name=name,
        label=label,
        mart=_MART,
        grain="one row per account, its last run",
        formula=formula,
        n="count(*)",
        total="count(*)",
        where=where,
        unit=unit,
        by_currency=False,
        dimensions=(),
        time=None,
        clock=None,
        caveat="An account that has never run is not in the record.",
        coverage="Accounts that have run.",
        page="fleet",
    )


_NUMBERS: Final = (
    _number("accounts", "Accounts", "count(*)", "accounts"),
    _number("accounts_failing", "Failing", "count(*)", "accounts", "failed_since > 0"),
    _number(
        "accounts_behind",
        "Behind",
        "count(*)",
        "accounts",
        f"lag_minutes > {BEHIND.total_seconds() / 60:.0f} or lag_minutes is null",
    ),
    _number("furthest_behind", "Furthest behind", "max(lag_minutes)", "minutes"),
    _number("fleet_calls", "Calls in 24 h", "sum(day_requests)", "calls"),
)
