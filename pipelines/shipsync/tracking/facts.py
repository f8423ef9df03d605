"""The facts that sentences may name, each as a buyer reads it; what is not known is not there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from shipsync.tracking.known_dates import known
from shipsync.tracking.order import Order, Parcel, ScanEvent, Shipment
from shipsync.tracking.plain_text import plain_text, web_address
from shipsync.tracking.situations import ENDED, Situation, day, is_overdue, silence

FACTS: Final = frozenset(
    {
        *("it", "carrier", "number", "link", "seen", "expected", "overdue", "arrived", "words"),
        *("days", "boxes", "labelled", "marked", "hold", "leaves", "proof", "signed"),
        "other",
    }
)
"""Every name that a sentence may hold."""

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


@dataclass(frozen=True)
class _Phrases:
    """The small words of a language, as of a moment: days, places, names of carriers."""

    words: Mapping[str, Any]
    now: datetime

    def day(self, when: date | None) -> str | None:
        """``Tuesday 3 March``, with its year where that is not clear; None for a day that is none."""
        when = known(when)
        if when is None:
            return None
        dates = self.words["dates"]
        is_near = abs(when - self.now.date()) < _SAME_YEAR
        text: str = dates["day" if is_near else "day_of_year"].format(
            # Written out: the names of strftime are those of the machine's language.
            weekday=dates["weekdays"][when.weekday()],
            day=when.day,
            month=dates["months"][when.month - 1],
            year=when.year,
        )
        return text

    def phrase(self, name: str, **facts: str | None) -> str | None:
        """One of the phrases of ``[order]``; None while a fact of it is unknown."""
        if None in facts.values():
            return None
        text: str = self.words["order"][name].format(**facts)
        return text

    def carrier(self, code: str | None) -> str | None:
        """What buyers call a carrier."""
        if not code:
            return plain_text(self.words["order"]["nobody"])
        # Fulfillments name the carrier in words; codes are words too, with underscores.
        name = code if not code.islower() else code.replace("_", " ").title()
        return plain_text(self.words["carriers"].get(code, name))


def facts_of(
    shipment: Shipment, parcel: Parcel | None, now: datetime, *, it: str, words: Mapping[str, Any]
) -> dict[str, Text]:
    """What can be said of one parcel (None: of a shipment without one), by the names in the wording.

    ``words`` are those of a language: its dates, carriers and phrases. Every text is plain.
    """
    phrases = _Phrases(words, now)
    found: dict[str, str | None] = {
        "it": it,
        "carrier": phrases.carrier(parcel.carrier if parcel else None),
        "hold": phrases.day(day(shipment.hold_until_date)),
        "leaves": phrases.day(day(shipment.ship_date)),
        "other": plain_text(shipment.merged_into),
    }
    if parcel is not None:
        found |= _of_parcel(parcel, phrases)
    return {name: Text(value) for name, value in found.items() if value}


def known_before_today(
    order: Order, situations: set[Situation], now: datetime, words: Mapping[str, Any]
) -> str | None:
    """The day of which the answer is, if it could have changed since; None while it is fresh."""
    if situations <= ENDED or order.known_at is None or now - order.known_at < _FRESH:
        return None
    return _Phrases(words, now).day(order.known_at.date())


def _of_parcel(parcel: Parcel, phrases: _Phrases) -> dict[str, str | None]:
    expected = day(parcel.estimated_delivery_date)
    overdue = is_overdue(parcel, phrases.now)
    latest = parcel.events[0] if parcel.events else None
    handed_over = next((event for event in parcel.events if event.status_code == "DE"), None)
    proofs = (web_address(event.proof_of_delivery_url) for event in parcel.events)
    return {
        "number": plain_text(parcel.tracking_number),
        "link": web_address(parcel.tracking_url),
        "seen": _seen(latest, phrases) if latest else None,
        "expected": None if overdue else phrases.day(expected),
        "overdue": phrases.day(expected) if overdue else None,
        "arrived": phrases.day(
            (_day_at_the_place(handed_over) if handed_over else None)
            or day(parcel.actual_delivery_date)
        ),
        "words": _words(parcel),
        "days": str(silence(parcel, phrases.now).days),
        "boxes": str(len(parcel.boxes)) if len(parcel.boxes) > 1 else None,
        "labelled" if parcel.label_id else "marked": phrases.day(day(parcel.created_at)),
        "proof": next((proof for proof in proofs if proof), None),
        "signed": phrases.phrase("somebody")
        if any(plain_text(event.signer) for event in parcel.events)
        else None,
    }


def _seen(event: ScanEvent, phrases: _Phrases) -> str | None:
    names = (_city(event.city_locality), event.state_province or event.country_code)
    place = ", ".join(name for name in map(plain_text, names) if name) or None
    parts = (
        phrases.phrase("place", place=place),
        phrases.phrase("on_day", day=phrases.day(_day_at_the_place(event))),
    )
    return " ".join(part for part in parts if part) or None


def _day_at_the_place(event: ScanEvent) -> date | None:
    return day(event.carrier_occurred_at) or day(event.occurred_at)


def _words(parcel: Parcel) -> str | None:
    """The carrier's own words for the state, unless they only repeat ShipStation's."""
    latest = parcel.events[0].description if parcel.events else None
    sources = (parcel.exception_description, parcel.carrier_status_description, latest)
    said = next((words for words in map(plain_text, sources) if words), "").rstrip(".")
    if not said or said.casefold() == (plain_text(parcel.status_description) or "").casefold():
        return None
    return said.capitalize() if said.isupper() else said


def _city(name: str | None) -> str | None:
    return name.title() if name and name.isupper() else name
