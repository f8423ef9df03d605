"""The way of a parcel: which scans happen to it, where and when. No carrier's wording yet."""

from __future__ import annotations

import random
from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

from shipsync.emulator.shop.towns import GATEWAY, HUBS, Town
from shipsync.emulator.wallclock import DAY, HOUR, MINUTE


class Scan(StrEnum):
    """What is done to a parcel when somebody scans it."""

    ANNOUNCED = "announced"
    ACCEPTED = "accepted"
    DEPARTED = "departed"
    ARRIVED = "arrived"
    EN_ROUTE = "en_route"
    IN_CUSTOMS = "in_customs"
    CLEARED = "cleared"
    AT_DEPOT = "at_depot"
    OUT_FOR_DELIVERY = "out_for_delivery"
    ATTEMPTED = "attempted"
    DELAYED = "delayed"
    REFUSED = "refused"
    RETURNED = "returned"
    DELIVERED = "delivered"
    UNMAPPED = "unmapped"
    """A scan whose code the carrier's partner does not know; USPS alone."""


class Fate(StrEnum):
    """How a journey ends."""

    DELIVERED = "delivered"
    SECOND_ATTEMPT = "second_attempt"
    DELAYED = "delayed"
    RETURNED = "returned"
    LOST = "lost"
    NEVER_SCANNED = "never_scanned"


_FATES = tuple(Fate)
_ODDS = (0.87, 0.91, 0.95, 0.97, 0.98, 1.0)
"""Cumulative, in the order of the fates."""


class Sighting(NamedTuple):
    """One scan; ``at`` in microseconds since 1970, ``place`` None where the carrier tells none.

    A named tuple because it is made in a third of a frozen dataclass's time, ten for every parcel.
    """

    at: int
    scan: Scan
    place: Town | None


def fate(rng: random.Random) -> Fate:
    """How the next parcel fares: 19 of 20 arrive, most of them without an incident."""
    return rng.choices(_FATES, cum_weights=_ODDS)[0]


def journey(
    rng: random.Random, how: Fate, *, origin: Town, destination: Town, days: int, start: int
) -> tuple[Sighting, ...]:
    """All scans of a parcel whose label was bought at ``start``, in the order in which they happen.

    ``days`` is the service's usual time on the way. Empty for a parcel nobody ever scans.
    """
    if how is Fate.NEVER_SCANNED:
        return ()
    at = start + _between(rng, 5, 50) * MINUTE
    sightings = [Sighting(at, Scan.ANNOUNCED, origin)]
    steps = list(_steps(rng, how, origin, destination))
    legs = sum(scan in (Scan.ARRIVED, Scan.AT_DEPOT, Scan.CLEARED) for scan, _ in steps)
    leg = int(days * DAY * rng.uniform(0.7, 1.1) / max(legs, 1))
    for scan, place in steps:
        at += _gap(rng, scan, leg)
        sightings.append(Sighting(at - at % MINUTE, scan, place))
    return tuple(sightings[: len(sightings) // 2] if how is Fate.LOST else sightings)


def _gap(rng: random.Random, scan: Scan, leg: int) -> int:
    if scan is Scan.ACCEPTED:
        return _between(rng, 3 * 60, 22 * 60) * MINUTE
    if scan in (Scan.ARRIVED, Scan.AT_DEPOT, Scan.CLEARED):
        return leg + _between(rng, 0, 40) * MINUTE
    if scan in (Scan.DELAYED, Scan.RETURNED):
        return _between(rng, 18, 40) * HOUR
    return _between(rng, 25, 300) * MINUTE


def _between(rng: random.Random, low: int, high: int) -> int:
    # A quarter of randrange's time, and a million parcels draw ten each.
    return low + int(rng.random() * (high - low))


def _steps(
    rng: random.Random, how: Fate, origin: Town, destination: Town
) -> Iterator[tuple[Scan, Town | None]]:
    first = _between(rng, 0, len(HUBS))
    hubs = [HUBS[first], HUBS[first - _between(rng, 1, len(HUBS))]][: _between(rng, 1, 3)]
    yield Scan.ACCEPTED, origin
    yield Scan.DEPARTED, origin
    for at, hub in enumerate(hubs):
        yield Scan.ARRIVED, hub
        if at == 0 and how is Fate.DELAYED:
            yield Scan.DELAYED, hub
        yield Scan.DEPARTED, hub
        if rng.random() < 0.3:
            yield Scan.EN_ROUTE, None
    if not destination.is_domestic:
        yield Scan.IN_CUSTOMS, GATEWAY
        yield Scan.CLEARED, GATEWAY
    yield Scan.AT_DEPOT, destination
    yield Scan.OUT_FOR_DELIVERY, destination
    if how is Fate.RETURNED:
        yield Scan.REFUSED, destination
        yield Scan.ARRIVED, hubs[-1]
        yield Scan.RETURNED, origin
        return
    if how is Fate.SECOND_ATTEMPT:
        yield Scan.ATTEMPTED, destination
        yield Scan.AT_DEPOT, destination
        yield Scan.OUT_FOR_DELIVERY, destination
    yield Scan.DELIVERED, destination
