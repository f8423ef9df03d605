"""One event of the feed, and its forms: a JSON line, a CloudEvent, and one line for a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import orjson

TRIGGERS: Final = (
    "new_shipment",
    "shipment_modified",
    "shipment_gone",
    "new_fulfillment",
    "fulfillment_modified",
    "fulfillment_shipped",
)
_OPTIONS: Final = orjson.OPT_UTC_Z | orjson.OPT_NAIVE_UTC | orjson.OPT_APPEND_NEWLINE
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SHOWN_FIELDS: Final = 4
_SHOWN_CHARACTERS: Final = 40


@dataclass(frozen=True, slots=True)
class ChangeEvent:
    """One row of ``changes.events``; times are UTC.

    ``before_json`` and ``after_json`` hold the values of ``changed_fields`` as one JSON object on one
    line (None when there are none). They are written as they are: most readers only pass them on.
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
    before_json: str | None
    after_json: str | None
    object: Mapping[str, Any] | None = None

    @classmethod
    def of_row(cls, row: Sequence[Any]) -> ChangeEvent:
        """The event in a row of statement ``events``, which gives times as microseconds."""
        sequence, event_id, trigger, entity_id, shipment_id, occurred, detected, *rest = row
        is_touch, changed_fields, before, after = rest
        return cls(
            sequence,
            event_id,
            trigger,
            entity_id,
            shipment_id,
            _EPOCH + timedelta(microseconds=occurred),
            _EPOCH + timedelta(microseconds=detected),
            is_touch,
            changed_fields,
            before,
            after,
        )

    @property
    def before(self) -> Mapping[str, Any] | None:
        """Earlier values of ``changed_fields``, None when there are none."""
        return _parsed(self.before_json)

    @property
    def after(self) -> Mapping[str, Any] | None:
        """New values of ``changed_fields``, None when there are none."""
        return _parsed(self.after_json)

    @property
    def order_key(self) -> str:
        """What order is kept by: the shipment, or the entity itself where it names none."""
        return self.shipment_id or self.entity_id


def plain(event: ChangeEvent) -> dict[str, Any]:
    """The event as an object that orjson can write; ``object`` only where there is one."""
    fields = {
        "sequence": event.sequence,
        "event_id": event.event_id,
        "trigger": event.trigger,
        "entity_id": event.entity_id,
        "shipment_id": event.shipment_id,
        "occurred_at": event.occurred_at,
        "detected_at": event.detected_at,
        "is_touch": event.is_touch,
        "changed_fields": event.changed_fields,
        "before": event.before_json and orjson.Fragment(event.before_json),
        "after": event.after_json and orjson.Fragment(event.after_json),
    }
    if event.object is not None:
        fields["object"] = event.object
    return fields


def object_json(event: ChangeEvent) -> str | None:
    """``object`` as JSON, None when there is none."""
    if event.object is None:
        return None
    return orjson.dumps(event.object, default=_json_value, option=orjson.OPT_UTC_Z).decode()


def line(event: ChangeEvent) -> bytes:
    """The event as one JSON object, with a line feed at its end."""
    return orjson.dumps(plain(event), default=_json_value, option=_OPTIONS)


def cloud_event(event: ChangeEvent, source: str) -> dict[str, Any]:
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


def cloud_line(event: ChangeEvent, source: str) -> bytes:
    """``cloud_event`` as one line of JSON."""
    return orjson.dumps(cloud_event(event, source), default=_json_value, option=_OPTIONS)


def summary(event: Mapping[str, Any]) -> str:
    """The changed fields of one row of ``changes.events``, each with its old and new value, on one line.

    At most four fields are shown, and 40 characters of a value.
    """
    if event["is_touch"]:
        return "only modified_at moved"
    before, after = event["before"] or {}, event["after"] or {}
    names = [str(name) for name in event["changed_fields"] or ()]
    shown = [
        f"{name}: {_short(before.get(name))} → {_short(after.get(name))}"
        for name in names[:_SHOWN_FIELDS]
    ]
    more = len(names) - len(shown)
    return "; ".join(shown) + (f"; and {more} more" if more > 0 else "")


def source_of(connection: str) -> str:
    """The ``source`` of CloudEvents about the account behind ``connection``."""
    return f"/shipsync/{connection}"


def _short(value: object) -> str:
    text = orjson.dumps(value).decode()
    return text if len(text) <= _SHOWN_CHARACTERS else text[: _SHOWN_CHARACTERS - 1] + "…"


def _parsed(text: str | None) -> Mapping[str, Any] | None:
    found: Mapping[str, Any] | None = None if text is None else orjson.loads(text)
    return found


def _json_value(value: object) -> object:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no form in JSON")
