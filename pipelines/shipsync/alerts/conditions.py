"""What needs a person: each condition that holds now, as the ledger and the run lock show it.

A condition has a name, what it concerns, and a sentence of our own: numbers, names of streams, commands
and consumers. Nothing that an answer of the account said is in it, so that it can be sent anywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, Protocol

import duckdb

from shipsync.connection import AlertSettings
from shipsync.plurals import counted
from shipsync.sources.streams import STREAMS, ReadsBy
from shipsync.statements import statement
from shipsync.warehouse.lock import LONG, LockState

STATEMENTS: Final = "shipsync.alerts"


class ConditionName(StrEnum):
    """Every condition there is, the most urgent first."""

    UNKNOWN_WRITES = "unknown_writes"
    RESTORED = "restored"
    RUN_FAILED = "run_failed"
    RUN_TOO_OLD = "run_too_old"
    LOCK_HELD = "lock_held"
    PUBLISH_FAILED = "publish_failed"
    STREAM_STALE = "stream_stale"
    CONSUMER_PAUSED = "consumer_paused"
    DEAD_LETTERS = "dead_letters"
    QUARANTINE = "quarantine"
    BUDGET_SPENT = "budget_spent"


@dataclass(frozen=True)
class Condition:
    """One thing that needs a person.

    ``subject`` is what it concerns (a command, a stream, a consumer; "" for the whole account), ``since``
    when it began, where that is known. ``message`` says what to do too.
    """

    name: ConditionName
    subject: str
    since: datetime | None
    message: str

    @property
    def key(self) -> str:
        """The same for the same condition, however its numbers change."""
        return f"{self.name}/{self.subject}"


class Watched(Protocol):
    """The settings that say what is too old or too much: a ``Connection`` or a ``Local``."""

    @property
    def alerts(self) -> AlertSettings:
        """How old a good run may be."""
        ...

    @property
    def slow_lists_every(self) -> timedelta:
        """How often slow lists are read."""
        ...

    @property
    def inventory_every(self) -> timedelta:
        """How often stock is read."""
        ...

    @property
    def tracking_calls_per_day(self) -> int:
        """The day's budget of calls for tracking."""
        ...


def conditions(
    con: duckdb.DuckDBPyConnection,
    watched: Watched,
    standing: LockState,
    now: datetime,
    *,
    max_age: timedelta | None = None,
    beside: Iterable[Condition] = (),
) -> list[Condition]:
    """Everything that needs a person at ``now``, the most urgent first.

    ``max_age`` takes the place of the one that is set; ``beside`` is what the database does not know. A
    table that this database does not have yet shows nothing.
    """
    reading = _Reading(con, watched, now, max_age or watched.alerts.max_age, ledger_tables(con))
    found = [*lock_conditions(standing, now), *beside]
    for look in _LOOKS:
        found += look(reading)
    order = list(ConditionName)
    return sorted(found, key=lambda c: (order.index(c.name), c.subject))


def lock_conditions(standing: LockState, now: datetime) -> Iterator[Condition]:
    """Whether the run lock has been held for so long that its holder may hang."""
    begun = standing.holder.since if standing.holder else None
    first = standing.first_refused_at
    is_long = begun is not None and now - begun > LONG
    if is_long or (standing.holder and first is not None and now - first > LONG):
        message = standing.complaint(now) or "A run has been at work for more than an hour."
        yield Condition(ConditionName.LOCK_HELD, "", begun or first, message)


def ledger_tables(con: duckdb.DuckDBPyConnection) -> frozenset[str]:
    """The names of the ledger's tables; a database that is older lacks some."""
    return frozenset(
        name for (name,) in con.execute(statement(STATEMENTS, "ledger_tables")).fetchall()
    )


@dataclass(frozen=True)
class _Reading:
    con: duckdb.DuckDBPyConnection
    watched: Watched
    now: datetime
    max_age: timedelta
    tables: frozenset[str]

    def rows(self, name: str, table: str, **values: object) -> list[tuple[Any, ...]]:
        """What a statement gives, if the ledger has the table that it reads."""
        if table not in self.tables:
            return []
        return self.con.execute(statement(STATEMENTS, name), values).fetchall()


def _failed_runs(reading: _Reading) -> Iterable[Condition]:
    for command, run_id, outcome, started_at, streams in reading.rows("failed_runs", "stream_runs"):
        ended = "was killed" if outcome == "killed" else "failed"
        which = f" at {', '.join(streams)}" if streams else ""
        yield Condition(
            ConditionName.RUN_FAILED,
            command,
            started_at,
            f"The last {command} {ended}{which}. `shipsync runs {run_id}` says why.",
        )


def _run_too_old(reading: _Reading) -> Iterable[Condition]:
    for (last_good,) in reading.rows("last_good_run", "runs"):
        if last_good is None:
            message = "No run has ended well yet. `shipsync runs` shows what was tried."
            yield Condition(ConditionName.RUN_TOO_OLD, "", None, message)
        elif reading.now - last_good > reading.max_age:
            message = (
                f"The last good run ended at {_minute(last_good)}, more than {_hours(reading.max_age)} "
                "ago. Look whether the schedule still starts it: `shipsync runs`."
            )
            yield Condition(ConditionName.RUN_TOO_OLD, "", last_good, message)


def _stale_streams(reading: _Reading) -> Iterable[Condition]:
    for name, last_good, last_outcome, last_run in reading.rows("stream_ages", "stream_runs"):
        stream = STREAMS.get(name)
        if stream is None or last_outcome == "skipped":
            continue
        allowed = reading.max_age
        if stream.reads_by is ReadsBy.SNAPSHOT:
            watched = reading.watched
            allowed += watched.slow_lists_every if stream.is_slow else watched.inventory_every
        # Where no run went well lately, that is said once for all streams.
        if last_good is not None and last_run - last_good <= allowed:
            continue
        since = f"since {_minute(last_good)}" if last_good else "so far"
        message = (
            f"{name} has not been brought up to date {since}, though runs went on. `shipsync status` shows "
            "its last error."
        )
        yield Condition(ConditionName.STREAM_STALE, name, last_good, message)


def _quarantine(reading: _Reading) -> Iterable[Condition]:
    for stream, count, since in reading.rows("quarantined", "quarantine"):
        message = (
            f"{counted(count, 'thing')} of {stream} could not be used and waits in the quarantine. "
            "`shipsync quarantine list` shows what."
        )
        yield Condition(ConditionName.QUARANTINE, stream, since, message)


def _dead_letters(reading: _Reading) -> Iterable[Condition]:
    for consumer, count, since in reading.rows("dead_letters", "dead_letters"):
        message = (
            f"{counted(count, 'event')} could not be delivered to consumer {consumer}. "
            f"`shipsync changes retry --consumer {consumer}` sends them again."
        )
        yield Condition(ConditionName.DEAD_LETTERS, consumer, since, message)
    for consumer, since in reading.rows("paused", "paused_consumers"):
        message = (
            f"The receiver of consumer {consumer} said that it is gone, so nothing is sent to it. "
            f"`shipsync changes retry --consumer {consumer}` takes it up again."
        )
        yield Condition(ConditionName.CONSUMER_PAUSED, consumer, since, message)


def _unknown_writes(reading: _Reading) -> Iterable[Condition]:
    values = {"sent_before": reading.now - LONG}
    for kind, count, since in reading.rows("unknown_writes", "outbox_current", **values):
        message = (
            f"Nobody knows what became of {counted(count, 'write')} of kind {kind}. "
            "`shipsync writes status --state unknown` shows which, `shipsync writes resolve` settles one."
        )
        yield Condition(ConditionName.UNKNOWN_WRITES, kind, since, message)


def _restored(reading: _Reading) -> Iterable[Condition]:
    for taken_at, restored_at in reading.rows("restores_held", "restores"):
        message = (
            f"The database was restored from a backup of {_minute(taken_at)}, and nothing is written to the "
            "account until `shipsync writes release`."
        )
        yield Condition(ConditionName.RESTORED, "", restored_at, message)


def _budget(reading: _Reading) -> Iterable[Condition]:
    budget = reading.watched.tracking_calls_per_day
    for (calls,) in reading.rows("calls_of_day", "tracking_calls", now=reading.now):
        if budget and calls >= budget:
            message = (
                f"The day's {counted(budget, 'call')} for tracking are spent (tracking_calls_per_day); due "
                "parcels wait. `tracking.schedule` shows them."
            )
            yield Condition(ConditionName.BUDGET_SPENT, "tracking", None, message)


_LOOKS: Final[tuple[Callable[[_Reading], Iterable[Condition]], ...]] = (
    _failed_runs,
    _run_too_old,
    _stale_streams,
    _quarantine,
    _dead_letters,
    _unknown_writes,
    _restored,
    _budget,
)


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _hours(period: timedelta) -> str:
    hours = period.total_seconds() / 3600
    return f"{hours:g} {'hour' if hours == 1 else 'hours'}"
