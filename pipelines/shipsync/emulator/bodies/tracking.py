"""Tracking answers, each carrier in its own way, as captured answers show them.

=======  =====================================================================================
USPS     standard detail codes; facility scans name a company and no postal code, delivery scans
         a postal code and no country; ordered by local time, so not strictly newest first; a
         delivery may stand there twice, a minute apart
UPS      detail codes of its own, the standard one null once the parcel moves; postal code ``""``
         on the way; before the first scan times without an offset
FedEx    standard detail codes, no postal code at all; ship and delivery dates without an offset
=======  =====================================================================================

``carrier_occurred_at`` is local time everywhere, with a Z that is not true (before the first scan
UPS leaves the Z away).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from shipsync.emulator.bodies.carrier_words import STATUS, Words, words
from shipsync.emulator.shop.carriers import Carrier, Style
from shipsync.emulator.shop.journeys import Scan, Sighting
from shipsync.emulator.shop.towns import Town
from shipsync.emulator.wallclock import (
    MINUTE,
    PACIFIC_HOURS,
    business_day,
    day_start,
    false_z,
    second,
    without_offset,
)

Body = dict[str, Any]

_AT_THE_DOOR = (Scan.OUT_FOR_DELIVERY, Scan.AT_DEPOT, Scan.DELIVERED, Scan.ATTEMPTED)
_FACILITY = (Scan.ARRIVED, Scan.DEPARTED, Scan.DELAYED)


@dataclass(frozen=True, slots=True)
class EmulatedParcel:
    """What a carrier knows of a parcel before it sees it; instants in microseconds since 1970."""

    tracking_number: str
    carrier: Carrier
    origin: Town
    destination: Town
    announced_at: int
    expected_at: int
    signer: str | None = None


def tracking_body(parcel: EmulatedParcel, seen: Sequence[Sighting]) -> Body:
    """The whole tracking answer after the sightings in ``seen``, which come in order of time."""
    carrier = parcel.carrier
    if not seen:
        return _nothing_yet(parcel)
    last = words(carrier.style, seen[-1].scan)
    pre_transit = seen[-1].scan is Scan.ANNOUNCED
    return {
        "tracking_number": parcel.tracking_number,
        "tracking_url": carrier.tracking_url(parcel.tracking_number),
        "status_code": last.status,
        "status_detail_code": last.detail,
        "status_detail_description": last.detail_text,
        "carrier_code": carrier.code,
        "carrier_id": carrier.number,
        "carrier_detail_code": last.carrier_detail,
        # UPS calls a parcel that it has not seen "Accepted" in the head and not in the event.
        "status_description": "Accepted"
        if pre_transit and carrier.style is Style.UPS
        else STATUS[last.status],
        "carrier_status_code": last.code,
        "carrier_status_description": last.text,
        "ship_date": _ship_date(parcel, seen),
        "estimated_delivery_date": _expected(parcel, seen),
        "actual_delivery_date": _delivered(parcel, seen),
        "exception_description": _exception(parcel, last),
        "events": _events(parcel, seen),
    }


def _nothing_yet(parcel: EmulatedParcel) -> Body:
    carrier = parcel.carrier
    return {
        "tracking_number": parcel.tracking_number,
        "tracking_url": carrier.tracking_url(parcel.tracking_number),
        "status_code": "NY",
        "status_detail_code": None,
        "status_detail_description": None,
        "carrier_code": carrier.code,
        "carrier_id": carrier.number,
        "carrier_detail_code": None,
        "status_description": STATUS["NY"],
        "carrier_status_code": "150006" if carrier.style is Style.USPS else "NF",
        "carrier_status_description": "The carrier has not heard of this number so far.",
        "ship_date": None,
        "estimated_delivery_date": None,
        "actual_delivery_date": None,
        "exception_description": None,
        "events": [],
    }


def _first_moving(seen: Sequence[Sighting]) -> Sighting | None:
    return next((sighting for sighting in seen if sighting.scan is not Scan.ANNOUNCED), None)


def _ship_date(parcel: EmulatedParcel, seen: Sequence[Sighting]) -> str | None:
    if parcel.carrier.style is Style.FEDEX:
        return without_offset(parcel.announced_at, PACIFIC_HOURS)
    first = _first_moving(seen)
    return second(first.at) if first else None


def _expected(parcel: EmulatedParcel, seen: Sequence[Sighting]) -> str | None:
    style, moving = parcel.carrier.style, _first_moving(seen) is not None
    day = day_start(business_day(parcel.expected_at))
    if style is Style.UPS:
        return day if moving else day.removesuffix("Z")
    if seen[-1].scan is Scan.DELIVERED or not moving:
        return None
    return day if style is Style.USPS else without_offset(parcel.expected_at, PACIFIC_HOURS)


def _delivered(parcel: EmulatedParcel, seen: Sequence[Sighting]) -> str | None:
    last = seen[-1]
    if last.scan is not Scan.DELIVERED:
        return None
    if parcel.carrier.style is Style.FEDEX:
        return without_offset(last.at, parcel.destination.utc_hours)
    return second(last.at)


def _exception(parcel: EmulatedParcel, last: Words) -> str | None:
    # USPS leaves the field empty even on a return.
    return last.text if last.status == "EX" and parcel.carrier.style is not Style.USPS else None


def _events(parcel: EmulatedParcel, seen: Sequence[Sighting]) -> list[Body]:
    newest_first = [_event(parcel, sighting) for sighting in reversed(seen)]
    if parcel.carrier.style is not Style.USPS:
        return newest_first
    last = seen[-1]
    if last.scan is Scan.DELIVERED and int(parcel.tracking_number[-1]) % 2:
        again = Sighting(last.at - MINUTE, last.scan, last.place)
        newest_first.insert(1, _event(parcel, again))
    newest_first.sort(key=lambda event: event["carrier_occurred_at"], reverse=True)
    return newest_first


def _event(parcel: EmulatedParcel, sighting: Sighting) -> Body:
    event = {
        "occurred_at": second(sighting.at),
        "carrier_occurred_at": _local(parcel.carrier.style, sighting),
        **_scene(parcel.carrier.style, sighting.scan, sighting.place),
    }
    if sighting.scan is Scan.DELIVERED:
        event["signer"] = parcel.signer
    return event


def _local(style: Style, sighting: Sighting) -> str:
    if sighting.place is None:
        # Notes without a place come in the clock of the carrier's office, whatever the parcel's.
        return false_z(sighting.at, PACIFIC_HOURS)
    if style is Style.UPS and sighting.scan is Scan.ANNOUNCED:
        return without_offset(sighting.at, sighting.place.utc_hours)
    return false_z(sighting.at, sighting.place.utc_hours)


@lru_cache(maxsize=8192)
def _scene(style: Style, scan: Scan, place: Town | None) -> Body:
    """All of an event that does not depend on the parcel. Shared: copy it before changing it."""
    said = words(style, scan)
    shown = None if scan is Scan.ANNOUNCED and style is not Style.USPS else place
    return {
        "description": said.text,
        **_WHEREABOUTS[style](scan, shown),
        "event_code": said.code,
        "carrier_detail_code": said.carrier_detail,
        "status_code": said.status,
        "status_description": STATUS[said.status],
        "carrier_status_code": said.code,
        "carrier_status_description": said.text,
        "status_detail_code": said.detail,
        "status_detail_description": said.detail_text,
        "proof_of_delivery_url": None,
        "latitude": shown.latitude if shown else None,
        "longitude": shown.longitude if shown else None,
    }


def _usps_whereabouts(scan: Scan, place: Town | None) -> Body:
    facility = place if scan in _FACILITY else None
    at_door = place is not None and place.is_domestic and scan in _AT_THE_DOOR
    return {
        "city_locality": place.city if place else None,
        "state_province": place.state if place else None,
        "postal_code": place.postal_code if place and not facility else None,
        "country_code": None if at_door else place.country if place else "US",
        "company_name": f"{facility.city} {facility.state} DISTRIBUTION CENTER".upper()
        if facility
        else None,
        "signer": None,
    }


def _ups_whereabouts(scan: Scan, place: Town | None) -> Body:
    return {
        "city_locality": place.city.title() if place else "",
        "state_province": place.state if place else "",
        "postal_code": place.postal_code if place and scan is Scan.DELIVERED else "",
        "country_code": place.country if place else "US",
        "company_name": None,
        "signer": "" if scan is Scan.ANNOUNCED else None,
    }


def _fedex_whereabouts(scan: Scan, place: Town | None) -> Body:
    return {
        "city_locality": place.city if place else None,
        "state_province": place.state if place else None,
        "postal_code": None,
        "country_code": place.country if place else "US",
        "company_name": None,
        "signer": None,
    }


_WHEREABOUTS = {
    Style.USPS: _usps_whereabouts,
    Style.UPS: _ups_whereabouts,
    Style.FEDEX: _fedex_whereabouts,
}
