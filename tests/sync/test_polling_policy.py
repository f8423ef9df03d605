"""When parcels are asked for: a table of states, with lists of labels that tell of deliveries and without."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipsync.sync.list_trust import ListTrust
from shipsync.sync.parcel_state import ParcelState
from shipsync.sync.polling_policy import (
    BESIDE_LISTS,
    FINISHED,
    POLL_INTERVALS,
    PolledParcel,
    PollRules,
    plan,
)

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
ALONE = PollRules(timedelta(days=60))
BESIDE = PollRules(timedelta(days=60), trust=ListTrust(tells_others=True))
DOUBTED = PollRules(timedelta(days=60), trust=ListTrust(is_believed=False, tells_others=True))
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def _parcel(
    code: str | None,
    detail: str | None = None,
    *,
    asked_ago: timedelta = timedelta(0),
    silent: timedelta = HOUR,
    age: timedelta = 3 * DAY,
    expected_on: date | None = None,
    parcel_id: str = "se-1",
) -> PolledParcel:
    polled = NOW - asked_ago
    return PolledParcel(
        parcel_id, NOW - age, code, detail, None, expected_on, polled, polled - silent, "ups"
    )


def _next(parcel: PolledParcel, rules: PollRules = ALONE) -> timedelta | None:
    """How long after now the parcel may be asked for."""
    planned = plan(parcel, rules)
    return planned.next_poll_at - NOW if planned else None


@pytest.mark.parametrize(
    ("parcel", "alone", "beside"),
    [
        (_parcel("IT", "OUT_FOR_DELIVERY"), 1, 8),
        (_parcel("IT", "OUT_FOR_DELIVERY", silent=13 * HOUR), 6, 8),
        (_parcel("IT", "OUT_FOR_DELIVERY", silent=4 * DAY), 22, 22),
        (_parcel("IT"), 8, 22),
        (_parcel("IT", silent=4 * DAY), 22, 22),
        (_parcel("IT", "RECEIVED_LOCAL_DELIVERY_DEPOT"), 3, 22),
        (_parcel("IT", "RECEIVED_LOCAL_DELIVERY_DEPOT", silent=13 * HOUR), 6, 22),
        (_parcel("IT", expected_on=date(2026, 3, 2)), 8, 22),
        (_parcel("IT", expected_on=date(2026, 2, 27)), 8, 22),
        (_parcel("IT", expected_on=date(2026, 3, 3)), 22, 22),
        (_parcel("IT", expected_on=date(2026, 3, 6)), 22, 22),
        (_parcel("EX"), 16, 16),
        (_parcel("AT"), 16, 16),
        (_parcel("SP"), 8, 22),
        (_parcel("AC"), 22, 22),
        (_parcel("NY", silent=4 * DAY), 22, 22),
        (_parcel("ZZ"), 22, 22),
        (_parcel("EX", "RETURN_TO_SENDER"), 24, 24),
        (_parcel("EX", "RETURN_TO_SENDER", silent=4 * DAY), 24, 24),
        (_parcel("DE", "DELIVERED_IN_PART"), 8, 22),
    ],
)
def test_how_long_until_the_next_call(parcel: PolledParcel, alone: int, beside: int) -> None:
    assert (_next(parcel), _next(parcel, BESIDE)) == (alone * HOUR, beside * HOUR)
    assert _next(parcel, DOUBTED) == alone * HOUR


def test_before_the_day_it_is_expected_a_parcel_waits_for_that_day() -> None:
    # Asked at 12:00 the day before: the vans leave at 12:00, so nothing is missed until then.
    asked_late = _parcel("IT", asked_ago=HOUR, expected_on=date(2026, 3, 3))
    assert _next(asked_late) == 21 * HOUR
    noon = PolledParcel(
        "se-1", NOW - DAY, "IT", None, None, date(2026, 3, 3), NOW + 15 * HOUR, NOW + 14 * HOUR
    )
    assert _next(noon) == (15 + 13) * HOUR


@pytest.mark.parametrize(
    "parcel",
    [
        _parcel("DE"),
        _parcel("DE", "DELIVERED_TO_NEIGHBOUR"),
        replace(_parcel("DE"), delivered_at=NOW - 11 * DAY),
        _parcel("EX", "CANCELLED"),
        _parcel("DE", "RETURN_TO_SENDER"),
    ],
)
def test_what_has_ended_is_finished(parcel: PolledParcel) -> None:
    assert _next(parcel) is None


@pytest.mark.parametrize(
    ("code", "detail", "days", "waits"),
    [
        ("IT", None, 45, 22),
        ("EX", None, 45, 22),
        ("IT", "OUT_FOR_DELIVERY", 30, 22),
        ("SP", None, 30, 22),
        ("NY", None, 30, 22),
        ("UN", None, 20, 22),
        ("EX", "RETURN_TO_SENDER", 30, 24),
    ],
)
def test_silent_for_too_long_is_finished(
    code: str, detail: str | None, days: int, waits: int
) -> None:
    last = days * DAY - waits * HOUR
    assert _next(_parcel(code, detail, silent=last)) == waits * HOUR
    assert _next(_parcel(code, detail, silent=last + HOUR)) is None


def test_the_setting_can_only_end_it_sooner() -> None:
    silent = _parcel("IT", silent=15 * DAY)
    assert plan(silent, PollRules(10 * DAY)) is None
    assert plan(silent, PollRules(900 * DAY)) == plan(silent, ALONE)


def test_a_label_never_asked_for_is_due_22_hours_after_it_was_made_however_old() -> None:
    for age in (HOUR, 900 * DAY):
        planned = plan(PolledParcel("se-1", NOW - age), ALONE)
        assert planned is not None
        assert planned.next_poll_at == NOW - age + 22 * HOUR


def test_every_state_has_a_pace_or_an_end() -> None:
    assert set(POLL_INTERVALS) | FINISHED == set(ParcelState) == set(BESIDE_LISTS) | FINISHED
    assert {ParcelState.DELIVERED, ParcelState.CANCELLED} == FINISHED


def test_a_list_that_tells_of_one_carrier_is_no_help_with_another() -> None:
    trust = ListTrust(tells_others=True, measured=("ups", "usps"), told=("usps",))
    rules = PollRules(timedelta(days=60), trust=trust)
    by_ups = _parcel("IT")
    assert _next(by_ups, rules) == 8 * HOUR
    assert _next(replace(by_ups, carrier_code="usps"), rules) == 22 * HOUR
    assert _next(replace(by_ups, carrier_code="dhl"), rules) == 22 * HOUR


@given(
    code=st.sampled_from([None, "UN", "AC", "NY", "IT", "EX", "AT", "SP", "ZZ"]),
    detail=st.sampled_from([None, "OUT_FOR_DELIVERY", "RETURN_TO_SENDER", "INFORMATION", "NEW"]),
    silent=st.integers(0, 60 * 24),
    longer=st.integers(0, 60 * 24),
    rules=st.sampled_from([ALONE, BESIDE]),
)
def test_the_longer_it_is_silent_the_less_it_is_asked_for(
    code: str | None, detail: str | None, silent: int, longer: int, rules: PollRules
) -> None:
    sooner, later = (
        plan(_parcel(code, detail, silent=hours * HOUR), rules)
        for hours in (silent, silent + longer)
    )
    assert later is None or (sooner is not None and later.every >= sooner.every)
    if later is not None and later.state is not ParcelState.RETURN_TO_SENDER:
        assert later.every < DAY


def test_once_its_label_says_delivered_it_is_due_at_once_and_soon_again_while_its_carrier_does_not() -> (
    None
):
    label = {"says_delivered": True, "label_changed_at": NOW}
    told = replace(_parcel("IT", asked_ago=5 * HOUR), **label)
    planned = plan(told, BESIDE)
    assert planned is not None
    assert planned.is_urgent
    assert planned.next_poll_at == NOW
    assert plan(told, ALONE) == planned
    # Where such words proved wrong, they are worth no call.
    assert _next(told, DOUBTED) == 3 * HOUR

    never_asked = PolledParcel("se-1", NOW - 2 * HOUR, label_changed_at=NOW, says_delivered=True)
    assert _next(never_asked) == timedelta(0)
    asked = replace(told, polled_at=NOW)
    assert _next(asked, BESIDE) == 3 * HOUR
    day_on = replace(told, polled_at=NOW + 25 * HOUR, changed_at=NOW + 24 * HOUR)
    assert _next(day_on, BESIDE) == (25 + 22) * HOUR
    failing = replace(told, failures=2)
    assert _next(failing, BESIDE) == (12 - 5) * HOUR


def test_a_delivered_parcel_is_looked_at_again_for_it_may_come_back() -> None:
    delivered = replace(_parcel("DE"), delivered_at=NOW)
    looks = [NOW + 4 * DAY, NOW + 10 * DAY]
    for look in looks:
        planned = plan(delivered, ALONE)
        assert planned is not None
        assert planned.next_poll_at == look
        delivered = replace(delivered, polled_at=look)
    assert plan(delivered, ALONE) is None
    assert plan(replace(delivered, polled_at=NOW), PollRules(90 * DAY, 3 * DAY)) is None
    back_on_the_way = replace(
        delivered,
        status_code="EX",
        status_detail_code="RETURN_TO_SENDER",
        changed_at=delivered.polled_at,
    )
    assert _next(back_on_the_way) == 11 * DAY


def test_a_label_that_changes_after_delivery_and_does_not_say_delivered_is_asked_about() -> None:
    delivered = replace(_parcel("DE"), delivered_at=NOW, label_changed_at=NOW + DAY)
    assert _next(delivered) == DAY
    assert _next(replace(delivered, says_delivered=True)) == 4 * DAY
