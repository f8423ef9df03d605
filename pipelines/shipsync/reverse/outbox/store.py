"""The outbox: an append-only record of every write, ahead of the request and after the answer.

Each step of the state machine in ``states`` is a row of ``ledger.outbox``, on disk before the next step
is taken. No row is ever changed or removed; ``ledger.outbox_current`` sums up each write.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

import duckdb
import orjson

from shipsync.errors import DatabaseError
from shipsync.reverse.outbox.states import UNSETTLED, Source, WriteState
from shipsync.statements import statement

JsonObject = Mapping[str, object]
STATEMENTS = "shipsync.reverse"


@dataclass(frozen=True, slots=True)
class LedgerEvent:
    """One step of one write. ``attempt`` counts how often the request has gone out so far.

    ``subject``, ``places`` and ``request`` come with ``planned``; readings are what the account showed,
    in the form the kind of write gives them.
    """

    row_key: str
    state: WriteState
    source: Source
    recorded_at: datetime
    plan_digest: str
    attempt: int = 0
    subject: str | None = None
    places: tuple[str, ...] | None = None
    request: JsonObject | None = None
    reading_before: JsonObject | None = None
    reading_after: JsonObject | None = None
    http_status: int | None = None
    request_id: str | None = None
    reason: str | None = None


_FOUND_NOT_MADE = f"{WriteState.REJECTED} by {Source.READING}"
_FIELDS = tuple(field.name for field in fields(LedgerEvent))


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """A write as it stands now: its last event, with what earlier ones said of it.

    ``last_word`` is the state and source of the last event that learned anything: not of one that only
    planned it, or refused it before it left. It comes with ``Outbox.entries`` alone.
    """

    kind: str
    row_key: str
    state: WriteState
    source: Source
    attempt: int
    plan_digest: str
    subject: str
    places: tuple[str, ...]
    request: JsonObject
    reading_before: JsonObject | None
    reading_after: JsonObject | None
    http_status: int | None
    request_id: str | None
    reason: str | None
    planned_at: datetime
    sent_at: datetime | None
    settled_at: datetime | None
    last_word: str | None = None

    @property
    def is_applied(self) -> bool:
        """Whether the account was changed by it."""
        return self.state is WriteState.APPLIED

    @property
    def is_unsettled(self) -> bool:
        """Whether it went out and nobody knows what became of it."""
        return self.state in UNSETTLED

    @property
    def may_be_made_late(self) -> bool:
        """Whether all that is known of its last attempt is a reading that found it not made."""
        return not self.is_applied and self.last_word == _FOUND_NOT_MADE

    def is_done_under(self, plan_digest: str) -> bool:
        """Whether that plan has nothing left to do for it.

        It was applied by any plan, rejected by this one, or only a person can settle it.
        """
        is_rejected_here = self.state is WriteState.REJECTED and self.plan_digest == plan_digest
        return self.is_applied or is_rejected_here or self.was_read_back

    @property
    def was_read_back(self) -> bool:
        """Whether a reading was had after its answer was lost, and did not settle it."""
        return self.state is WriteState.UNKNOWN and self.reading_after is not None


def all_kinds(con: duckdb.DuckDBPyConnection, connection: str) -> list[LedgerEntry]:
    """Every write of every kind for a connection, the latest first."""
    return _fetched(con, "outbox_all_kinds", {"connection": connection})


def connections(con: duckdb.DuckDBPyConnection) -> list[str]:
    """The connections that writes were ever taken up for."""
    found = con.execute(statement(STATEMENTS, "outbox_connections")).fetchall()
    return [connection for (connection,) in found]


class Outbox:
    """The outbox of one connection and one kind of write, in an open database.

    Not safe to share between threads; ``writer`` puts one thread before it.
    """

    def __init__(self, con: duckdb.DuckDBPyConnection, connection: str, kind: str) -> None:
        self._con = con
        self._connection = connection
        self._kind = kind

    def entries(self, keys: Collection[str]) -> dict[str, LedgerEntry]:
        """The writes with these keys, as far as there are any, by key."""
        return self._read("outbox_by_key", keys=orjson.dumps(list(keys)).decode())

    def unsettled(self) -> dict[str, LedgerEntry]:
        """Every write whose outcome nobody knows, by key."""
        return self._read("outbox_unsettled")

    def applied_since(self, since: datetime) -> list[LedgerEntry]:
        """The writes that changed the account after that instant, the oldest first."""
        return list(self._read("outbox_applied_since", since=since).values())

    def append(self, events: Sequence[LedgerEvent]) -> None:
        """Add events in one transaction; they are on disk when this returns.

        Raises ``DatabaseError`` when they could not be written; then none of them was.
        """
        if not events:
            return
        values = {
            "connection": self._connection,
            "kind": self._kind,
            "events": orjson.dumps(
                [_written(event) for event in events], default=datetime.isoformat
            ).decode(),
        }
        try:
            self._con.execute(statement(STATEMENTS, "outbox_append"), values)
        except duckdb.Error as error:
            raise DatabaseError(
                "The outbox could not be written, so nothing more is sent: "
                f"{str(error).splitlines()[0]}. Correct that, and apply the plan again."
            ) from error

    def _read(self, name: str, **values: object) -> dict[str, LedgerEntry]:
        values |= {"connection": self._connection, "kind": self._kind}
        return {entry.row_key: entry for entry in _fetched(self._con, name, values)}


def _fetched(
    con: duckdb.DuckDBPyConnection, name: str, values: Mapping[str, object]
) -> list[LedgerEntry]:
    found = con.execute(statement(STATEMENTS, name), dict(values))
    columns = [column[0] for column in found.description or ()]
    return [_entry(dict(zip(columns, row, strict=True))) for row in found.fetchall()]


def _entry(record: Mapping[str, Any]) -> LedgerEntry:
    parsed = {
        "state": WriteState(record["state"]),
        "source": Source(record["source"]),
        "places": tuple(record["places"]),
        **{name: _parsed(record[name]) for name in ("request", "reading_before", "reading_after")},
    }
    return LedgerEntry(**{**record, **parsed})


def _parsed(text: str | None) -> JsonObject | None:
    parsed: JsonObject | None = orjson.loads(text) if text else None
    return parsed


def _written(event: LedgerEvent) -> dict[str, object]:
    """The event without what it does not say, so that absent stays NULL and is no JSON null."""
    return {name: value for name in _FIELDS if (value := getattr(event, name)) is not None}
