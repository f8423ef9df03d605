"""Tracking answers in the way of each carrier."""

from __future__ import annotations

import random
from typing import Any

import pytest

from shipsync.emulator.bodies.tracking import EmulatedParcel, tracking_body
from shipsync.emulator.shop.carriers import FEDEX, UPS, USPS, Carrier
from shipsync.emulator.shop.journeys import Fate, Scan, Sighting, journey
from shipsync.emulator.shop.towns import ABROAD, DOMESTIC, HUBS
from shipsync.emulator.timestamps import to_micros
from shipsync.emulator.wallclock import DAY

Body = dict[str, Any]

ANNOUNCED_AT = to_micros("2026-09-01T16:00:00Z")
ORIGIN, HOME, ISLAND, HUB = DOMESTIC[0], DOMESTIC[10], DOMESTIC[17], HUBS[5]


def parcel_of(
    carrier: Carrier, number: str = "940015000001", signer: str | None = None
) -> EmulatedParcel:
    return EmulatedParcel(
        number, carrier, ORIGIN, HOME, ANNOUNCED_AT, ANNOUNCED_AT + 4 * DAY, signer
    )


def sighting(at: str, scan: Scan, place: Any) -> Sighting:
    return Sighting(to_micros(at), scan, place)


def way(*, ends: Scan = Scan.DELIVERED) -> list[Sighting]:
    return [
        sighting("2026-09-01T16:20:00Z", Scan.ANNOUNCED, ORIGIN),
        sighting("2026-09-02T00:10:00Z", Scan.ACCEPTED, ORIGIN),
        sighting("2026-09-03T04:00:00Z", Scan.ARRIVED, HUB),
        sighting("2026-09-03T05:30:00Z", Scan.EN_ROUTE, None),
        sighting("2026-09-04T12:00:00Z", Scan.OUT_FOR_DELIVERY, HOME),
        sighting("2026-09-04T19:40:00Z", ends, HOME),
    ]


def texts(body: Body, name: str) -> list[Any]:
    return [event[name] for event in body["events"]]


@pytest.mark.parametrize("carrier", [USPS, UPS, FEDEX], ids=lambda carrier: carrier.style.value)
def test_a_parcel_nobody_scanned_is_not_in_the_system(carrier: Carrier) -> None:
    body = tracking_body(parcel_of(carrier), [])
    assert (body["status_code"], body["events"]) == ("NY", [])
    assert body["ship_date"] is body["estimated_delivery_date"] is None
    assert body["carrier_id"] == carrier.number
    assert isinstance(body["carrier_id"], int)


@pytest.mark.parametrize("carrier", [USPS, UPS, FEDEX], ids=lambda carrier: carrier.style.value)
def test_the_head_tells_the_last_scan(carrier: Carrier) -> None:
    for count, status in ((3, "IT"), (6, "DE")):
        body = tracking_body(parcel_of(carrier), way()[:count])
        newest = max(body["events"], key=lambda event: event["occurred_at"])
        assert body["status_code"] == newest["status_code"] == status
        assert body["carrier_status_code"] == newest["event_code"]
        assert body["carrier_detail_code"] == newest["carrier_detail_code"]


@pytest.mark.parametrize("carrier", [USPS, UPS, FEDEX], ids=lambda carrier: carrier.style.value)
def test_local_time_comes_with_a_z_that_is_not_true(carrier: Carrier) -> None:
    events = tracking_body(parcel_of(carrier), way())["events"]
    at_hub = next(event for event in events if event["occurred_at"] == "2026-09-03T04:00:00Z")
    assert at_hub["carrier_occurred_at"] == "2026-09-03T00:00:00Z"


def test_usps_speaks_in_standard_codes_and_two_kinds_of_places() -> None:
    body = tracking_body(parcel_of(USPS), way())
    at_hub = next(event for event in body["events"] if event["event_code"] == "A1")
    assert (at_hub["status_detail_code"], at_hub["postal_code"]) == ("HUB_SCAN_IN", None)
    assert at_hub["company_name"] == "LOUISVILLE KY DISTRIBUTION CENTER"
    assert at_hub["country_code"] == "US"
    at_door = next(event for event in body["events"] if event["event_code"] == "OF")
    assert (at_door["postal_code"], at_door["country_code"]) == ("43201", None)
    note = next(event for event in body["events"] if event["event_code"] == "TL")
    assert note["city_locality"] is note["state_province"] is note["latitude"] is None
    assert body["ship_date"] == "2026-09-02T00:10:00Z"
    assert body["actual_delivery_date"] == "2026-09-04T19:40:00Z"


def test_usps_order_is_not_strictly_newest_first() -> None:
    times = texts(tracking_body(parcel_of(USPS), way()), "occurred_at")
    assert times != sorted(times, reverse=True)
    local = texts(tracking_body(parcel_of(USPS), way()), "carrier_occurred_at")
    assert local == sorted(local, reverse=True)


def test_usps_tells_some_deliveries_twice_a_minute_apart() -> None:
    once = tracking_body(parcel_of(USPS, "940015000002"), way())["events"]
    twice = tracking_body(parcel_of(USPS, "940015000001"), way())["events"]
    assert len(twice) == len(once) + 1
    again = [event for event in twice if event["status_code"] == "DE"]
    assert [event["occurred_at"] for event in again] == [
        "2026-09-04T19:40:00Z",
        "2026-09-04T19:39:00Z",
    ]
    differing = {name for name in again[0] if again[0][name] != again[1][name]}
    assert differing == {"occurred_at", "carrier_occurred_at"}


def test_ups_leaves_the_standard_code_away_once_the_parcel_moves() -> None:
    announced = tracking_body(parcel_of(UPS), way()[:1])
    assert announced["status_detail_code"] == "ELEC_ADVICE_RECD_BY_CARRIER"
    assert announced["status_code"] == announced["events"][0]["status_code"] == "NY"
    assert announced["status_description"] == "Accepted"
    assert announced["events"][0]["status_description"] == "Not Yet In System"
    assert announced["events"][0]["signer"] == ""
    moving = tracking_body(parcel_of(UPS), way())
    assert set(texts(moving, "status_detail_code")[:-1]) == {None}
    assert texts(moving, "carrier_detail_code") == ["FS", "OT", "LT", "AR", "OR", "MP"]
    assert texts(moving, "postal_code") == ["43201", "", "", "", "", ""]


def test_ups_has_no_offset_before_the_first_scan() -> None:
    announced = tracking_body(parcel_of(UPS), way()[:1])
    assert announced["estimated_delivery_date"] == "2026-09-05T00:00:00"
    assert announced["events"][0]["carrier_occurred_at"] == "2026-09-01T09:20:00"
    assert announced["ship_date"] is None
    moving = tracking_body(parcel_of(UPS), way()[:2])
    assert moving["estimated_delivery_date"] == "2026-09-05T00:00:00Z"
    assert moving["ship_date"] == "2026-09-02T00:10:00Z"


def test_fedex_dates_have_no_offset() -> None:
    moving = tracking_body(parcel_of(FEDEX), way()[:3])
    assert moving["ship_date"] == "2026-09-01T09:00:00"
    assert moving["estimated_delivery_date"] == "2026-09-05T09:00:00"
    delivered = tracking_body(parcel_of(FEDEX), way())
    assert delivered["actual_delivery_date"] == "2026-09-04T15:40:00"
    assert delivered["estimated_delivery_date"] is None
    assert set(texts(delivered, "postal_code")) == {None}
    assert delivered["events"][-1]["city_locality"] is None


@pytest.mark.parametrize(
    ("carrier", "told"),
    [(USPS, None), (UPS, "Returned to the sender"), (FEDEX, "Returned to shipper")],
    ids=lambda value: value.style.value if isinstance(value, Carrier) else "",
)
def test_a_return_is_an_exception_and_usps_does_not_say_why(
    carrier: Carrier, told: str | None
) -> None:
    body = tracking_body(parcel_of(carrier), way(ends=Scan.RETURNED))
    assert (body["status_code"], body["exception_description"]) == ("EX", told)
    assert body["actual_delivery_date"] is None


def test_a_moving_parcel_may_have_an_exception_behind_it() -> None:
    seen = [*way()[:3], sighting("2026-09-03T09:00:00Z", Scan.DELAYED, HUB), *way()[4:5]]
    body = tracking_body(parcel_of(FEDEX), seen)
    assert body["status_code"] == "IT"
    assert "EX" in texts(body, "status_code")


def test_only_a_delivery_that_was_signed_for_names_somebody() -> None:
    signed = tracking_body(parcel_of(FEDEX, signer="Ada Abara"), way())
    assert texts(signed, "signer") == ["Ada Abara", None, None, None, None, None]


@pytest.mark.parametrize("how", Fate)
def test_every_fate_ends_as_it_should(how: Fate) -> None:
    ends = {
        Fate.DELIVERED: Scan.DELIVERED,
        Fate.SECOND_ATTEMPT: Scan.DELIVERED,
        Fate.DELAYED: Scan.DELIVERED,
        Fate.RETURNED: Scan.RETURNED,
    }
    for seed in range(30):
        rng = random.Random(seed)
        scans = journey(
            rng, how, origin=ORIGIN, destination=ABROAD[seed % 5], days=4, start=ANNOUNCED_AT
        )
        assert list(scans) == sorted(scans, key=lambda scan: scan.at)
        kinds = [scan.scan for scan in scans]
        if how is Fate.NEVER_SCANNED:
            assert kinds == []
            continue
        assert kinds[0] is Scan.ANNOUNCED
        assert how in (Fate.LOST,) or kinds[-1] is ends[how]
        assert (Scan.ATTEMPTED in kinds) == (how is Fate.SECOND_ATTEMPT)
        assert (Scan.IN_CUSTOMS in kinds) or how is Fate.LOST
        assert Scan.DELIVERED not in kinds or how in ends


def test_wall_clocks_follow_the_place() -> None:
    seen = [*way()[:4], sighting("2026-09-04T12:00:00Z", Scan.AT_DEPOT, ISLAND)]
    newest = tracking_body(parcel_of(UPS), seen)["events"][0]
    assert newest["carrier_occurred_at"] == "2026-09-04T02:00:00Z"
    assert (newest["latitude"], newest["longitude"]) == (21.2887, -157.8006)
