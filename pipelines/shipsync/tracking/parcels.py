"""The parcels of shipments, each put together from its label, its boxes, its state and its scans.

Each table is read by a statement of its own: DuckDB plans six small ones in half the time that it takes
for one that joins them.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import orjson

from shipsync import queries
from shipsync.tracking.known_dates import known as known_date
from shipsync.tracking.order import Parcel, ScanEvent
from shipsync.tracking.plain_text import plain_text, web_address

if TYPE_CHECKING:
    import duckdb

Row = dict[str, Any]

STATEMENTS: Final = "shipsync.tracking"
_HAS_ZONE: Final = re.compile(r"(Z|[+-]\d\d:?\d\d)$", re.IGNORECASE)
_DATES: Final = ("ship_date", "estimated_delivery_date", "actual_delivery_date")
_DATES_TOLD: Final = frozenset(_DATES)
_TEXTS_TOLD: Final = frozenset(
    {
        *("status_description", "carrier_status_description", "exception_description"),
        *("description", "city_locality", "state_province", "postal_code", "country_code"),
        *("signer", "carrier"),
    }
)
_ADDRESSES: Final = frozenset({"tracking_url", "proof_of_delivery_url"})
_UNKNOWN: Final = dict.fromkeys(
    (
        *("tracking_url", "status_code", "status_detail_code", "carrier_detail_code"),
        *("status_description", "carrier_status_description", "exception_description"),
        *_DATES,
        "known_at",
    )
)


def parcels_of(
    database: duckdb.DuckDBPyConnection, shipment_ids: Sequence[str]
) -> Mapping[str, list[Parcel]]:
    """The parcels of each shipment: those under way before voided ones, newest first.

    Raises ``DatabaseError`` when the database holds no tables yet.
    """
    labels = rows(database, "labels", shipment_ids=shipment_ids)
    found = list(_labelled(database, labels)) if labels else []
    numbers = {(parcel.shipment_id, parcel.tracking_number) for parcel in found}
    found += [
        _fulfilled(row)
        for row in rows(database, "fulfilled", shipment_ids=shipment_ids)
        # A label may be listed as a fulfillment too.
        if (row["shipment_id"], row["tracking_number"]) not in numbers
    ]
    found.sort(key=lambda parcel: parcel.parcel_id)
    found.sort(key=lambda parcel: parcel.created_at, reverse=True)
    found.sort(key=lambda parcel: parcel.is_voided)
    parcels: defaultdict[str, list[Parcel]] = defaultdict(list)
    for parcel in found:
        parcels[parcel.shipment_id].append(parcel)
    return parcels


def rows(
    database: duckdb.DuckDBPyConnection, name: str, **values: Sequence[str | None]
) -> list[Row]:
    """The rows of one of our statements, as objects keyed by column name.

    Lists go in as JSON: DuckDB looks for a module to import at each value of a Python list.
    """
    texts = {key: orjson.dumps(list(value)).decode() for key, value in values.items()}
    return queries.fetch(database, name, texts, package=STATEMENTS).objects()


def _labelled(database: duckdb.DuckDBPyConnection, labels: Sequence[Row]) -> list[Parcel]:
    """The parcels of labels: one for each, and one for each further box that is followed on its own."""
    boxes: defaultdict[str, list[str]] = defaultdict(list)
    for row in rows(database, "boxes", label_ids=[label["label_id"] for label in labels]):
        boxes[row["label_id"]].append(row["tracking_number"])
    parcel_ids = [
        *(label["label_id"] for label in labels),
        *(box_id(label, number) for label, numbers in boxes.items() for number in numbers),
    ]
    states = {row["parcel_id"]: row for row in rows(database, "states", parcel_ids=parcel_ids)}
    polled = {row["parcel_id"]: row for row in rows(database, "polled", parcel_ids=parcel_ids)}
    events = _events(database, list(states))
    found = []
    for label in labels:
        mine = boxes[label["label_id"]]
        followed = [number for number in mine if box_id(label["label_id"], number) in states]
        together = tuple(number for number in mine if number not in followed)
        keys = [label["label_id"], *(box_id(label["label_id"], number) for number in followed)]
        for key in keys:
            known = {**_UNKNOWN, **label, **_known(states.get(key), polled.get(key))}
            # Tracking has a code of its own for a carrier that the account knows by another.
            known["carrier"] = label["carrier"] or known["carrier"]
            covered = together if key == label["label_id"] else ()
            happened = events.get(key, ())
            cleaned = _cleaned(known)
            found.append(Parcel(**cleaned, parcel_id=key, boxes=covered, events=tuple(happened)))
    return found


def box_id(label_id: str, tracking_number: str) -> str:
    """The id under which a further box of a label is followed."""
    return f"{label_id}/{tracking_number}"


def _known(state: Row | None, polled: Row | None) -> Row:
    """What overrides the label's own: everything the carrier gave, and when that was asked."""
    if state is None:
        return {"known_at": polled["polled_at"]} if polled else {}
    known = {name: value for name, value in state.items() if value is not None}
    del known["parcel_id"]
    for name in _DATES:
        text = known.pop(f"{name}_text", None)
        if name in known:
            known[name] = _as_written(known[name], text)
    if polled is not None:
        known["known_at"] = max(known["known_at"], polled["polled_at"])
    return known


def _fulfilled(row: Row) -> Parcel:
    delivered = row["actual_delivery_date"] is not None
    state = {"status_code": "DE", "status_description": "Delivered"} if delivered else {}
    return Parcel(
        **_cleaned({**_UNKNOWN, **state, **row}),
        label_id=None,
        is_return=False,
        is_trackable=False,
    )


def _events(
    database: duckdb.DuckDBPyConnection, parcel_ids: Sequence[str]
) -> Mapping[str, list[ScanEvent]]:
    """The scans of each parcel, newest first.

    Carriers repeat a scan with small differences: the first answer that had it counts, and of one
    answer the row with a place, as in core.tracking_events.
    """
    if not parcel_ids:
        return {}
    told: dict[tuple[object, ...], Row] = {}
    for row in rows(database, "events", parcel_ids=parcel_ids):
        row["carrier_occurred_at"] = known_date(_on_the_wall(row["carrier_occurred_at"]))
        row["occurred_at"] = known_date(row["occurred_at"])
        moment = row["occurred_at"] or row["carrier_occurred_at"]
        scan = (row["parcel_id"], moment, row.pop("code"))
        held = told.get(scan)
        if held is None or _precedence(row) < _precedence(held):
            told[scan] = row
    events: defaultdict[str, list[ScanEvent]] = defaultdict(list)
    for row in sorted(told.values(), key=_newest_first):
        del row["observed_at"], row["event_key"]
        events[row.pop("parcel_id")].append(ScanEvent(**_cleaned(row)))
    return events


def _cleaned(row: Row) -> Row:
    """Dates that stand for unknown ones are None, what is told to people is plain text."""
    cleaned = dict(row)
    for name in _DATES_TOLD & row.keys():
        cleaned[name] = known_date(row[name])
    for name in _TEXTS_TOLD & row.keys():
        cleaned[name] = plain_text(row[name])
    for name in _ADDRESSES & row.keys():
        cleaned[name] = web_address(row[name])
    return cleaned


def _precedence(row: Row) -> tuple[float, bool, str]:
    return (_seconds(row["observed_at"]), row["city_locality"] is None, row["event_key"])


def _newest_first(row: Row) -> tuple[bool, float, str]:
    return (row["occurred_at"] is None, -_seconds(row["occurred_at"]), row["event_key"])


def _seconds(moment: datetime | None) -> float:
    return moment.timestamp() if moment else 0.0


def _as_written(moment: datetime, text: str | None) -> datetime:
    """``moment`` without its zone where the carrier gave none, which the raw table reads as UTC."""
    if text is None or _HAS_ZONE.search(text):
        return moment
    return moment.astimezone(UTC).replace(tzinfo=None)


def _on_the_wall(moment: datetime | None) -> datetime | None:
    """Local time, which older databases hold in a column that says UTC."""
    return moment.astimezone(UTC).replace(tzinfo=None) if moment and moment.tzinfo else moment
