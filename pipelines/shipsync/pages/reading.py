"""The database as pages read it: named statements, the account's zone, and what is not there yet."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import duckdb

from shipsync import queries
from shipsync.account_day import ZONE, local_day
from shipsync.errors import DatabaseError
from shipsync.pages.content import Definition, Notice, Tone
from shipsync.queries import ResultRows

PACKAGE: Final = "shipsync.pages"
STALE_AFTER: Final = timedelta(hours=26)
"""A job that runs once a day is late by two hours."""
_NOTHING: Final = ResultRows((), ())


@dataclass(frozen=True)
class State:
    """How far the data goes: ``as_of`` the last reading, None before the first."""

    as_of: datetime | None = None
    timezone: str | None = None
    quarantined: int = 0
    last_outcome: str | None = None
    last_command: str | None = None
    last_error: str | None = None


@dataclass
class Reader:
    """Reads statements of the pages; what a statement lacks is noted in ``missing``, and it has no rows."""

    con: duckdb.DuckDBPyConnection
    now: datetime
    state: State
    missing: set[str] = field(default_factory=set)

    @property
    def zone(self) -> ZoneInfo:
        """The zone that the marts were built for."""
        return ZoneInfo(self.state.timezone or ZONE)

    def dated(self) -> dict[str, object]:
        """What statements that tell days from instants bind: the zone, until when the data goes, its day."""
        return {"zone": self.zone.key, **self.until(), **self.today()}

    def today(self) -> dict[str, object]:
        """What statements that speak of days bind: until which day of the account the data goes."""
        return {"today": local_day(self.state.as_of or self.now, self.zone)}

    def until(self) -> dict[str, object]:
        """What statements that speak of ages bind: the instant until which the data goes."""
        return {"as_of": self.state.as_of or self.now}

    def rows(self, name: str, values: dict[str, object] | None = None) -> ResultRows:
        """The rows of statement ``name``; none when a table is missing, which is noted."""
        try:
            return queries.fetch(self.con, name, values, package=PACKAGE)
        except DatabaseError:
            self.missing.add(_told(name))
            return _NOTHING

    def has(self, name: str) -> bool:
        """Whether what statement ``name`` reads was there; without it a count is unknown, and not 0."""
        return _told(name) not in self.missing

    def objects(self, name: str, values: dict[str, object] | None = None) -> list[dict[str, Any]]:
        """The same as objects."""
        return self.rows(name, values).objects()

    def one(self, name: str, values: dict[str, object] | None = None) -> dict[str, Any]:
        """The only row of statement ``name``; an empty object when there is none."""
        found = self.objects(name, values)
        return found[0] if found else {}

    def notices(self) -> tuple[Notice, ...]:
        """What a reader must know before believing a number: missing, old, partial or set aside."""
        return tuple(
            notice
            for notice in (self._missing(), self._age(), self._failure(), self._quarantine())
            if notice
        )

    def _missing(self) -> Notice | None:
        if self.state.as_of is None:
            return Notice(
                Tone.WARNING, "Nothing was read from the account yet; `shipsync run` begins it."
            )
        if not self.missing:
            return None
        parts = ", ".join(sorted(self.missing))
        return Notice(
            Tone.WARNING,
            f"Not built yet, and so left empty here: {parts}. `shipsync build` makes them.",
        )

    def _age(self) -> Notice | None:
        if self.state.as_of is None or self.now - self.state.as_of < STALE_AFTER:
            return None
        hours = (self.now - self.state.as_of).total_seconds() / 3600
        age = f"{hours:.0f} hours" if hours < 72 else f"{hours / 24:.0f} days"
        return Notice(
            Tone.ALARM,
            f"The data is {age} old, so what happened since is not in these numbers. `shipsync status` says "
            "why, `shipsync run` reads the account again.",
        )

    def _failure(self) -> Notice | None:
        if self.state.last_outcome in (None, "done", "running"):
            return None
        return Notice(
            Tone.WARNING,
            f"The last command, {self.state.last_command}, ended as {self.state.last_outcome}: these numbers "
            "may be partial. The page Runs says what failed.",
        )

    def _quarantine(self) -> Notice | None:
        count = self.state.quarantined
        if not count:
            return None
        what = "1 row of the account is" if count == 1 else f"{count} rows of the account are"
        return Notice(
            Tone.WARNING,
            f"{what} in quarantine and not counted here; `shipsync quarantine list` shows them.",
        )

    def definition(self, metric: str) -> Definition | None:
        """What the comments of ``metric`` (``schema.name``) in the database say; None if it is not there."""
        schema, _, name = metric.partition(".")
        found = self.objects("definitions", {"schema": schema, "name": name})
        if not found:
            return None
        meanings = {row["column_name"]: row["column_meaning"] or "" for row in found}
        return Definition(metric, found[0]["meaning"] or "", meanings)


def _told(name: str) -> str:
    return name.replace("_", " ")


def reader(con: duckdb.DuckDBPyConnection, now: datetime) -> Reader:
    """A reader of ``con``, with the state of its data; an empty state when the ledger is not there yet."""
    empty = Reader(con, now, State())
    found = empty.one("state")
    return Reader(con, now, State(**found))
