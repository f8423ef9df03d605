"""The facts that sentences may name, each as a buyer reads it; what is not known is not there."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Final

from shipsync.tracking.order import Order, Parcel, ScanEvent, Shipment
from shipsync.tracking.situations import ENDED, Situation, day, is_overdue, silence

# Written out: the names of strftime are those of the machine's language.
_WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
# A day further off than this is told with its year.
_SAME_YEAR: Final = timedelta(days=180)
# What is known since less than this needs no date.
_FRESH: Final = timedelta(hours=24)


class Text(str):
    """A text that ``{name:u}`` begins with a capital and ``{name:l}`` without one."""

    __slots__ = ()

    def __format__(self, spec: str) -> str:
        if spec == "u":
            return self[:1].upper() + self[1:]
        return self[:1].lower() + self[1:] if spec == "l" else str(self)


def facts_of(
    shipment: Shipment,
    parcel: Parcel | None,
    now: datetime,
    *,
    it: str,
    carriers: Mapping[str, str],
    nobody: str,
) -> dict[str, Text]:
    """What can be said of one parcel (None: of a shipment without one), by the names in ``wording.toml``.

    ``carriers`` names carriers by ShipStation's codes, ``nobody`` is said where there is no code.
    """
    found: dict[str, str | None] = {
        "it": it,
        "carrier": nobody,
        "hold": _told(day(shipment.hold_until_date), now),
        "leaves": _told(day(shipment.ship_date), now),
    }
    if parcel is not None:
        found |= _of_parcel(parcel, now)
        if parcel.carrier:
            found["carrier"] = carriers.get(parcel.carrier) or _named(parcel.carrier)
    return {name: Text(value) for name, value in found.items() if value}


def known_before_today(order: Order, situations: set[Situation], now: datetime) -> str | None:
    """The day of which the answer is, if it could have changed since; None while it is fresh."""
    if situations <= ENDED or order.known_at is None or now - order.known_at < _FRESH:
        return None
    return _told(order.known_at.date(), now)


def _of_parcel(parcel: Parcel, now: datetime) -> dict[str, str | None]:
    expected = day(parcel.estimated_delivery_date)
    overdue = is_overdue(parcel, now)
    latest = parcel.events[0] if parcel.events else None
    handed_over = next((event for event in parcel.events if event.status_code == "DE"), None)
    proof = next((e.proof_of_delivery_url for e in parcel.events if e.proof_of_delivery_url), None)
    return {
        "number": parcel.tracking_number,
        "link": parcel.tracking_url,
        "seen": _seen(latest, now) if latest else None,
        "expected": None if overdue else _told(expected, now),
        "overdue": _told(expected, now) if overdue else None,
        "arrived": _told(
            (_day_at_the_place(handed_over) if handed_over else None)
            or day(parcel.actual_delivery_date),
            now,
        ),
        "words": _words(parcel),
        "days": str(silence(parcel, now).days),
        "boxes": str(len(parcel.boxes)) if len(parcel.boxes) > 1 else None,
        "labelled" if parcel.label_id else "marked": _told(parcel.created_at.date(), now),
        "proof": proof,
        "signed": "Somebody" if any(event.signer for event in parcel.events) else None,
    }


def _seen(event: ScanEvent, now: datetime) -> str | None:
    place = ", ".join(
        part
        for part in (_city(event.city_locality), event.state_province or event.country_code)
        if part
    )
    when = _told(_day_at_the_place(event), now)
    parts = (f"in {place}" if place else None, f"on {when}" if when else None)
    return " ".join(part for part in parts if part) or None


def _day_at_the_place(event: ScanEvent) -> date | None:
    return day(event.carrier_occurred_at or event.occurred_at)


def _words(parcel: Parcel) -> str | None:
    """The carrier's own words for the state, unless they only repeat ShipStation's."""
    latest = parcel.events[0].description if parcel.events else None
    said = parcel.exception_description or parcel.carrier_status_description or latest
    words = " ".join((said or "").split()).rstrip(".")
    if not words or words.casefold() == (parcel.status_description or "").casefold():
        return None
    return words.capitalize() if words.isupper() else words


def _city(name: str | None) -> str | None:
    return name.title() if name and name.isupper() else name


def _named(code: str) -> str:
    # Fulfillments name the carrier in words; codes are words too, with underscores.
    return code if not code.islower() else code.replace("_", " ").title()


def _told(when: date | None, now: datetime) -> str | None:
    if when is None:
        return None
    told = f"{_WEEKDAYS[when.weekday()]} {when.day} {_MONTHS[when.month - 1]}"
    return told if abs(when - now.date()) < _SAME_YEAR else f"{told} {when.year}"
