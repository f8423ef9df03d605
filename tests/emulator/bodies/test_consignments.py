"""Parcels as their carriers bring them, against the day that the carriers name."""

from __future__ import annotations

import pytest

from shipsync.emulator.bodies.consignments import SERVICES, Consignment, consign
from shipsync.emulator.shop.journeys import Scan
from shipsync.emulator.wallclock import business_day

TRIES = (Scan.DELIVERED, Scan.ATTEMPTED)


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_most_parcels_are_tried_by_the_day_that_their_carrier_names(service: str) -> None:
    late_by = []
    for number in range(300):
        bought = consignment(number, service)
        tried = next((s.at for s in bought.sightings if s.scan in TRIES), None)
        if tried is not None:
            named = business_day(bought.parcel.expected_at)
            late_by.append((business_day(tried) - named).days)

    assert len(late_by) > 250
    assert 0.7 < sum(days <= 0 for days in late_by) / len(late_by) < 0.97


def consignment(number: int, service: str) -> Consignment:
    label = {
        "label_id": f"se-{number}",
        "service_code": service,
        "tracking_number": f"T{number}",
        "created_at": f"2026-03-{1 + number % 28:02}T{number % 24:02}:00:00Z",
        "confirmation": None,
        "ship_to": {
            "name": "Ann",
            "city_locality": "Leeds",
            "state_province": "",
            "postal_code": "",
            "country_code": "GB" if SERVICES[service][1].international else "US",
        },
    }
    return consign(1, label, None)
