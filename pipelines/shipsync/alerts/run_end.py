"""The end of a run: what needs a person is looked at, told and remembered. Nothing here fails a run."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol

import duckdb

from shipsync import clock
from shipsync.alerts.conditions import (
    Condition,
    ConditionName,
    Watched,
    conditions,
    lock_conditions,
)
from shipsync.alerts.forms import News, message
from shipsync.alerts.post import PATIENCE_SECONDS, post
from shipsync.alerts.publishing import publish_conditions, publish_failed
from shipsync.alerts.state import AlertBook, begun, keep_outside, told_outside
from shipsync.connection import AlertSettings
from shipsync.errors import ShipsyncError, UsageError
from shipsync.warehouse import lock
from shipsync.warehouse.database import connect
from shipsync.warehouse.ledger import migrate


class Alerted(Watched, Protocol):
    """A connection: what its alerts go by."""

    @property
    def name(self) -> str:
        """The connection's name."""
        ...

    @property
    def database(self) -> Path:
        """Its DuckDB file."""
        ...


def tell(
    account: Alerted, failure: Exception | None = None, *, patience: float = PATIENCE_SECONDS
) -> None:
    """At the end of a run that holds the lock: tell what began and what is over since it was last told.

    ``failure`` is what ended the run, if it did not come to its own end. Where nothing is set nothing is
    done. What does not arrive is kept, said by ``shipsync status`` and sent again by the next run.
    """
    if account.alerts.url is None:
        return
    now = clock.now()
    try:
        news = _observed(account, failure, now)
    except (ShipsyncError, duckdb.Error, OSError):
        _tell_outside(account, [_failed(failure, now)], now, patience)
        return
    if not (news.began or news.over or account.alerts.form == "healthchecks"):
        return
    error = _post(account.alerts, news, patience)
    try:
        with connect(account.database) as con:
            AlertBook(con).record([*news.began, *news.over], error, now)
    except (ShipsyncError, duckdb.Error, OSError):
        # It is sent once more by the next run, with the same ids.
        return


def tell_of_lock(account: Alerted, *, patience: float = PATIENCE_SECONDS) -> None:
    """Of a run that found the lock held: tell it if the holder may hang."""
    if account.alerts.url is None:
        return
    now = clock.now()
    standing = lock.state(account.database)
    _tell_outside(account, list(lock_conditions(standing, now)), now, patience)


def tell_of_publish(account: Alerted, *, patience: float = PATIENCE_SECONDS) -> None:
    """Of a run that ended well and could not publish: keep it, and tell it once."""
    now = clock.now()
    failing = publish_failed(account.database, now)
    if account.alerts.url is not None and failing.since == now:
        _tell_outside(account, [failing], now, patience)


def _observed(account: Alerted, failure: Exception | None, now: datetime) -> News:
    with connect(account.database) as con:
        migrate(con)
        book = AlertBook(con)
        book.take_in(told_outside(account.database))
        # The lock is ours, and free in a moment.
        beside = publish_conditions(account.database)
        holding = conditions(con, account, lock.LockState(None), now, beside=beside)
        is_known = any(c.name is ConditionName.RUN_FAILED for c in holding)
        if failure is not None and not isinstance(failure, UsageError) and not is_known:
            holding = [*holding, _failed(failure, now)]
        book.observe(holding, now)
        untold, still_open = book.untold(), book.open()
    keep_outside(account.database, [])
    over = [alert for alert in untold if alert.closed_at is not None]
    began = [alert for alert in untold if alert.closed_at is None]
    return News(account.name, now, began, over, still_open)


def _failed(failure: Exception | None, now: datetime) -> Condition:
    kind = type(failure).__name__ if failure else "its database could not be used"
    sentence = f"The last run failed ({kind}). `shipsync runs` and its own messages say why."
    return Condition(ConditionName.RUN_FAILED, "run", now, sentence)


def _tell_outside(
    account: Alerted, holding: Sequence[Condition], now: datetime, patience: float
) -> None:
    told = told_outside(account.database)
    known = {alert.key for alert in told}
    began = [begun(condition, now) for condition in holding if condition.key not in known]
    if not began:
        return
    news = News(account.name, now, began, [], [*told, *began])
    if _post(account.alerts, news, patience) is None:
        keep_outside(account.database, [*told, *began])


def _post(settings: AlertSettings, news: News, patience: float) -> str | None:
    assert settings.url is not None
    return post(settings.url, message(settings.form, news), patience=patience)
