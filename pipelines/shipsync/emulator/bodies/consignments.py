"""A label's parcel and the way it goes, worked out from the label alone.

The same label of the same account always gets the same way, so nobody has to remember one: the
seed, a simulation that goes on and one that is started later agree on every parcel.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

from shipsync.emulator.bodies.tracking import EmulatedParcel, tracking_body
from shipsync.emulator.options import Options
from shipsync.emulator.shop.carriers import SERVICES, Style
from shipsync.emulator.shop.catalogue import WAREHOUSES
from shipsync.emulator.shop.journeys import Scan, Sighting, fate, journey
from shipsync.emulator.shop.towns import ABROAD, DOMESTIC, Town
from shipsync.emulator.timestamps import to_micros
from shipsync.emulator.wallclock import DAY, MINUTE

Body = dict[str, Any]

REPORT_LAG = 4 * MINUTE
"""Time between a scan and the moment at which the tracking answer shows it."""

_ORDINARY = Options()

_TOWNS = {(place.city, place.country): place for place in (*DOMESTIC, *ABROAD)}
_ORIGINS = {warehouse.warehouse_id: warehouse.place for warehouse in WAREHOUSES}


@dataclass(frozen=True, slots=True)
class Consignment:
    """A parcel and all scans that will ever happen to it, in order of time."""

    parcel: EmulatedParcel
    sightings: tuple[Sighting, ...]

    def seen_by(self, at: int) -> tuple[Sighting, ...]:
        """The scans that have happened at that instant (microseconds since 1970)."""
        return tuple(sighting for sighting in self.sightings if sighting.at <= at)

    def body(self, at: int) -> Body:
        """The tracking answer at that instant."""
        return tracking_body(self.parcel, self.seen_by(at))

    def is_delivered(self, at: int) -> bool:
        """Whether the parcel has arrived at that instant."""
        # The last scan, or the last but one where the parcel came back.
        return any(s.scan is Scan.DELIVERED and s.at <= at for s in self.sightings[-2:])


def consign(
    seed: int,
    label: Body,
    warehouse_id: str | None,
    *,
    box: str | None = None,
    options: Options = _ORDINARY,
) -> Consignment:
    """The parcel of a label and its way; ``seed`` is the account's.

    ``box`` is the number of a further box of the label, which goes a way of its own. A town or warehouse
    that is not ours is taken from the address as it stands, or for the default warehouse's.
    """
    rng = random.Random(f"{seed} {label['label_id']}" + (f" {box}" if box else ""))
    carrier, service = SERVICES[label["service_code"]]
    bought_at = to_micros(label["created_at"])
    origin = _ORIGINS.get(warehouse_id or "", WAREHOUSES[0].place)
    destination = _destination(label["ship_to"])
    signer = label["ship_to"]["name"] if label["confirmation"] == "signature" else None
    parcel = EmulatedParcel(
        tracking_number=box or label["tracking_number"],
        carrier=carrier,
        origin=origin,
        destination=destination,
        announced_at=bought_at,
        # The service's days count from the carrier's hands, which it reaches within a day.
        expected_at=bought_at + (service.days + 1) * DAY,
        signer=signer,
    )
    way = journey(
        rng,
        fate(rng),
        origin=origin,
        destination=destination,
        days=service.days,
        start=bought_at,
    )
    if options.unmapped_scans and carrier.style is Style.USPS:
        way = _with_unmapped_scan(way)
    if options.returns_after_delivery and int(label["label_id"].removeprefix("se-")) % 12 == 0:
        way = _with_return(way, origin)
    return Consignment(parcel, way)


def _with_unmapped_scan(way: tuple[Sighting, ...]) -> tuple[Sighting, ...]:
    """A third of longer journeys has such a scan in the middle."""
    middle = len(way) // 2
    if middle < 3 or way[0].at // MINUTE % 3:
        return way
    before, after = way[middle - 1], way[middle]
    at = (before.at + after.at) // 2
    scan = Sighting(at - at % MINUTE, Scan.UNMAPPED, before.place)
    return (*way[:middle], scan, *way[middle:])


def _with_return(way: tuple[Sighting, ...], origin: Town) -> tuple[Sighting, ...]:
    if not way or way[-1].scan is not Scan.DELIVERED:
        return way
    return (*way, Sighting(way[-1].at + 3 * DAY, Scan.RETURNED, origin))


def _destination(address: Body) -> Town:
    city, country = address["city_locality"], address["country_code"]
    return _TOWNS.get((city, country)) or Town(
        city=city,
        state=address["state_province"],
        postal_code=address["postal_code"],
        country=country,
        utc_hours=-6,
        latitude=39.8283,
        longitude=-98.5795,
    )
