"""What was told already: rows of the ledger, and a file beside the database where that is not at hand.

::

    a condition holds         -> open, untold -> the receiver took the message -> told
    it holds no more          -> over, and told once more; what was never told is not
    killed in between         -> the next run sends the same message with the same id

A run that finds the lock held cannot write the ledger, nor can one whose database is damaged. What such a
run tells is kept in ``<database>.alerts.json``, which the next run that can takes into the ledger.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import blake2b
from pathlib import Path

import duckdb
import orjson

from shipsync import owner_only
from shipsync.alerts.conditions import STATEMENTS, Condition, ConditionName, ledger_tables
from shipsync.statements import statement
from shipsync.warehouse.database import transaction


@dataclass(frozen=True)
class Alert:
    """One time that a condition began; ``closed_at`` is None while it holds.

    ``alert_id`` is the same however often the message is sent.
    """

    alert_id: str
    key: str
    condition: str
    subject: str
    message: str
    opened_at: datetime
    closed_at: datetime | None = None


def begun(condition: Condition, now: datetime) -> Alert:
    """The alert of a condition that was not there before."""
    named = f"{condition.key} {now.isoformat()}"
    alert_id = blake2b(named.encode(), digest_size=12).hexdigest()
    return Alert(alert_id, condition.key, condition.name, condition.subject, condition.message, now)


class AlertBook:
    """The alerts of one database, in its ledger, which must be migrated."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self._con = con

    def observe(self, holding: Sequence[Condition], now: datetime) -> None:
        """Take note of what holds at ``now``: what is new begins, what holds no more is over."""
        holds = {condition.key: condition for condition in holding}
        with transaction(self._con):
            for alert in self.open():
                if alert.key in holds:
                    message = holds.pop(alert.key).message
                    self._do("renew_message", alert_id=alert.alert_id, message=message)
                else:
                    self._do("close_alert", alert_id=alert.alert_id, closed_at=now)
            for condition in holds.values():
                self._insert(begun(condition, now), None)

    def take_in(self, told: Sequence[Alert]) -> None:
        """Take over what was told while the ledger was not at hand."""
        open_keys = {alert.key for alert in self.open()}
        for alert in told:
            if alert.key not in open_keys:
                self._insert(alert, alert.opened_at)

    def open(self) -> list[Alert]:
        """What holds, as last observed."""
        rows = self._con.execute(statement(STATEMENTS, "open")).fetchall()
        return sorted((Alert(*row[:6]) for row in rows), key=_urgency)

    def untold(self) -> list[Alert]:
        """What the receiver does not know yet: what began, and what is over of that which it was told."""
        rows = self._con.execute(statement(STATEMENTS, "untold")).fetchall()
        return sorted((Alert(*row) for row in rows), key=_urgency)

    def record(self, sent: Sequence[Alert], error: str | None, now: datetime) -> None:
        """How a message went that told of ``sent``; ``error`` says why it did not arrive."""
        with transaction(self._con):
            if error is None:
                self._do("mark_told", alert_ids=[alert.alert_id for alert in sent], at=now)
            self._do("record_attempt", attempted_at=now, alerts=len(sent), error=error)
            self._do("forget_attempts")

    def _insert(self, alert: Alert, told_at: datetime | None) -> None:
        self._do(
            "open_alert",
            alert_id=alert.alert_id,
            condition_key=alert.key,
            condition=alert.condition,
            subject=alert.subject,
            message=alert.message,
            opened_at=alert.opened_at,
            told_at=told_at,
        )

    def _do(self, name: str, **values: object) -> None:
        self._con.execute(statement(STATEMENTS, name), values)


def _urgency(alert: Alert) -> tuple[int, str]:
    order = [name.value for name in ConditionName]
    known = alert.condition in order
    return (order.index(alert.condition) if known else len(order), alert.subject)


def last_error(con: duckdb.DuckDBPyConnection) -> tuple[datetime, str] | None:
    """When and why the last message did not arrive; None if it did, or none was ever sent."""
    has = "alert_attempts" in ledger_tables(con)
    row = con.execute(statement(STATEMENTS, "last_attempt")).fetchone() if has else None
    return row if row and row[1] else None


def told_outside(database: Path) -> list[Alert]:
    """What was told while the ledger was not at hand; nothing if the file cannot be read."""
    try:
        kept = orjson.loads(_file(database).read_bytes())
        return [
            Alert(**(one | {"opened_at": datetime.fromisoformat(one["opened_at"])})) for one in kept
        ]
    except (OSError, ValueError, LookupError, TypeError):
        return []


def keep_outside(database: Path, told: Sequence[Alert]) -> None:
    """Keep what was told beside the database; without anything to keep, the file goes."""
    path = _file(database)
    # Where it can't be written, it is told once more: that is better than never.
    with suppress(OSError):
        if not told:
            path.unlink(missing_ok=True)
            return
        owner_only.make_folder(path.parent)
        owner_only.replace_file(path, orjson.dumps([asdict(a) for a in told], default=str))


def _file(database: Path) -> Path:
    return database.with_name(f"{database.name}.alerts.json")
