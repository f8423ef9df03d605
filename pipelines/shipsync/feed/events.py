"""One event of the feed, and the two forms in which it leaves: a JSON line and a CloudEvent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

import orjson

TRIGGERS: Final = (
    "new_shipment",
    "shipment_modified",
    "new_fulfillment",
    "fulfillment_modified",
    "fulfillment_shipped",
)
_OPTIONS: Final = orjson.OPT_UTC_Z | orjson.OPT_NAIVE_UTC


@dataclass(frozen=True)
class Event:
    """One row of ``changes.events``; times are UTC.

    ``before`` and ``after`` hold the values of ``changed_fields`` (None when there are none).
    ``object`` is the whole shipment or fulfillment as it is now, under the names of ``core``; None
    unless it was asked for, or when the account no longer has it.
    """

    sequence: int
    event_id: str
    trigger: str
    entity_id: str
    shipment_id: str | None
    occurred_at: datetime
    detected_at: datetime
    is_touch: bool
    changed_fields: list[str]
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    object: Mapping[str, Any] | None = None

    @property
    def order_key(self) -> str:
        """What order is kept by: the shipment, or the entity itself where it names none."""
        return self.shipment_id or self.entity_id


def plain(event: Event) -> dict[str, Any]:
    """The event as an object of plain values; ``object`` only where there is one."""
    fields = dict(vars(event))
    if event.object is None:
        del fields["object"]
    return fields


def line(event: Event) -> bytes:
    """The event as one JSON object, with a line feed at its end."""
    return orjson.dumps(
        plain(event), default=_json_value, option=_OPTIONS | orjson.OPT_APPEND_NEWLINE
    )


def cloud_event(event: Event, source: str) -> dict[str, Any]:
    """The event as CloudEvents 1.0 (JSON format, structured), from ``source``, a URI reference.

    ``id`` is the ``event_id``, so a repeat has the same ``id`` and ``source``. ``sequence`` and
    ``partitionkey`` are the extensions of that name: zero-padded, because CloudEvents compares
    sequences as text, and what order is kept by.
    """
    return {
        "specversion": "1.0",
        "id": event.event_id,
        "source": source,
        "type": f"shipsync.{event.trigger}",
        "subject": event.entity_id,
        "time": event.occurred_at,
        "datacontenttype": "application/json",
        "sequence": f"{event.sequence:012d}",
        "partitionkey": event.order_key,
        "data": plain(event),
    }


def cloud_line(event: Event, source: str) -> bytes:
    """``cloud_event`` as one line of JSON."""
    option = _OPTIONS | orjson.OPT_APPEND_NEWLINE
    return orjson.dumps(cloud_event(event, source), default=_json_value, option=option)


def source_of(connection: str) -> str:
    """The ``source`` of CloudEvents about the account behind ``connection``."""
    return f"/shipsync/{connection}"


def _json_value(value: object) -> object:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no form in JSON")
