"""Consumers: whoever reads the change events under a name, and how far each has come.

Reading changes nothing; only an acknowledgement moves a consumer on. So a consumer that dies between
the two is given the same events again, and none is skipped: at least once. ``event_id`` tells a repeat.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import duckdb

from shipsync import clock, queries
from shipsync.errors import UnknownConsumer, UsageError
from shipsync.feed.events import TRIGGERS, ChangeEvent
from shipsync.statements import statement
from shipsync.warehouse.database import transaction

_STATEMENTS: Final = "shipsync.feed"
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True)
class Selection:
    """Which events a consumer wants: ``triggers`` (empty: all), and whether touches are among them."""

    triggers: tuple[str, ...] = ()
    with_touches: bool = True

    def __post_init__(self) -> None:
        for trigger in self.triggers:
            if trigger not in TRIGGERS:
                raise UsageError(
                    f"There is no trigger {trigger!r}. Triggers: {', '.join(TRIGGERS)}."
                )


@dataclass(frozen=True)
class EventBatch:
    """Events in order, and ``up_to``: what to acknowledge once they are taken care of.

    ``up_to`` goes beyond the last event where what follows was left out by the selection.
    """

    events: tuple[ChangeEvent, ...]
    up_to: int


@dataclass(frozen=True)
class Consumer:
    """How far a consumer has come; ``lag`` is the number of events recorded since.

    ``waiting_since`` is when the oldest of them was detected, None when there is none. ``dead`` counts
    events that could not be delivered, ``paused_because`` says why nothing is delivered to it (None:
    it is).
    """

    consumer: str
    acknowledged: int
    lag: int
    waiting_since: datetime | None
    changed_at: datetime
    dead: int
    paused_because: str | None


EVERYTHING: Final = Selection()


def read(
    con: duckdb.DuckDBPyConnection,
    consumer: str,
    *,
    selection: Selection = EVERYTHING,
    limit: int = 1000,
    with_object: bool = False,
) -> EventBatch:
    """The next events for ``consumer``, at most ``limit``; a name never seen begins with the first.

    ``with_object`` adds the whole shipment or fulfillment as it is now. A read-only connection will
    do. Raises ``UsageError`` for a name that can't be one, ``DatabaseError`` before the first run.
    """
    return read_after(
        con, acknowledged(con, consumer), selection=selection, limit=limit, with_object=with_object
    )


def read_after(
    con: duckdb.DuckDBPyConnection,
    sequence: int,
    *,
    selection: Selection = EVERYTHING,
    limit: int = 1000,
    with_object: bool = False,
) -> EventBatch:
    """The events after number ``sequence``; otherwise as ``read``."""
    bounds: dict[str, Any] = {
        "after": sequence,
        "triggers": list(selection.triggers) or None,
        "with_touches": selection.with_touches,
    }
    newest = _newest(con)
    reach, count = _fetch(con, "reach", bounds | {"limit": limit}).rows[0]
    up_to = reach if count == limit else max(newest, sequence)
    if reach is None:
        return EventBatch((), up_to)
    events = tuple(map(ChangeEvent.of_row, _fetch(con, "events", bounds | {"up_to": reach}).rows))
    return EventBatch(_with_objects(con, events) if with_object else events, up_to)


def acknowledged(con: duckdb.DuckDBPyConnection, consumer: str) -> int:
    """The number up to which ``consumer`` has taken care of events, 0 for a new one."""
    rows = _fetch(con, "acknowledged", {"consumer": checked_name(consumer)}).rows
    return int(rows[0][0]) if rows else 0


def acknowledge(con: duckdb.DuckDBPyConnection, consumer: str, sequence: int) -> None:
    """Record that ``consumer`` has taken care of every event up to number ``sequence``.

    Saying it again, or saying less, changes nothing: only ``rewind`` goes back. Raises ``UsageError``
    for a number that no event has yet.
    """
    newest = _newest(con)
    if not 0 <= sequence <= newest:
        raise UsageError(
            f"There is no event {sequence} to acknowledge; the newest is {newest}. Nothing was changed."
        )
    if sequence > acknowledged(con, consumer):
        set_acknowledged(con, consumer, sequence)


def rewind(con: duckdb.DuckDBPyConnection, consumer: str, to: int | datetime | None) -> int:
    """Let ``consumer`` begin with event number ``to``, or with the first detected at that instant.

    None, and an instant after all events, mean: with whatever comes next. Ahead is as good as back. Dead
    letters from there on are forgotten, since their events are sent again. Returns the number it begins
    with. Raises ``UsageError`` for a number further on than the next event's.
    """
    newest = _newest(con)
    if to is None:
        first = newest + 1
    elif isinstance(to, datetime):
        found = _fetch(con, "first_since", {"instant": to}).rows[0][0]
        first = newest + 1 if found is None else int(found)
    else:
        first = to
    if not 1 <= first <= newest + 1:
        raise UsageError(
            f"There is no event {first} to go to; they go from 1 to {newest}. Nothing was changed."
        )
    with transaction(con):
        con.execute(
            statement(_STATEMENTS, "forget_letters"), {"consumer": consumer, "sequence": first}
        )
        set_acknowledged(con, consumer, first - 1)
    return first


def consumers(con: duckdb.DuckDBPyConnection) -> list[Consumer]:
    """Every consumer that has acknowledged, was delivered to, or is paused, by name."""
    return [Consumer(**row) for row in _fetch(con, "consumers").objects()]


def is_known(con: duckdb.DuckDBPyConnection, consumer: str) -> bool:
    """Whether ``consumer`` has acknowledged, was delivered to, or is paused."""
    return any(known.consumer == consumer for known in consumers(con))


def check_known(con: duckdb.DuckDBPyConnection, consumer: str) -> None:
    """Raise ``UnknownConsumer`` unless ``consumer`` has acknowledged or was delivered to before."""
    known = [row.consumer for row in consumers(con)]
    if checked_name(consumer) not in known:
        raise UnknownConsumer(
            f"There is no consumer {consumer!r}, so nothing was changed. The known ones: "
            f"{', '.join(known) or 'none'}. `changes ack` and `changes rewind` make a new one with --create."
        )


def remove(con: duckdb.DuckDBPyConnection, consumer: str) -> None:
    """Forget ``consumer``: its offset, its dead letters, its pause. The events stay.

    Raises ``UnknownConsumer`` for a name that is not known.
    """
    check_known(con, consumer)
    with transaction(con):
        for name in ("remove_letters", "remove_pause", "remove_consumer"):
            con.execute(statement(_STATEMENTS, name), {"consumer": consumer})


def checked_name(consumer: str) -> str:
    """``consumer`` itself; raises ``UsageError`` if it can't be a name."""
    if not _NAME.fullmatch(consumer):
        raise UsageError(
            f"{consumer!r} cannot name a consumer; use up to 64 letters, digits, dots, dashes and "
            "underscores, a letter or digit first."
        )
    return consumer


def set_acknowledged(con: duckdb.DuckDBPyConnection, consumer: str, sequence: int) -> None:
    """Set how far ``consumer`` has come, whatever it was before."""
    con.execute(
        statement(_STATEMENTS, "set_acknowledged"),
        {
            "consumer": checked_name(consumer),
            "acknowledged": sequence,
            "changed_at": clock.now(),
        },
    )


def _newest(con: duckdb.DuckDBPyConnection) -> int:
    return int(_fetch(con, "newest").rows[0][0])


def _with_objects(
    con: duckdb.DuckDBPyConnection, events: Iterable[ChangeEvent]
) -> tuple[ChangeEvent, ...]:
    events = tuple(events)
    objects: dict[tuple[str, str], dict[str, Any]] = {}
    for kind, key in (("shipments", "shipment_id"), ("fulfillments", "fulfillment_id")):
        ids = list({event.entity_id for event in events if _kind(event) == kind})
        if ids:
            found = _fetch(con, kind, {"ids": ids}).objects()
            objects |= {(kind, row[key]): row for row in found}
    return tuple(
        replace(event, object=objects.get((_kind(event), event.entity_id))) for event in events
    )


def _kind(event: ChangeEvent) -> str:
    return "fulfillments" if "fulfillment" in event.trigger else "shipments"


def _fetch(
    con: duckdb.DuckDBPyConnection, name: str, values: dict[str, Any] | None = None
) -> queries.ResultRows:
    return queries.fetch(con, name, values, package=_STATEMENTS)
